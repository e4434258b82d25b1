import { ActionIcon } from "@mantine/core";
import { useDisclosure, useMediaQuery } from "@mantine/hooks";
import { Menu } from "lucide-react";
import { createContext, use, useMemo, type ReactNode } from "react";
import { words } from "../words/shell";
import classes from "./Frame.module.css";
import { SideDrawer } from "./SideDrawer";
import { Sidebar } from "./Sidebar";
import { Wordmark } from "./Wordmark";

const WITH_SIDEBAR = "(min-width: 56em)";

interface FrameHandle {
  closeMenu: () => void;
}

const FrameContext = createContext<FrameHandle>({ closeMenu: () => undefined });

/** What the sidebar's content does with the drawer that it lies in on a small screen. */
export function useFrame(): FrameHandle {
  return use(FrameContext);
}

export function useMedia(query: string): boolean {
  return useMediaQuery(query, undefined, { getInitialValueInEffect: false });
}

interface FrameProps {
  /** What the sidebar is called, and what it shows between the areas and the person. */
  sideName: string;
  side: ReactNode;
  /** What stands at the right of the bar that small screens have on top. */
  action?: ReactNode;
  onHelp?: () => void;
  /** A column beside the page, on wide screens. */
  panel?: ReactNode;
  panelName?: string;
  children: ReactNode;
}

/** The frame of every page: the sidebar with the areas, on small screens behind a menu, and the page beside it. */
export function Frame({ sideName, side, action, onHelp, panel, panelName, children }: FrameProps) {
  const [opened, menu] = useDisclosure(false);
  const withSidebar = useMedia(WITH_SIDEBAR);
  const handle = useMemo<FrameHandle>(() => ({ closeMenu: menu.close }), [menu]);
  const help = onHelp && (() => {
    menu.close();
    onHelp();
  });
  const sidebar = <Sidebar onHelp={help}>{side}</Sidebar>;
  return (
    <FrameContext value={handle}>
      <div className={classes.frame} data-panel={(panel && true) || undefined}>
        {withSidebar ? (
          <aside className={classes.sidebar} aria-label={sideName}>
            {sidebar}
          </aside>
        ) : (
          <SideDrawer name={words.menu} side="left" size={300} opened={opened} onClose={menu.close}>
            {sidebar}
          </SideDrawer>
        )}
        <main className={classes.main}>
          {!withSidebar && (
            <header className={classes.topbar}>
              <ActionIcon variant="subtle" size={40} aria-label={words.menu} aria-expanded={opened} onClick={menu.open}>
                <Menu aria-hidden size={21} />
              </ActionIcon>
              <Wordmark />
              {action ?? <span className={classes.nothing} />}
            </header>
          )}
          {children}
        </main>
        {panel && (
          <aside className={classes.panel} aria-label={panelName}>
            {panel}
          </aside>
        )}
      </div>
    </FrameContext>
  );
}
