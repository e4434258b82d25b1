import { Popover, UnstyledButton } from "@mantine/core";
import { useEffect, useId, useRef, useState } from "react";
import type { Citation } from "../api/types";
import classes from "./CitationChip.module.css";

/** Where quotes are put: over everything, yet within the main part of the page for those who hear it. */
export const QUOTES_ID = "quotes";

const OPEN_AFTER_MS = 140;
const CLOSE_AFTER_MS = 180;

interface CitationChipProps {
  n: number;
  citations: Citation[];
  active: boolean;
  onOpen: () => void;
}

/** A numbered button behind a sentence. Pointing at it or focusing it shows the exact words it stands for. */
export function CitationChip({ n, citations, active, onOpen }: CitationChipProps) {
  const [shown, setShown] = useState(false);
  const timer = useRef<number | undefined>(undefined);
  const quoteId = useId();
  const first = citations[0];

  const later = (show: boolean): void => {
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(() => setShown(show), show ? OPEN_AFTER_MS : CLOSE_AFTER_MS);
  };
  const now = (show: boolean): void => {
    window.clearTimeout(timer.current);
    setShown(show);
  };
  useEffect(() => () => window.clearTimeout(timer.current), []);
  useEffect(() => {
    if (!shown) return undefined;
    const dismiss = (event: KeyboardEvent): void => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      setShown(false);
    };
    window.addEventListener("keydown", dismiss, true);
    return () => window.removeEventListener("keydown", dismiss, true);
  }, [shown]);

  if (!first) return null;
  const page = first.page === null ? "" : `, page ${first.page}`;
  return (
    <Popover
      opened={shown}
      position="top"
      width={340}
      offset={6}
      withRoles={false}
      trapFocus={false}
      shadow="md"
      portalProps={{ target: `#${QUOTES_ID}` }}
    >
      <Popover.Target>
        <UnstyledButton
          className={classes.chip}
          data-active={active || undefined}
          data-citation={n}
          aria-label={`[${n}] ${first.document.title}${page}`}
          aria-describedby={shown ? quoteId : undefined}
          aria-expanded={active}
          onClick={() => {
            now(false);
            onOpen();
          }}
          onPointerEnter={(event) => event.pointerType === "mouse" && later(true)}
          onPointerLeave={() => later(false)}
          onFocus={(event) => event.currentTarget.matches(":focus-visible") && now(true)}
          onBlur={() => now(false)}
        >
          [{n}]
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown
        id={quoteId}
        role="tooltip"
        className={classes.card}
        onPointerEnter={() => later(true)}
        onPointerLeave={() => later(false)}
      >
        {citations.map((citation) => (
          <blockquote key={citation.evidence} className={classes.quote}>
            {citation.quote}
          </blockquote>
        ))}
        <div className={classes.origin}>
          {first.document.title}
          {page}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
