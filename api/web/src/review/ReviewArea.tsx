import { Outlet } from "@tanstack/react-router";
import { Announcements } from "../parts/Announcements";
import { AreaFrame } from "../shell/AreaFrame";
import { words } from "../words/shell";
import { PAGES } from "./pages";

export function ReviewArea() {
  return (
    <AreaFrame name={words.area.review} pages={PAGES}>
      <Announcements>
        <Outlet />
      </Announcements>
    </AreaFrame>
  );
}
