import { CircleCheck } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import classes from "./Saying.module.css";

const SHOWN_MS = 8000;

/** What was just done, for a while. */
export function useSaying() {
  const [said, setSaid] = useState("");
  useEffect(() => {
    if (!said) return;
    const timer = window.setTimeout(() => setSaid(""), SHOWN_MS);
    return () => window.clearTimeout(timer);
  }, [said]);
  const say = useCallback((text: string) => setSaid(text), []);
  return { said, say };
}

/** Shown, and read out by a screen reader when it comes. */
export function Said({ text }: { text: string }) {
  return (
    <span role="status" className={classes.said}>
      {text && <CircleCheck aria-hidden size={15} />}
      {text}
    </span>
  );
}
