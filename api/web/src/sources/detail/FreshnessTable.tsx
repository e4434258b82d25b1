import type { ReactNode } from "react";
import { DataTable, type Column } from "../../parts/DataTable";
import { Status, type Tone } from "../../parts/Status";
import { useNow } from "../../shell/now";
import { words } from "../../words/sources";
import { againstText, spanText } from "../durations";
import type { KindFreshness } from "../types";
import classes from "./OverviewTab.module.css";
import { percent } from "./written";

const RATE = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const TONE: Record<KindFreshness["state"], Tone> = { ok: "good", breach: "bad", unknown: "warn" };

const NO_CHANGE = <span className={classes.soft}>{words.overview.noChange}</span>;

interface Figure {
  name: string;
  of: (kind: KindFreshness) => ReactNode;
}

function State({ of: { state, bound, overdue_since } }: { of: KindFreshness }) {
  const now = useNow();
  if (bound === null) return <Status tone="idle">{words.overview.stateUnbound}</Status>;
  return (
    <span className={classes.stack}>
      <Status tone={TONE[state]}>{words.overview.state[state]}</Status>
      {overdue_since && (
        <small>
          {words.lasting(spanText((now.getTime() - new Date(overdue_since).getTime()) / 1000))}
        </small>
      )}
    </span>
  );
}

function attained(kind: KindFreshness, days: number): ReactNode {
  const window = kind.windows.find((each) => each.days === days);
  if (!window || window.attainment === null) return NO_CHANGE;
  return (
    <span className={classes.stack}>
      {percent(window.attainment)}
      <small>{words.overview.late(window.late.toLocaleString("en"), window.count.toLocaleString("en"))}</small>
    </span>
  );
}

function inWindow(days: number, text: (window: KindFreshness["windows"][number]) => string) {
  return ({ windows }: KindFreshness): ReactNode => {
    const window = windows.find((each) => each.days === days);
    return window && window.count > 0 ? text(window) : NO_CHANGE;
  };
}

const FIGURES: readonly Figure[] = [
  { name: words.overview.columns.state, of: (kind) => <State of={kind} /> },
  {
    name: words.overview.columns.age,
    of: ({ staleness, bound }) => (staleness === null ? words.neverRead : againstText(staleness, bound)),
  },
  { name: words.overview.columns.bound, of: ({ bound }) => (bound === null ? words.noBound : spanText(bound)) },
  { name: words.overview.columns.p95, of: ({ p95 }) => (p95 === null ? NO_CHANGE : spanText(p95)) },
  ...[7, 30, 90].map((days) => ({
    name: words.overview.columns.attainment(days),
    of: (kind: KindFreshness) => attained(kind, days),
  })),
  {
    name: words.overview.columns.budget(30),
    of: inWindow(30, ({ budget_left }) => percent(budget_left)),
  },
  ...[7, 30].map((days) => ({
    name: words.overview.columns.burn(days),
    of: inWindow(days, ({ burn_rate }) => RATE.format(burn_rate)),
  })),
];

/** Content, deletions and permissions side by side: each with its own bound, lag and budget. */
export function FreshnessTable({ kinds }: { kinds: readonly KindFreshness[] }) {
  const columns: Column<Figure>[] = [
    { name: words.overview.columns.kind, heading: true, cell: ({ name }) => name },
    ...kinds.map((kind) => ({ name: words.freshness[kind.kind], cell: ({ of }: Figure) => of(kind) })),
  ];
  return (
    <div className={classes.freshness}>
      <DataTable name={words.overview.freshnessTable} columns={columns} rows={FIGURES} keyOf={({ name }) => name} />
    </div>
  );
}
