import { ActionIcon } from "@mantine/core";
import { CircleCheck, X } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { words } from "../words/shell";
import classes from "./Announcements.module.css";
import { AnnounceContext } from "./announcing";

const SHOWN_MS = 9000;

/** The place at which the area says what was done. */
export function Announcements({ children }: { children: ReactNode }) {
  const [said, say] = useState("");
  useEffect(() => {
    if (!said) return;
    const timer = window.setTimeout(() => say(""), SHOWN_MS);
    return () => window.clearTimeout(timer);
  }, [said]);
  return (
    <AnnounceContext value={say}>
      {children}
      <div className={classes.place} role="status">
        {said && (
          <div className={classes.said}>
            <CircleCheck aria-hidden size={16} />
            {said}
            <ActionIcon variant="subtle" size={26} aria-label={words.close} onClick={() => say("")}>
              <X aria-hidden size={15} />
            </ActionIcon>
          </div>
        )}
      </div>
    </AnnounceContext>
  );
}
