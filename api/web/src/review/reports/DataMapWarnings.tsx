import { TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { type Column, DataTable } from "../../parts/DataTable";
import { Status } from "../../parts/Status";
import { words } from "../../words/review";
import type { DataMap } from "../types";
import classes from "./reports.module.css";
import { GOES } from "./dataMapColumns";

const said = words.dataMap;
type Forbidden = DataMap["forbidden"][number];
type Strayed = DataMap["strayed"][number];

const FORBIDDEN: Column<Forbidden>[] = [
  ...GOES,
  { name: said.then, cell: ({ then }) => said.treated(then), hide: "narrow" },
  { name: said.treatment, cell: ({ today }) => said.treated(today) },
  { name: said.policy, numeric: true, cell: ({ policy }) => policy, hide: "medium" },
  { name: said.entry, cell: ({ entry }) => <code>{entry}</code>, hide: "medium" },
  { name: said.values, numeric: true, cell: ({ values }) => words.number(values) },
];

const STRAYED: Column<Strayed>[] = [
  { name: said.destination, heading: true, cell: ({ destination }) => destination },
  { name: said.declaredRegion, cell: ({ declared }) => declared },
  { name: said.returnedRegion, cell: ({ returned }) => returned },
  { name: said.calls, numeric: true, cell: ({ calls }) => words.number(calls) },
];

function Warning({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <section className={classes.warning} aria-label={title}>
      <h2>
        <TriangleAlert aria-hidden size={17} />
        {title}
      </h2>
      {children}
    </section>
  );
}

/** What somebody has to look at: what went where it may not go today, or elsewhere than was agreed. */
export function DataMapWarnings({ map: { forbidden, strayed, unchecked_passages } }: { map: DataMap }) {
  if (forbidden.length + strayed.length + unchecked_passages === 0) {
    return (
      <p className={classes.fine}>
        <Status tone="good">{said.fine}</Status>
      </p>
    );
  }
  return (
    <div className={classes.warnings}>
      {forbidden.length > 0 && (
        <Warning title={said.forbidden(forbidden.length)}>
          <p>{said.forbiddenAbout}</p>
          <DataTable
            name={said.forbidden(forbidden.length)}
            columns={FORBIDDEN}
            rows={forbidden}
            keyOf={(row) => Object.values(row).join(" ")}
          />
        </Warning>
      )}
      {strayed.length > 0 && (
        <Warning title={said.strayed(strayed.length)}>
          <DataTable
            name={said.strayed(strayed.length)}
            columns={STRAYED}
            rows={strayed}
            keyOf={(row) => Object.values(row).join(" ")}
          />
        </Warning>
      )}
      {unchecked_passages > 0 && <Warning title={said.unchecked(unchecked_passages)} />}
    </div>
  );
}
