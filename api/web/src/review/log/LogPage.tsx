import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Download, FileDown } from "lucide-react";
import { save } from "../../parts/saving";
import { api, reply } from "../../api/client";
import { Code } from "../../parts/Code";
import { type Column, DataTable } from "../../parts/DataTable";
import { Facts } from "../../parts/Facts";
import { Page, Section } from "../../parts/Page";
import { Empty, Failed, Loading } from "../../parts/States";
import { Status } from "../../parts/Status";
import { may } from "../../shell/areas";
import { Moment } from "../../shell/Moment";
import { useSignedIn } from "../../shell/session";
import { calendarTime } from "../../shell/time";
import { words } from "../../words/review";
import { CopyText } from "../records/CopyText";
import type { Checkpoint, Witness } from "../types";
import { checkpointQuery } from "./data";
import { Keys } from "./Keys";
import classes from "./log.module.css";
import { Verifying } from "./Verifying";

const said = words.log;

const WITNESSES: Column<Witness>[] = [
  { name: said.witness, heading: true, cell: ({ name }) => name },
  {
    name: said.state,
    cell: ({ failure, behind }) =>
      failure ? (
        <Status tone="bad">{said.failing}</Status>
      ) : (
        <Status tone={behind > 0 ? "warn" : "good"}>{behind > 0 ? said.isBehind(behind) : said.upToDate}</Status>
      ),
  },
  { name: said.has, numeric: true, cell: ({ size }) => words.number(size) },
  { name: said.at, cell: ({ at }) => (at ? <Moment at={at} /> : words.never), hide: "narrow" },
  { name: words.trail.why, cell: ({ failure }) => failure ?? "", hide: "medium" },
];

function Newest({ checkpoint }: { checkpoint: Checkpoint }) {
  return (
    <Section title={said.checkpoint}>
      <Facts
        of={[
          [
            said.size,
            <Link key="size" to="/review/records" className={classes.link}>
              {words.number(checkpoint.size)}
            </Link>,
          ],
          [said.at, calendarTime(checkpoint.at)],
          [said.root, <Code key="root" value={checkpoint.root} characters={16} name={said.root} />],
          [said.origin, <Code key="origin" value={checkpoint.origin} characters={22} name={said.origin} />],
        ]}
      />
      <pre className={classes.pre} role="group" aria-label={said.note} tabIndex={0}>
        {checkpoint.note}
      </pre>
      <p className={classes.text}>{said.noteHint}</p>
      <div className={classes.buttons}>
        <CopyText value={checkpoint.note}>{said.copyNote}</CopyText>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<Download aria-hidden size={14} />}
          onClick={() => save(`${checkpoint.at.slice(0, 10)}.note`, checkpoint.note, "text/plain")}
        >
          {said.downloadNote}
        </Button>
      </div>
    </Section>
  );
}

function Witnesses({ of }: { of: Witness[] }) {
  return (
    <Section title={said.witnesses}>
      <p className={classes.text}>{said.witnessesAbout}</p>
      {of.length === 0 ? (
        <Empty title={said.noWitnesses}>{said.noWitnessesHint}</Empty>
      ) : (
        <DataTable name={said.witnesses} columns={WITNESSES} rows={of} keyOf={({ name }) => name} />
      )}
    </Section>
  );
}

export function LogPage() {
  const session = useSignedIn();
  const checkpoint = useQuery(checkpointQuery);
  const keys = useQuery({ queryKey: ["review", "keys"], queryFn: () => reply(api.GET("/v1/audit/key")) });
  return (
    <Page
      title={words.pages.log}
      about={said.about}
      actions={
        may(session, ["audit.export"]) && (
          <Button component={Link} to="/review/export" variant="default" leftSection={<FileDown aria-hidden size={15} />}>
            {words.pages.export}
          </Button>
        )
      }
    >
      {may(session, ["audit.read"]) && <Verifying />}
      {checkpoint.isPending && <Loading />}
      {checkpoint.error && <Failed error={checkpoint.error} onRetry={() => void checkpoint.refetch()} />}
      {checkpoint.data && <Newest checkpoint={checkpoint.data} />}
      {checkpoint.data && <Witnesses of={checkpoint.data.witnesses} />}
      {keys.isPending && <Loading rows={3} />}
      {keys.error && <Failed error={keys.error} onRetry={() => void keys.refetch()} />}
      {keys.data && <Keys keys={keys.data} />}
    </Page>
  );
}
