import { Menu, type MenuProps } from "@mantine/core";
import { useRef, useState, type ReactNode } from "react";
import classes from "./ActionMenu.module.css";

interface ActionMenuProps extends Pick<MenuProps, "position" | "width"> {
  /** The button that opens it. */
  target: ReactNode;
  /** `Menu.Item`s. */
  children: ReactNode;
}

/** A menu behind a button. It is put into the part of the page that its button belongs to, so that it is heard there. */
export function ActionMenu({ target, children, ...props }: ActionMenuProps) {
  const place = useRef<HTMLSpanElement>(null);
  const [opened, setOpened] = useState(false);
  const [home, setHome] = useState<HTMLElement>();
  return (
    <span ref={place} className={classes.place}>
      <Menu
        {...props}
        shadow="md"
        opened={opened}
        onChange={(open) => {
          if (open) setHome(place.current?.closest<HTMLElement>("[role='dialog'], aside, main") ?? undefined);
          setOpened(open);
        }}
        // It would be an element that is none of the menu's.
        withInitialFocusPlaceholder={false}
        keepMounted={false}
        portalProps={{ target: home }}
      >
        <Menu.Target>{target}</Menu.Target>
        <Menu.Dropdown>{children}</Menu.Dropdown>
      </Menu>
    </span>
  );
}
