import { useEffect, useRef, type ReactNode } from "react";
import classes from "./trail.module.css";

/** What is looked at by some. On paper it is open. */
export function More({ name, children }: { name: string; children: ReactNode }) {
  const details = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const was = { open: false };
    const before = () => {
      if (!details.current) return;
      was.open = details.current.open;
      details.current.open = true;
    };
    const after = () => {
      if (details.current) details.current.open = was.open;
    };
    window.addEventListener("beforeprint", before);
    window.addEventListener("afterprint", after);
    return () => {
      window.removeEventListener("beforeprint", before);
      window.removeEventListener("afterprint", after);
    };
  }, []);
  return (
    <details ref={details} className={classes.more}>
      <summary>{name}</summary>
      {children}
    </details>
  );
}
