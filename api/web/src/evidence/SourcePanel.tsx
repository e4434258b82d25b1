import { ActionIcon, Button, SegmentedControl, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight, ExternalLink, X } from "lucide-react";
import { useEffect, useRef, useState, type ReactNode, type RefObject } from "react";
import { problemOf } from "../api/http";
import { sharedEvidenceQuery } from "../api/conversations";
import { documentQuery, evidenceQuery } from "../api/queries";
import type { Citation, DocumentRef, Evidence, Passage, Span } from "../api/types";
import { ProblemNotice } from "../parts/ProblemNotice";
import { words } from "../words/ask";
import { PageImage } from "./PageImage";
import { PassageText } from "./PassageText";
import { SourceFacts } from "./SourceFacts";
import classes from "./SourcePanel.module.css";

const PDF = "application/pdf";

export interface PanelEvidence {
  answerId: string | null;
  /** By which share the reader came to it, who is not the one who asked. */
  shareId?: string;
  citation: Citation;
  /** All pieces of evidence under the same number, to step through. */
  siblings: Citation[];
}

interface SourcePanelProps {
  shown: { evidence: PanelEvidence } | { passage: Passage };
  onClose: () => void;
  onStep: (citation: Citation) => void;
}

/** Brings the cited words into view once they are on the page. */
function useCitedInView(ready: unknown) {
  const body = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!ready) return undefined;
    const frame = requestAnimationFrame(() => {
      const cited = body.current?.querySelector("mark[data-cited]");
      const scroller = body.current;
      if (!cited || !scroller) return;
      const offset = cited.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
      scroller.scrollTop += offset - scroller.clientHeight * 0.3;
    });
    return () => cancelAnimationFrame(frame);
  }, [ready]);
  return body;
}

/** The text scrolls by itself, so it has to be reachable with the keyboard. */
function Scroller({ children, bodyRef }: { children: ReactNode; bodyRef?: RefObject<HTMLDivElement | null> }) {
  return (
    <div ref={bodyRef} className={classes.scroller} tabIndex={0} role="group" aria-label={words.source.passage}>
      {children}
    </div>
  );
}

function Quote({ text }: { text: string }) {
  return <blockquote className={classes.quote}>{text}</blockquote>;
}

function Loading() {
  return (
    <div role="status" aria-label={words.source.loading}>
      {[92, 100, 84, 96, 60].map((width) => (
        <Skeleton key={width} h={14} mb={12} w={`${width}%`} />
      ))}
    </div>
  );
}

function WholeDocument({ document, version, marks }: { document: DocumentRef; version: string; marks: Span[] }) {
  const view = useQuery(documentQuery(document.id));
  const body = useCitedInView(view.data);
  if (view.isPending) return <Loading />;
  if (view.isError) return <ProblemNotice problem={problemOf(view.error)} onRetry={() => void view.refetch()} />;
  const same = view.data.version === version;
  return (
    <Scroller bodyRef={body}>
      {!same && <p className={classes.changed}>{words.source.now}</p>}
      {view.data.parts_hidden > 0 && <p className={classes.note}>{words.source.hiddenParts}</p>}
      <PassageText
        segments={view.data.segments}
        elements={view.data.elements}
        marks={same ? marks : []}
        reflow={view.data.media_type === PDF}
      />
    </Scroller>
  );
}

