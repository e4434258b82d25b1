import { Popover } from "@mantine/core";
import { memo, useEffect, useId, useRef, useState } from "react";
import type { Citation } from "../api/types";
import { words } from "../words/ask";
import type { StateOfCitation } from "./citation-state";
import classes from "./CitationChip.module.css";
import { CitationState, STATE_SIGNS } from "./CitationState";

/** Where quotes are put: over everything, yet within the main part of the page for those who hear it. */
export const QUOTES_ID = "quotes";

const OPEN_AFTER_MS = 140;
const CLOSE_AFTER_MS = 180;

interface CitationChipProps {
  n: number;
  citations: Citation[];
  state: StateOfCitation;
  active: boolean;
  onOpen: (citation: Citation) => void;
}

interface QuoteProps {
  id: string;
  citations: Citation[];
  state: StateOfCitation;
  onEnter: () => void;
  onLeave: () => void;
}

/** The exact words behind a number. It is there only while it is shown: an answer may have hundreds of numbers. */
function Quote({ id, citations, state, onEnter, onLeave }: QuoteProps) {
  const [first] = citations;
  if (!first) return null;
  return (
    <Popover
      opened
      position="top"
      width={340}
      offset={6}
      withRoles={false}
      trapFocus={false}
      shadow="md"
      portalProps={{ target: `#${QUOTES_ID}` }}
    >
      <Popover.Target>
        <span className={classes.anchor} />
      </Popover.Target>
      <Popover.Dropdown id={id} role="tooltip" className={classes.card} onPointerEnter={onEnter} onPointerLeave={onLeave}>
        {citations.map((citation) => (
          <blockquote key={citation.evidence} className={classes.quote}>
            {citation.quote}
          </blockquote>
        ))}
        <div className={classes.origin}>{words.citation.origin(first.document.title, first.page)}</div>
        <div className={classes.origin}>
          <CitationState state={state} long />
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

/** A numbered button behind a sentence. Pointing at it or focusing it shows the exact words it stands for. */
export const CitationChip = memo(function CitationChip({ n, citations, state, active, onOpen }: CitationChipProps) {
  const [shown, setShown] = useState(false);
  const timer = useRef<number | undefined>(undefined);
  const quoteId = useId();
  const [first] = citations;

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
  const Sign = STATE_SIGNS[state];
  const name = words.citation.name(n, first.document.title, first.page);
  return (
    <span className={classes.place}>
      <button
        type="button"
        className={classes.chip}
        data-active={active || undefined}
        data-citation={n}
        data-state={state}
        aria-label={state === "verified" ? name : `${name}. ${words.citation.state[state]}`}
        aria-describedby={shown ? quoteId : undefined}
        aria-expanded={active}
        onClick={() => {
          now(false);
          onOpen(first);
        }}
        onPointerEnter={(event) => event.pointerType === "mouse" && later(true)}
        onPointerLeave={() => later(false)}
        onFocus={(event) => event.currentTarget.matches(":focus-visible") && now(true)}
        onBlur={() => now(false)}
      >
        [{n}]{state !== "verified" && <Sign aria-hidden size={15} strokeWidth={2.25} />}
      </button>
      {shown && (
        <Quote
          id={quoteId}
          citations={citations}
          state={state}
          onEnter={() => later(true)}
          onLeave={() => later(false)}
        />
      )}
    </span>
  );
});
