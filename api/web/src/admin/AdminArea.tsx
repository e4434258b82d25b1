import { Outlet } from "@tanstack/react-router";
import { AreaFrame } from "../shell/AreaFrame";
import { words } from "../words/shell";
import { PAGES } from "./pages";
import { Announcements } from "../parts/Announcements";

export function AdminArea() {
  return (
    <AreaFrame name={words.area.admin} pages={PAGES}>
      <Announcements>
        <Outlet />
      </Announcements>
    </AreaFrame>
  );
}
