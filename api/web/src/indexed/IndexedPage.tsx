import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { LibraryBig, SearchX } from "lucide-react";
import { useEffect, useRef } from "react";
import { sourcesQuery } from "../api/queries";
import type { SourceSummary } from "../api/types";
import { AskFrame } from "../chat/AskFrame";
import { DataTable, type Column } from "../parts/DataTable";
import { Page, Section } from "../parts/Page";
import { Empty, Failed, Loading } from "../parts/States";
import { Status, type Tone } from "../parts/Status";
import forms from "../parts/form.module.css";
import { Moment } from "../shell/Moment";
import { OutOfDate } from "../shell/OutOfDate";
import { words } from "../words/indexed";
import classes from "./IndexedPage.module.css";
import { SourceDocuments, type SourceDocumentsProps } from "./SourceDocuments";

const route = getRouteApi("/in/indexed");

const RUN_TONES: Record<string, Tone> = { running: "busy", queued: "idle", failed: "bad", done: "good" };

function LastCheck({ source }: { source: SourceSummary }) {
  const run = source.last_run;
  if (!run) return words.notYet;
  return (
    <span className={classes.check}>
      <Status tone={RUN_TONES[run.state] ?? "idle"}>{words.run[run.state] ?? run.state}</Status>
      <Moment at={run.finished_at ?? run.started_at} />
    </span>
  );
}

function Confirmed({ source }: { source: SourceSummary }) {
  return source.last_confirmed_at ? <Moment at={source.last_confirmed_at} /> : words.notYet;
}

const COLUMNS: readonly Column<SourceSummary>[] = [
  { name: words.name, heading: true, cell: (source) => source.name },
  { name: words.kind, hide: "medium", cell: (source) => source.title },
  {
    name: words.documents,
    numeric: true,
    cell: (source) => (
      <Link to="/indexed" search={(before) => ({ ...before, source: source.name, text: undefined })}>
        {source.documents.toLocaleString("en")}
      </Link>
    ),
  },
  {
    name: words.confirmed,
    hide: "narrow",
    cell: (source) => <Confirmed source={source} />,
  },
  {
    name: words.state,
    cell: (source) => (
      <>
        {source.stale ? <OutOfDate of={source} /> : <Status tone="good">{words.onTime}</Status>}
        <div className={forms.inNarrow}>
          {words.confirmed} <Confirmed source={source} />
        </div>
      </>
    ),
  },
  { name: words.checked, hide: "medium", cell: (source) => <LastCheck source={source} /> },
];

interface SourcesProps {
  sources: SourceSummary[];
  late: boolean;
  chosen: string | undefined;
}

function Sources({ sources, late, chosen }: SourcesProps) {
  if (sources.length === 0) {
    return (
      <Empty icon={LibraryBig} title={words.emptyTitle}>
        {words.empty}
      </Empty>
    );
  }
  const shown = late ? sources.filter((source) => source.stale) : sources;
  if (shown.length === 0) return <Empty title={words.lateNoneTitle}>{words.lateNone}</Empty>;
  return (
    <>
      <DataTable
        name={words.list}
        columns={COLUMNS}
        rows={shown}
        keyOf={(source) => source.name}
        current={(source) => source.name === chosen}
      />
      <p className={classes.what}>{words.what}</p>
      {chosen === undefined && <p className={classes.what}>{words.choose}</p>}
    </>
  );
}

/** A name out of the address is shown only where it is one of those that may be read. */
function Documents({ known, ...documents }: SourceDocumentsProps & { known: boolean }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const heading = place.current?.querySelector("h2");
    if (!heading) return;
    // Whoever chose a source goes on at its documents, which may stand below what is in view.
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
    heading.scrollIntoView({ block: "nearest" });
  }, []);
  return (
    <div ref={place} className={classes.documents}>
      {known ? (
        <Section title={words.documentsOf(documents.source)}>
          <SourceDocuments {...documents} />
        </Section>
      ) : (
        <Section title={words.documents}>
          <Empty icon={SearchX} title={words.missingTitle}>
            {words.missing}
          </Empty>
        </Section>
      )}
    </div>
  );
}

/** What there is to read for this person, and when each source last confirmed it. Nothing can be changed here. */
export function IndexedPage() {
  const { source, text = "", only } = route.useSearch();
  const navigate = route.useNavigate();
  const sources = useQuery(sourcesQuery);
  const late = only === "late";
  return (
    <AskFrame>
      <Page
        title={words.title}
        about={words.about}
        actions={
          <SegmentedControl
            size="sm"
            aria-label={words.show}
            value={late ? "late" : "all"}
            onChange={(value) =>
              void navigate({ search: (before) => ({ ...before, only: value === "late" ? value : undefined }) })
            }
            data={[
              { value: "all", label: words.all },
              { value: "late", label: words.late },
            ]}
          />
        }
      >
        {sources.isPending && <Loading />}
        {sources.isError && <Failed error={sources.error} onRetry={() => void sources.refetch()} />}
        {sources.data && <Sources sources={sources.data} late={late} chosen={source} />}
        {source !== undefined && sources.data && sources.data.length > 0 && (
          <Documents
            key={source}
            known={sources.data.some(({ name }) => name === source)}
            source={source}
            text={text}
            onText={(next) =>
              void navigate({ search: (before) => ({ ...before, text: next || undefined }), replace: true })
            }
          />
        )}
      </Page>
    </AskFrame>
  );
}
