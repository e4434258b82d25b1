import { DataTable } from "../../parts/DataTable";
import { words } from "../../words/admin";
import type { Difference } from "./document";
import { columnName, rowName } from "./Matrix";
import { TreatmentMark } from "./TreatmentMark";

const said = words.policy;

/** What two versions say differently, entry by entry. */
export function Differences({ of }: { of: readonly Difference[] }) {
  if (of.length === 0) return <p>{said.same}</p>;
  return (
    <DataTable
      name={said.differences}
      rows={of}
      keyOf={(each) => `${each.section} ${each.row} ${each.column}`}
      columns={[
        { name: said.data, heading: true, cell: (each) => rowName(each.section, each.row) },
        { name: said.destination, cell: (each) => (each.column === "class" ? said.classOf : columnName(each.column)) },
        { name: said.before, cell: (each) => <TreatmentMark said={each.before} /> },
        { name: said.after, cell: (each) => <TreatmentMark said={each.after} /> },
      ]}
    />
  );
}
