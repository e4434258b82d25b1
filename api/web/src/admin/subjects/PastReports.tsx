import { FileButton, Button } from "@mantine/core";
import { useState } from "react";
import { api, reply } from "../../api/client";
import { Code } from "../../parts/Code";
import { ListTable } from "../../parts/DataTable";
import { Section } from "../../parts/Page";
import { useList } from "../../parts/useList";
import { Moment } from "../../shell/Moment";
import { words } from "../../words/admin";
import classes from "../../parts/form.module.css";
import type { SignedReport } from "../types";
import { ReportButtons, type Verified, verified, VerifiedMark } from "./ReportButtons";

const said = words.subjects;
export const REPORTS = ["admin", "reports"] as const;

/** Reads a file that somebody has, and has it verified. */
function VerifyFile() {
  const [outcome, setOutcome] = useState<Verified | null>(null);
  const look = async (file: File | null) => {
    if (!file) return;
    try {
      setOutcome(await verified(JSON.parse(await file.text()) as SignedReport));
    } catch {
      setOutcome({ ok: false, why: said.noReport });
    }
  };
  return (
    <div className={classes.buttons}>
      <span role="status">{outcome && <VerifiedMark of={outcome} />}</span>
      <FileButton accept="application/json" onChange={(file) => void look(file)}>
        {(props) => (
          <Button size="compact-sm" variant="default" {...props}>
            {said.verifyFile}
          </Button>
        )}
      </FileButton>
    </div>
  );
}

/** The reports of what was erased here. */
export function PastReports() {
  const list = useList([...REPORTS], async (cursor) => {
    const page = await reply(api.GET("/v1/subjects/reports", { params: { query: { cursor } } }));
    return { rows: page.reports, next: page.next ?? null };
  });
  return (
    <Section title={said.past} actions={<VerifyFile />}>
      <ListTable
        name={said.past}
        list={list}
        keyOf={(each) => each.report.request}
        empty={<p className={classes.text}>{said.nonePast}</p>}
        columns={[
          { name: said.request, heading: true, cell: (each) => <Code value={each.report.request} /> },
          { name: words.when, cell: (each) => <Moment at={each.report.at} /> },
          {
            name: said.removed,
            numeric: true,
            cell: (each) => words.number(Object.values(each.report.places).reduce((sum, place) => sum + place.removed, 0)),
            hide: "narrow",
          },
          { name: said.held, numeric: true, cell: (each) => words.number(each.report.held.length), hide: "narrow" },
          { name: said.signed, cell: (each) => <ReportButtons signed={each} />, hide: "medium" },
        ]}
      />
    </Section>
  );
}
