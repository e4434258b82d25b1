import { NativeSelect } from "@mantine/core";
import { useQueries } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Filters } from "../../parts/Filters";
import { Page } from "../../parts/Page";
import { Failed } from "../../parts/States";
import { useNow } from "../../shell/now";
import { words } from "../../words/review";
import { WEEKS } from "../search";
import { Waiting } from "../shared/Waiting";
import type { Weekly } from "../types";
import classes from "./Card.module.css";
import { PartsCard, ShareCard, TimesCard } from "./Card";
import { weeklyQuery } from "./data";
import { Counted } from "./Counted";
import { costs, departments, ended, inTime, labelled, priced, redacted, took, verified, type Part, type Point } from "./figures";
import { daysOf, weeksUntil } from "./weeks";

const route = getRouteApi("/in/review/dashboards");
const said = words.dashboards;

function answers(search: object, { week }: { week: string }, children: ReactNode) {
  return (
    <Link to="/review/answers" search={{ ...search, ...daysOf(week) }}>
      {children}
    </Link>
  );
}

function records({ week, counted }: Point, children: ReactNode) {
  return (
    <Counted week={week} counted={counted}>
      {children}
    </Counted>
  );
}

/** The calls of a department; those of several small ones are listed for nobody. */
function calls({ name, department }: Part, { week }: Point, children: ReactNode) {
  if (department === null || department === undefined) return children;
  return (
    <Link to="/review/calls" search={{ department, currency: priced(name).currency, ...daysOf(week) }}>
      {children}
    </Link>
  );
}

function weekly({ week }: Point, children: ReactNode) {
  return (
    <Link to="/review/weekly" search={{ week }} hash="sources">
      {children}
    </Link>
  );
}

function money(micros: number, name: string): string {
  return words.money(micros, priced(name).currency);
}

function Cards({ reports, weeks }: { reports: Weekly[]; weeks: string[] }) {
  return (
    <div className={classes.cards}>
      <ShareCard
        title={said.verified}
        about={said.verifiedAbout}
        points={reports.map(verified)}
        to={records}
      />
      {(["abstained", "refused"] as const).map((outcome) => (
        <ShareCard
          key={outcome}
          title={said[outcome]}
          about={said[`${outcome}About`]}
          points={reports.map((report) => ended(report, outcome))}
          to={(point, children) => answers({ outcome }, point, children)}
        />
      ))}
      <ShareCard title={said.freshness} about={said.freshnessAbout} points={reports.map(inTime)} to={weekly} />
      <TimesCard
        title={said.latency}
        about={said.latencyAbout}
        points={reports.map(took)}
        to={(point, children) => answers({ outcome: "answered" }, point, children)}
      />
      <PartsCard
        title={said.cost}
        about={said.costAbout}
        parts={costs(reports)}
        weeks={weeks}
        nameOf={(name) => said.tier(priced(name).of)}
        valueOf={money}
      />
      <PartsCard
        title={said.departments}
        about={said.departmentsAbout}
        parts={departments(reports)}
        weeks={weeks}
        nameOf={(name) => priced(name).of}
        valueOf={money}
        to={calls}
      />
      <PartsCard
        title={said.redacted}
        about={said.redactedAbout}
        parts={redacted(reports)}
        weeks={weeks}
        nameOf={said.spoken}
        valueOf={words.number}
      />
      <PartsCard
        title={said.labels}
        about={said.labelsAbout}
        parts={labelled(reports)}
        weeks={weeks}
        nameOf={said.label}
        valueOf={words.number}
      />
    </div>
  );
}

export function DashboardsPage() {
  const { weeks: number = WEEKS[0] } = route.useSearch();
  const navigate = route.useNavigate();
  const weeks = weeksUntil(useNow(), number);
  const reports = useQueries({ queries: weeks.map(weeklyQuery) });
  const made = reports.flatMap(({ data }) => (data ? [data] : []));
  const failed = reports.find(({ error }) => error);
  return (
    <Page title={words.pages.dashboards} about={`${said.about} ${said.audited}`}>
      <Filters name={said.weeks}>
        <NativeSelect
          label={said.weeks}
          value={String(number)}
          data={WEEKS.map((value) => ({ value: String(value), label: said.weeksOf(value) }))}
          onChange={(event) => {
            const wanted = WEEKS.find((each) => String(each) === event.currentTarget.value);
            void navigate({ search: { weeks: wanted }, replace: true });
          }}
        />
      </Filters>
      {failed ? (
        <Failed error={failed.error} onRetry={() => void failed.refetch()} />
      ) : made.length === weeks.length ? (
        <Cards reports={made} weeks={weeks} />
      ) : (
        <Waiting
          running
          name={said.loading}
          done={made.length}
          total={weeks.length}
          far={said.far(made.length, weeks.length)}
        />
      )}
    </Page>
  );
}
