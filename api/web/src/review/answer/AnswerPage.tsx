import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { lazy, Suspense, type ComponentType } from "react";
import { problemOf } from "../../api/http";
import { Note } from "../../parts/Note";
import { Code } from "../../parts/Code";
import { Page } from "../../parts/Page";
import { Empty, Failed, Loading } from "../../parts/States";
import { Status } from "../../parts/Status";
import { Moment } from "../../shell/Moment";
import { Choices } from "../../parts/Choices";
import { words } from "../../words/review";
import { ANSWER_TABS, type AnswerTab } from "../search";
import { Outcome } from "../shared/Outcome";
import type { Trail } from "../types";
import { Actions } from "./Actions";
import classes from "./AnswerPage.module.css";
import { trailQuery } from "./data";
import { TrailTab } from "./TrailTab";

const route = getRouteApi("/in/review/answers/$answerId");
const said = words.answer;

export interface TabProps {
  trail: Trail;
}

const PARTS: Record<AnswerTab, ComponentType<TabProps>> = {
  trail: TrailTab,
  evidence: lazy(async () => ({ default: (await import("./EvidenceTab")).EvidenceTab })),
  replay: lazy(async () => ({ default: (await import("./ReplayTab")).ReplayTab })),
  compare: lazy(async () => ({ default: (await import("./CompareTab")).CompareTab })),
};

/** One answer. Another one is another page, with nothing of the one before in it. */
export function AnswerPage() {
  const { answerId } = route.useParams();
  return <Answer key={answerId} answerId={answerId} />;
}

function Head({ trail }: TabProps) {
  return (
    <div className={classes.head}>
      {trail.status && <Outcome of={trail.status} />}
      {trail.at && <Moment at={trail.at} />}
      <Code value={trail.answer_id} characters={8} />
      {trail.holds.length > 0 && <Status tone="paused">{said.isHeld}</Status>}
    </div>
  );
}

function Answer({ answerId }: { answerId: string }) {
  const { tab = "trail" } = route.useSearch();
  const trail = useQuery(trailQuery(answerId));
  const up = { to: "/review/answers", name: words.pages.answers } as const;
  if (!trail.data) {
    return (
      <Page title={said.title} up={up}>
        {!trail.error && <Loading />}
        {trail.error && problemOf(trail.error).status === 404 && (
          <Empty title={said.missing}>
            {said.missingHint} <Link to="/review/answers">{words.pages.answers}</Link>
          </Empty>
        )}
        {trail.error && problemOf(trail.error).status !== 404 && (
          <Failed error={trail.error} onRetry={() => void trail.refetch()} />
        )}
      </Page>
    );
  }
  const Part = PARTS[tab];
  return (
    <Page title={trail.data.question ?? said.title} up={up} actions={<Actions trail={trail.data} />}>
      <Head trail={trail.data} />
      <div className={classes.note}>
        <Note>
          <p>{said.audited}</p>
          {!trail.data.kept && <p>{said.notKept}</p>}
        </Note>
      </div>
      <div className={classes.tabs}>
        <Choices
          tabs
          name={said.tabsName}
          current={tab}
          of={ANSWER_TABS.map((value) => ({ value, name: said.tabs[value] }))}
          to="/review/answers/$answerId"
          params={{ answerId }}
          search={(value) => ({ tab: value })}
        />
      </div>
      <Suspense fallback={<Loading />}>
        <Part trail={trail.data} />
      </Suspense>
    </Page>
  );
}