/** The headings that the passage stands under, without the last one where the text shown begins with it. */
function headingsAbove({ headings, context }: Evidence): string[] {
  const [begins] = (context.segments[0]?.text ?? "").trimStart().replace(/^#+\s+/, "").split("\n", 1);
  return begins?.trim() === headings.at(-1) ? headings.slice(0, -1) : headings;
}

type View = "page" | "text" | "document";

function EvidenceView({ evidence, quote }: { evidence: Evidence; quote: string }) {
  const [view, setView] = useState<View>(evidence.pdf ? "page" : "text");
  const body = useCitedInView(view === "text" ? evidence : null);
  const views: { value: View; label: string }[] = [
    ...(evidence.pdf ? [{ value: "page" as const, label: words.source.views.page }] : []),
    { value: "text", label: words.source.views.text },
    ...(evidence.current ? [{ value: "document" as const, label: words.source.views.document }] : []),
  ];
  const { context } = evidence;
  const above = headingsAbove(evidence);
  return (
    <>
      {views.length > 1 && (
        <SegmentedControl
          className={classes.views}
          size="sm"
          fullWidth
          aria-label={words.source.how}
          value={view}
          onChange={(value) => setView(value)}
          data={views}
        />
      )}
      {view === "page" && evidence.pdf && (
        <Scroller>
          <PageImage page={evidence.pdf} title={evidence.document.title} onUnavailable={() => setView("text")} />
          <Quote text={quote} />
        </Scroller>
      )}
      {view === "text" && (
        <Scroller bodyRef={body}>
          {above.length > 0 && <p className={classes.section}>{above.join(" › ")}</p>}
          <PassageText
            segments={context.segments}
            elements={evidence.elements}
            marks={evidence.spans}
            reflow={evidence.media_type === PDF}
          />
        </Scroller>
      )}
      {view === "document" && (
        <WholeDocument document={evidence.document} version={evidence.version} marks={evidence.spans} />
      )}
    </>
  );
}

interface CitationViewProps {
  answerId: string;
  shareId?: string;
  citation: Citation;
}

function CitationView({ answerId, shareId, citation }: CitationViewProps) {
  const own = useQuery({ ...evidenceQuery(answerId, citation.evidence), enabled: shareId === undefined });
  const shared = useQuery({
    ...sharedEvidenceQuery(shareId ?? "", answerId, citation.evidence),
    enabled: shareId !== undefined,
  });
  const evidence = shareId === undefined ? own : shared;
  if (evidence.isPending) {
    return (
      <>
        <SourceFacts {...citation} />
        <Loading />
      </>
    );
  }
  if (evidence.isError) {
    return <ProblemNotice problem={problemOf(evidence.error)} onRetry={() => void evidence.refetch()} />;
  }
  return (
    <>
      <SourceFacts {...evidence.data} support={citation.support} />
      <EvidenceView key={`${answerId}/${citation.evidence}`} evidence={evidence.data} quote={citation.quote} />
    </>
  );
}

function Stepper({ evidence, onStep }: { evidence: PanelEvidence; onStep: (citation: Citation) => void }) {
  const { siblings, citation } = evidence;
  const at = siblings.findIndex((other) => other.evidence === citation.evidence);
  if (siblings.length < 2) return null;
  const previous = siblings[at - 1];
  const next = siblings[at + 1];
  return (
    <div className={classes.stepper}>
      <ActionIcon
        variant="subtle"
        aria-label={words.source.previous}
        disabled={!previous}
        onClick={() => previous && onStep(previous)}
      >
        <ChevronLeft aria-hidden size={18} />
      </ActionIcon>
      <span>
        {words.source.position(at + 1, siblings.length)}
      </span>
      <ActionIcon
        variant="subtle"
        aria-label={words.source.next}
        disabled={!next}
        onClick={() => next && onStep(next)}
      >
        <ChevronRight aria-hidden size={18} />
      </ActionIcon>
    </div>
  );
}

/** The document behind a number: where it is, how fresh it is, and the passage in its surroundings. */
export function SourcePanel({ shown, onClose, onStep }: SourcePanelProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const cited = "evidence" in shown ? shown.evidence : null;
  const passage = "passage" in shown ? shown.passage : null;
  const document = cited?.citation.document ?? passage?.document;
  const identity = cited ? `${cited.answerId}/${cited.citation.evidence}` : (document?.id ?? "");
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
  }, [identity]);
  if (!document) return null;

  return (
    <div className={classes.panel} id="source-panel">
      <header className={classes.head}>
        {cited && <span className={classes.number}>{cited.citation.n}</span>}
        <h2 ref={heading} tabIndex={-1}>
          {document.title}
        </h2>
        <ActionIcon variant="subtle" size={34} aria-label={words.source.close} onClick={onClose}>
          <X aria-hidden size={19} />
        </ActionIcon>
      </header>
      {cited && <Stepper evidence={cited} onStep={onStep} />}
      <div className={classes.body}>
        {cited?.answerId && (
          <CitationView answerId={cited.answerId} shareId={cited.shareId} citation={cited.citation} />
        )}
        {cited && !cited.answerId && (
          <>
            <SourceFacts {...cited.citation} />
            <Quote text={cited.citation.quote} />
            <p className={classes.note}>{words.source.later}</p>
          </>
        )}
        {passage && (
          <>
            <SourceFacts {...passage} />
            <WholeDocument document={passage.document} version={passage.version} marks={passage.spans} />
          </>
        )}
      </div>
      {document.url && (
        <footer className={classes.foot}>
          <Button
            component="a"
            href={document.url}
            target="_blank"
            rel="noopener noreferrer"
            variant="default"
            size="compact-sm"
            rightSection={<ExternalLink aria-hidden size={15} />}
          >
            {words.source.original}
          </Button>
        </footer>
      )}
    </div>
  );
}
