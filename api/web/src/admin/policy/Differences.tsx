import { DataTable } from "../../parts/DataTable";
import classes from "../../parts/form.module.css";
import { words } from "../../words/admin";
import type { Difference } from "./document";
import { columnName, rowName } from "./Matrix";
import { TreatmentMark } from "./TreatmentMark";

const said = words.policy;

function where({ column }: Difference): string {
  return column === "class" ? said.classOf : columnName(column);
}

function What({ of }: { of: Difference }) {
  return (
    <>
      {rowName(of.section, of.row)}
      <div className={`${classes.soft} ${classes.inNarrow}`}>{where(of)}</div>
    </>
  );
}

/** What two versions say differently, entry by entry. */
export function Differences({ of }: { of: readonly Difference[] }) {
  if (of.length === 0) return <p>{said.same}</p>;
  return (
    <DataTable
      name={said.differences}
      rows={of}
      keyOf={(each) => `${each.section} ${each.row} ${each.column}`}
      columns={[
        { name: said.data, heading: true, cell: (each) => <What of={each} /> },
        { name: said.destination, cell: where, hide: "narrow" },
        { name: said.before, cell: (each) => <TreatmentMark said={each.before} /> },
        { name: said.after, cell: (each) => <TreatmentMark said={each.after} /> },
      ]}
    />
  );
}
