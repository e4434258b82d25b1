import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { SearchX } from "lucide-react";
import { lazy, Suspense, type ComponentType } from "react";
import { problemOf } from "../../api/http";
import { Page } from "../../parts/Page";
import { Empty, Failed, Loading } from "../../parts/States";
import { words as shell } from "../../words/shell";
import { words } from "../../words/sources";
import { detailQuery, watchQuery } from "../calls";
import { Choices } from "../../parts/Choices";
import { LiveProgress } from "../LiveProgress";
import { Said, useSaying } from "../Saying";
import { TABS, type Tab } from "../search";
import { SourceState } from "../SourceState";
import type { SourceDetail, Watched } from "../types";
import { Actions } from "./Actions";
import classes from "./DetailPage.module.css";
import { OverviewTab } from "./OverviewTab";
import { Trouble } from "./Trouble";

export interface TabProps {
  watched: Watched;
  source: SourceDetail;
  /** Announces and shows what was changed. */
  say: (text: string) => void;
}

const route = getRouteApi("/in/sources/s/$name");

const PARTS: Record<Tab, ComponentType<TabProps>> = {
  overview: OverviewTab,
  runs: lazy(async () => ({ default: (await import("./RunsTab")).RunsTab })),
  failures: lazy(async () => ({ default: (await import("./FailuresTab")).FailuresTab })),
  schedule: lazy(async () => ({ default: (await import("./ScheduleTab")).ScheduleTab })),
  settings: lazy(async () => ({ default: (await import("./SettingsTab")).SettingsTab })),
  owners: lazy(async () => ({ default: (await import("./OwnersTab")).OwnersTab })),
  changes: lazy(async () => ({ default: (await import("./ChangesTab")).ChangesTab })),
};

/** One source. Another one is another page, with nothing of the one before in it. */
export function DetailPage() {
  const { name } = route.useParams();
  return <Detail key={name} name={name} />;
}

function NotShown({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const { status, detail = "" } = problemOf(error);
  if (status !== 404) return <Failed error={error} onRetry={onRetry} />;
  return (
    <Empty
      icon={SearchX}
      title={detail}
      action={
        <Button component={Link} to="/sources" variant="default" mt={8}>
          {words.list.title}
        </Button>
      }
    >
      {words.detail.missing}
    </Empty>
  );
}

function Detail({ name }: { name: string }) {
  const { tab = "overview" } = route.useSearch();
  const watched = useQuery(watchQuery(name));
  const source = useQuery(detailQuery(name));
  const { said, say } = useSaying();
  const Part = PARTS[tab];
  const up = { to: "/sources", name: words.list.title } as const;
  const failure = watched.error ?? source.error;
  if (!watched.data || !source.data) {
    return (
      <Page title={name} up={up}>
        {failure ? <NotShown error={failure} onRetry={() => void watched.refetch()} /> : <Loading />}
      </Page>
    );
  }
  const seen = watched.data;
  return (
    <Page
      title={name}
      up={up}
      about={words.detail.about(seen.title, words.documents(seen.documents))}
      actions={<Actions watched={seen} say={say} />}
    >
      <div className={classes.state}>
        <SourceState of={seen} />
        <Said text={said} />
      </div>
      <LiveProgress of={seen} seenAt={watched.dataUpdatedAt} />
      <Trouble of={seen} />
      <Choices
        tabs
        name={words.detail.tabsName}
        current={tab}
        of={TABS.map((value) => ({
          value,
          name: words.detail.tabs[value],
          count: value === "failures" && seen.errors > 0 ? seen.errors : undefined,
        }))}
        to="/sources/s/$name"
        params={{ name }}
        search={(value) => ({ tab: value })}
      />
      <Suspense fallback={<Loading name={shell.loading} />}>
        <Part watched={seen} source={source.data} say={say} />
      </Suspense>
    </Page>
  );
}
