import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { LibraryBig } from "lucide-react";
import { sourcesQuery } from "../api/queries";
import type { SourceSummary } from "../api/types";
import { AskFrame } from "../chat/AskFrame";
import { DataTable, type Column } from "../parts/DataTable";
import { Page, Section } from "../parts/Page";
import { Empty, Failed, Loading } from "../parts/States";
import { Status, type Tone } from "../parts/Status";
import { Moment } from "../shell/Moment";
import { OutOfDate } from "../shell/OutOfDate";
import { words } from "../words/ask";
import classes from "./IndexedPage.module.css";
import { SourceDocuments } from "./SourceDocuments";

const route = getRouteApi("/in/indexed");

const RUN_TONES: Record<string, Tone> = { running: "busy", queued: "idle", failed: "bad", done: "good" };

function LastCheck({ source }: { source: SourceSummary }) {
  const run = source.last_run;
  if (!run) return words.indexed.notYet;
  return (
    <span className={classes.check}>
      <Status tone={RUN_TONES[run.state] ?? "idle"}>{words.indexed.run[run.state] ?? run.state}</Status>
      <Moment at={run.finished_at ?? run.started_at} />
    </span>
  );
}

const COLUMNS: readonly Column<SourceSummary>[] = [
  { name: words.indexed.name, heading: true, cell: (source) => source.name },
  { name: words.indexed.kind, hide: "medium", cell: (source) => source.kind },
  {
    name: words.indexed.documents,
    numeric: true,
    cell: (source) => (
      <Link to="/indexed" search={(before) => ({ ...before, source: source.name, text: undefined })}>
        {source.documents.toLocaleString("en")}
      </Link>
    ),
  },
  {
    name: words.indexed.confirmed,
    hide: "narrow",
    cell: (source) => (source.last_confirmed_at ? <Moment at={source.last_confirmed_at} /> : words.indexed.notYet),
  },
  {
    name: words.indexed.state,
    cell: (source) =>
      source.stale ? <OutOfDate of={source} /> : <Status tone="good">{words.indexed.onTime}</Status>,
  },
  { name: words.indexed.checked, hide: "medium", cell: (source) => <LastCheck source={source} /> },
];

interface SourcesProps {
  sources: SourceSummary[];
  late: boolean;
  chosen: string | undefined;
}

function Sources({ sources, late, chosen }: SourcesProps) {
  if (sources.length === 0) {
    return (
      <Empty icon={LibraryBig} title={words.indexed.emptyTitle}>
        {words.indexed.empty}
      </Empty>
    );
  }
  const shown = late ? sources.filter((source) => source.stale) : sources;
  if (shown.length === 0) return <Empty title={words.indexed.lateNoneTitle}>{words.indexed.lateNone}</Empty>;
  return (
    <DataTable
      name={words.indexed.list}
      columns={COLUMNS}
      rows={shown}
      keyOf={(source) => source.name}
      current={(source) => source.name === chosen}
    />
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
        title={words.indexed.title}
        about={words.indexed.about}
        actions={
          <SegmentedControl
            size="sm"
            aria-label={words.indexed.show}
            value={late ? "late" : "all"}
            onChange={(value) =>
              void navigate({ search: (before) => ({ ...before, only: value === "late" ? value : undefined }) })
            }
            data={[
              { value: "all", label: words.indexed.all },
              { value: "late", label: words.indexed.late },
            ]}
          />
        }
      >
        {sources.isPending && <Loading />}
        {sources.isError && <Failed error={sources.error} onRetry={() => void sources.refetch()} />}
        {sources.data && <Sources sources={sources.data} late={late} chosen={source} />}
        <p className={classes.what}>{words.indexed.what}</p>
        {source ? (
          <Section title={words.indexed.documentsOf(source)}>
            <SourceDocuments
              key={source}
              source={source}
              text={text}
              onText={(next) =>
                void navigate({ search: (before) => ({ ...before, text: next || undefined }), replace: true })
              }
            />
          </Section>
        ) : (
          <p className={classes.what}>{words.indexed.choose}</p>
        )}
      </Page>
    </AskFrame>
  );
}
