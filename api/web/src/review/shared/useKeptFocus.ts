import { useEffect, useRef } from "react";

/** Keeps the focus in a box whose button makes room for another one when something starts or ends. */
export function useKeptFocus(running: boolean) {
  const box = useRef<HTMLDivElement>(null);
  const was = useRef(running);
  useEffect(() => {
    if (was.current === running) return;
    was.current = running;
    if (document.activeElement === document.body) box.current?.querySelector("button")?.focus();
  }, [running]);
  return box;
}
