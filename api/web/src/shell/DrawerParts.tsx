import { Drawer } from "@mantine/core";
import type { ReactNode } from "react";
import { words } from "../words/shell";
import classes from "./SideDrawer.module.css";

export interface SideDrawerProps {
  name: string;
  side: "left" | "right";
  size: number | string;
  opened: boolean;
  onClose: () => void;
  children: ReactNode;
}

/** A part of the page that slides over the rest where there is no room beside it. */
export function DrawerParts({ name, side, size, opened, onClose, children }: SideDrawerProps) {
  return (
    <Drawer.Root opened={opened} onClose={onClose} position={side} size={size} padding={0}>
      <Drawer.Overlay />
      <Drawer.Content aria-label={name}>
        {side === "left" && <Drawer.CloseButton className={classes.close} aria-label={words.close} />}
        <Drawer.Body className={classes.body}>{children}</Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  );
}
