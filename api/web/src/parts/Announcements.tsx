import { ActionIcon } from "@mantine/core";
import type { QueryKey } from "@tanstack/react-query";
import { CircleCheck, X } from "lucide-react";
import { useEffect, useMemo, useState, type ReactNode } from "react";
import { words } from "../words/shell";
import classes from "./Announcements.module.css";
import { AnnounceContext } from "./announcing";

const SHOWN_MS = 9000;

const NOTHING: readonly QueryKey[] = [];

/** The place at which the area says what was done. `stale`: what any change there makes out of date. */
export function Announcements({ stale = NOTHING, children }: { stale?: readonly QueryKey[]; children: ReactNode }) {
  const [said, say] = useState("");
  const announcing = useMemo(() => ({ say, stale }), [stale]);
  useEffect(() => {
    if (!said) return;
    const timer = window.setTimeout(() => say(""), SHOWN_MS);
    return () => window.clearTimeout(timer);
  }, [said]);
  return (
    <AnnounceContext value={announcing}>
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
