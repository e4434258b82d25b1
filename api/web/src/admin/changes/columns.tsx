import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Column } from "../../parts/DataTable";
import { Moment } from "../../shell/Moment";
import { words } from "../../words/admin";
import { PersonLink } from "../people/PersonLink";
import classes from "../../parts/form.module.css";
import narrow from "../shared/narrow.module.css";
import type { Change } from "../types";

const said = words.changes;

/** What was changed, as a link to where it is now. */
function What({ change }: { change: Change }): ReactNode {
  const { what } = change;
  switch (change.kind) {
    case "policy":
      return (
        <Link to="/admin/policy/versions/$version" params={{ version: what }}>
          {words.policy.versionOf(Number(what))}
        </Link>
      );
    case "model":
      return (
        <Link to="/admin/models/$name" params={{ name: what }}>
          {what}
        </Link>
      );
    case "budget":
      return <Link to="/admin/budgets">{what === "*" ? words.budgets.each[change.scope as "person"] : what}</Link>;
    case "person":
    case "role":
      return what ? <PersonLink email={what} /> : said.forgotten;
    case "service":
    case "acting":
      return (
        <Link to="/admin/services/$name" params={{ name: what }}>
          {what}
        </Link>
      );
    case "source":
      return (
        <Link to="/sources/s/$name" params={{ name: what }}>
          {what}
        </Link>
      );
    case "destination":
      return (
        <Link to="/admin/destinations/$name" params={{ name: what }}>
          {what}
        </Link>
      );
    default:
      return what;
  }
}

export const COLUMNS: Column<Change>[] = [
  {
    name: said.what,
    heading: true,
    cell: (change) => (
      <span className={classes.name}>
        <What change={change} />
        <span className={`${classes.soft} ${classes.inNarrow}`}>
          {said.kinds[change.kind]} · {said.told(change.kind, change.change)}
        </span>
        {change.why && <span className={`${classes.soft} ${classes.inNarrow}`}>{change.why}</span>}
        <span className={`${classes.soft} ${classes.inMedium}`}>
          <span className={narrow.beside}>
            {words.changedBy} <PersonLink email={change.changed_by} />
          </span>
        </span>
      </span>
    ),
  },
  { name: said.part, cell: (change) => said.kinds[change.kind], hide: "narrow" },
  { name: said.change, cell: (change) => said.told(change.kind, change.change), hide: "narrow" },
  { name: words.why, cell: (change) => <span className={classes.long}>{change.why ?? "–"}</span>, hide: "narrow" },
  { name: words.changedBy, cell: (change) => <PersonLink email={change.changed_by} />, hide: "medium" },
  { name: words.when, cell: (change) => <Moment at={change.changed_at} /> },
];
