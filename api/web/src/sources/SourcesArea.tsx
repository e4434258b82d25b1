import { Outlet } from "@tanstack/react-router";
import { List, Plus } from "lucide-react";
import { AreaFrame, type AreaPage } from "../shell/AreaFrame";
import { words as shell } from "../words/shell";
import { words } from "../words/sources";

const NEEDS = ["source.manage"];
const PAGES: readonly AreaPage[] = [
  { to: "/sources", name: words.list.title, icon: List, needs: NEEDS },
  { to: "/sources/add", name: words.add.title, icon: Plus, needs: NEEDS },
];

export function SourcesArea() {
  return (
    <AreaFrame name={shell.area.sources} pages={PAGES}>
      <Outlet />
    </AreaFrame>
  );
}
