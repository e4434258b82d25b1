import { Outlet } from "@tanstack/react-router";
import { AreaFrame } from "../shell/AreaFrame";
import { words } from "../words/shell";
import { PAGES } from "./pages";
import { Announcements } from "../parts/Announcements";

/** What every change is seen in: the list of changes, and what the first page asks attention for. */
const SHOW_CHANGES = [["admin", "changes"], ["admin", "attention"]];

export function AdminArea() {
  return (
    <AreaFrame name={words.area.admin} pages={PAGES}>
      <Announcements stale={SHOW_CHANGES}>
        <Outlet />
      </Announcements>
    </AreaFrame>
  );
}
