import { lazy, Suspense, useState } from "react";
import type { SideDrawerProps } from "./DrawerParts";

const DrawerParts = lazy(async () => ({ default: (await import("./DrawerParts")).DrawerParts }));

/** As `DrawerParts`, which are loaded when the drawer is opened for the first time: on a wide screen it never is. */
export function SideDrawer(props: SideDrawerProps) {
  const [wanted, setWanted] = useState(props.opened);
  if (props.opened && !wanted) setWanted(true);
  if (!wanted) return null;
  return (
    <Suspense fallback={null}>
      <DrawerParts {...props} />
    </Suspense>
  );
}
