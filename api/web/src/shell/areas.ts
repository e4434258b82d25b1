import { BookOpenCheck, Database, MessageSquareText, Settings2, type LucideIcon } from "lucide-react";
import type { Session } from "../api/types";
import { words } from "../words/shell";

export interface Area {
  id: "ask" | "sources" | "review" | "admin";
  to: "/" | "/sources" | "/review" | "/admin";
  name: string;
  icon: LucideIcon;
  /** One of them is enough. */
  needs: readonly string[];
}

export const AREAS: readonly Area[] = [
  { id: "ask", to: "/", name: words.area.ask, icon: MessageSquareText, needs: ["ask"] },
  { id: "sources", to: "/sources", name: words.area.sources, icon: Database, needs: ["source.manage"] },
  { id: "review", to: "/review", name: words.area.review, icon: BookOpenCheck, needs: ["review", "audit.read"] },
  {
    id: "admin",
    to: "/admin",
    name: words.area.admin,
    icon: Settings2,
    needs: ["people.change", "people.read", "policy.change", "model.change", "destination.manage"],
  },
];

/** Whether this person has one of the permissions. The server decides again with every request. */
export function may(session: Session, needs: readonly string[]): boolean {
  return needs.length === 0 || needs.some((permission) => session.may.includes(permission));
}

export function areasOf(session: Session): Area[] {
  return AREAS.filter((area) => may(session, area.needs));
}

/** The area that an address belongs to: what is no other area's is Ask. */
export function areaAt(pathname: string): Area["id"] {
  return AREAS.find((area) => area.to !== "/" && `${pathname}/`.startsWith(`${area.to}/`))?.id ?? "ask";
}
