import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { Code } from "../../parts/Code";
import { Facts } from "../../parts/Facts";
import { Section } from "../../parts/Page";
import { Empty, Failed, Loading } from "../../parts/States";
import { Status } from "../../parts/Status";
import { calendarTime } from "../../shell/time";
import { words } from "../../words/review";
import type { Citation, Snapshot } from "../types";
import type { TabProps } from "./AnswerPage";
import { DocumentNow, EVIDENCE_TONES } from "./CitationView";
import { snapshotQuery } from "./data";
import classes from "./EvidenceTab.module.css";
import { marking } from "./marking";
import { Redacted } from "./Redacted";
import shared from "./trail.module.css";

const route = getRouteApi("/in/review/answers/$answerId");
const said = words.evidence;
const trailWords = words.trail;

function spansOf(snapshot: Snapshot): [number, number][] {
  return snapshot.spans.map(([start = 0, end = 0]) => [start, end]);
}

function SnapshotText({ snapshot }: { snapshot: Snapshot }) {
  const box = useRef<HTMLDivElement>(null);
  const first = useRef<HTMLElement>(null);
  useEffect(() => {
    // The page itself stays where it is.
    if (!box.current || !first.current) return;
    const below = first.current.getBoundingClientRect().top - box.current.getBoundingClientRect().top;
    box.current.scrollTop += below - box.current.clientHeight / 3;
  }, [snapshot]);
  const pieces = marking(snapshot.text, spansOf(snapshot));
  const begin = pieces.findIndex(({ marked }) => marked);
  return (
    <div ref={box} className={classes.text} role="group" aria-label={said.text} tabIndex={0}>
      {pieces.map(({ text, marked }, index) =>
        marked ? (
          <mark key={`${index}`} ref={index === begin ? first : undefined}>
            {text}
          </mark>
        ) : (
          <span key={`${index}`}>{text}</span>
        ),
      )}
    </div>
  );
}

function partsOf(snapshot: Snapshot): string | null {
  const names = snapshot.parts.map((part) => (Array.isArray(part) ? String(part[0]) : "")).filter(Boolean);
  return names.length > 0 ? names.join(", ") : null;
}

function Opened({ answerId, citation }: { answerId: string; citation: Citation }) {
  const snapshot = useQuery(snapshotQuery(answerId, citation.number));
  if (snapshot.error) return <Failed error={snapshot.error} onRetry={() => void snapshot.refetch()} />;
  if (!snapshot.data) return <Loading />;
  const { data } = snapshot;
  return (
    <>
      <p className={shared.soft}>{said.sentence}</p>
      <p className={shared.said}>{data.sentence}</p>
      <div className={classes.facts}>
        <Facts
          of={[
            [said.document, data.title],
            [said.source, data.source],
            [said.original, data.uri],
            [said.commitment, <Code key="commitment" value={data.commitment} characters={16} name={said.commitment} />],
            [said.state, <DocumentNow key="state" state={data.state} current={data.current} />],
            [said.keptAt, calendarTime(data.kept_at)],
            [said.asOf, calendarTime(data.as_of)],
            [said.media, said.mediaOf(data.media_type)],
            [said.parts, partsOf(data)],
          ]}
        />
      </div>
      <SnapshotText snapshot={data} />
      <Link to="/review/answers" search={{ document: data.document }} className={shared.link}>
        {said.documentAnswers}
      </Link>
    </>
  );
}

/** What each citation rested on, as it was then. */
export function EvidenceTab({ trail }: TabProps) {
  const { n } = route.useSearch();
  const citations = trail.sentences.flatMap((sentence) => sentence.citations);
  const chosen = citations.find(({ number }) => number === n) ?? citations[0];
  if (!chosen) return <Empty title={said.none}>{said.noneHint}</Empty>;
  return (
    <div className={classes.columns}>
      <nav aria-label={said.list} className={classes.list}>
        {citations.map((citation) => (
          <Link
            key={citation.number}
            to="/review/answers/$answerId"
            params={{ answerId: trail.answer_id }}
            search={{ tab: "evidence", n: citation.number }}
            replace
            activeProps={{}}
            className={classes.choice}
            aria-current={citation === chosen ? "true" : undefined}
          >
            <strong>{trailWords.citation(citation.number)}</strong>
            <span>{citation.title ?? trailWords.noPlace}</span>
            <Status tone={EVIDENCE_TONES[citation.evidence]}>{trailWords.evidence(citation.evidence)}</Status>
          </Link>
        ))}
      </nav>
      <div className={classes.opened}>
        <Section title={trailWords.citation(chosen.number)}>
          <Redacted sentences={trail.sentences} className={shared.soft} />
          {chosen.evidence === "kept" ? (
            <Opened key={chosen.number} answerId={trail.answer_id} citation={chosen} />
          ) : (
            <Empty title={said.gone}>{said.goneHint(trailWords.evidence(chosen.evidence))}</Empty>
          )}
        </Section>
      </div>
    </div>
  );
}
