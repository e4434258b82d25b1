import { ShieldCheck } from "lucide-react";
import { Code } from "../../parts/Code";
import { type Column, DataTable } from "../../parts/DataTable";
import { Facts } from "../../parts/Facts";
import { words } from "../../words/review";
import { Outcome } from "../shared/Outcome";
import type { Redaction } from "../types";
import type { TabProps } from "./AnswerPage";
import { More } from "./More";
import { Branch, Branches, Step } from "./Step";
import classes from "./trail.module.css";

const said = words.trail;
type Taken = Redaction["transformations"][number];

const COLUMNS: Column<Taken>[] = [
  { name: said.valueKind, heading: true, cell: ({ kind }) => said.spoken(kind.toLowerCase()) },
  { name: said.byRule, cell: ({ rule }) => rule },
  { name: said.treatment, cell: ({ treatment }) => said.treated(treatment), hide: "narrow" },
  { name: said.count, numeric: true, cell: (taken) => words.number(taken.count) },
];

function One({ of }: { of: Redaction }) {
  const number = of.transformations.reduce((sum, each) => sum + each.count, 0);
  return (
    <Branch title={said.redactionOf(of.destination)} mark={<Outcome of={of.outcome} />}>
      <Facts
        of={[
          [said.count, said.values(number)],
          [said.withheld, of.withheld],
          [said.policy, of.policy],
          [said.time, of.seconds === null ? null : words.seconds(of.seconds)],
          [said.why, of.reason],
          [said.map, <Code key="map" value={of.map} characters={8} name={said.map} />],
        ]}
      />
      {of.transformations.length > 0 && (
        <More name={said.redactionAbout}>
          <DataTable
            name={said.redactionOf(of.destination)}
            columns={COLUMNS}
            rows={of.transformations}
            keyOf={({ kind, rule, treatment }) => `${kind} ${rule} ${treatment}`}
          />
        </More>
      )}
    </Branch>
  );
}

/** What was taken out of texts before they went anywhere: by rule and count, never the value. */
export function RedactionStep({ trail }: TabProps) {
  return (
    <Step title={said.redaction} icon={ShieldCheck} seconds={trail.timings.redact ?? null}>
      {trail.redactions.length === 0 ? (
        <p className={classes.soft}>{said.noRedaction}</p>
      ) : (
        <Branches>
          {trail.redactions.map((each) => (
            <One key={each.map} of={each} />
          ))}
        </Branches>
      )}
    </Step>
  );
}
