import { Link } from "@tanstack/react-router";
import { Status, type Tone } from "../../parts/Status";
import { words } from "../../words/review";
import type { Citation } from "../types";
import classes from "./trail.module.css";

const said = words.trail;
export const EVIDENCE_TONES: Record<Citation["evidence"], Tone> = {
  kept: "good",
  erased: "idle",
  retired: "idle",
  "never kept": "warn",
  "does not open": "bad",
};

/** What became of the document since. */
export function DocumentNow({ state, current }: { state: string; current: boolean }) {
  const tone = state === "ready" ? (current ? "good" : "warn") : "idle";
  return <Status tone={tone}>{said.documentState(state, current)}</Status>;
}

function place({ title, source, page }: Citation): string {
  const parts = [title ?? said.noPlace, source, page === null ? null : said.page(page)];
  return parts.filter(Boolean).join(" · ");
}

export function CitationView({ answerId, citation }: { answerId: string; citation: Citation }) {
  return (
    <li>
      <h4>
        <Link
          to="/review/answers/$answerId"
          params={{ answerId }}
          search={{ tab: "evidence", n: citation.number }}
          className={classes.link}
        >
          {said.citation(citation.number)}
        </Link>
        {": "}
        {place(citation)}
      </h4>
      {citation.quote !== null && <blockquote className={classes.quote}>{citation.quote}</blockquote>}
      <span className={classes.row}>
        <Status tone={EVIDENCE_TONES[citation.evidence]}>{said.evidence(citation.evidence)}</Status>
        <DocumentNow state={citation.state} current={citation.current} />
        {citation.support !== null && (
          <span className={classes.soft}>{said.support(words.percent(citation.support))}</span>
        )}
      </span>
    </li>
  );
}
