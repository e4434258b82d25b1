import { DataTable } from "../../parts/DataTable";
import { Facts } from "../../parts/Facts";
import { Code } from "../../parts/Code";
import { calendarTime } from "../../shell/time";
import { words } from "../../words/admin";
import classes from "../../parts/form.module.css";
import type { SignedReport } from "../types";
import { ReportButtons } from "./ReportButtons";

const said = words.subjects;

/** What a request found, removed and spared, place by place. */
export function ReportView({ signed }: { signed: SignedReport }) {
  const { report } = signed;
  const places = Object.entries(report.places).filter(([, place]) => place.found > 0 || place.held > 0);
  const standing = Object.entries(report.standing);
  return (
    <div className={classes.form}>
      <div className={classes.panel}>
        <Facts
          of={[
            [words.when, calendarTime(report.at)],
            [said.side, said.sideName(report.side)],
            [said.documents, report.documents === "suppress" ? said.suppress : said.labelsOnly],
            [said.pseudonym, report.subject ? <Code key="subject" value={report.subject} /> : said.noAccount],
            [said.request, report.dry_run ? null : <Code key="request" value={report.request} />],
          ]}
        />
      </div>
      {places.length === 0 ? (
        <p className={classes.text}>{said.nothing}</p>
      ) : (
        <DataTable
          name={said.places}
          rows={places}
          keyOf={([name]) => name}
          columns={[
            { name: said.place, heading: true, cell: ([name]) => name },
            { name: said.found, numeric: true, cell: ([, place]) => words.number(place.found) },
            { name: said.removed, numeric: true, cell: ([, place]) => (report.dry_run ? "–" : words.number(place.removed)) },
            { name: said.held, numeric: true, cell: ([, place]) => words.number(place.held) },
          ]}
        />
      )}
      {report.held.length > 0 && (
        <>
          <p className={classes.text}>{said.heldHint}</p>
          <DataTable
            name={said.heldList}
            rows={report.held}
            keyOf={(each) => `${each.kind} ${each.id}`}
            columns={[
              { name: said.heldWhat, heading: true, cell: (each) => each.kind },
              { name: said.heldId, cell: (each) => <Code value={each.id} characters={20} /> },
            ]}
          />
        </>
      )}
      {report.unreached.length > 0 && (
        <DataTable
          name={said.unreached}
          rows={report.unreached}
          keyOf={(each) => each.where + each.why}
          columns={[
            { name: said.unreached, heading: true, cell: (each) => each.where },
            { name: said.howMany, numeric: true, cell: (each) => words.number(each.count) },
            { name: words.why, cell: (each) => each.why },
          ]}
        />
      )}
      {standing.length > 0 && (
        <DataTable
          name={said.standing}
          rows={standing}
          keyOf={([column]) => column}
          columns={[
            { name: said.standing, heading: true, cell: ([column]) => column },
            { name: said.rows, numeric: true, cell: ([, rows]) => words.number(rows) },
          ]}
        />
      )}
      <ReportButtons signed={signed} />
    </div>
  );
}
