import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Lead } from "./leads";

/** A number that leads to what it counts, where that is told. */
export function Leading({ lead, children }: { lead: Lead | null; children: ReactNode }) {
  return lead ? <Link {...lead}>{children}</Link> : children;
}
