import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { api, reply } from "../../api/client";
import { Code } from "../../parts/Code";
import { Facts } from "../../parts/Facts";
import { Page, Section } from "../../parts/Page";
import { Empty, Failed, Loading } from "../../parts/States";
import { calendarTime } from "../../shell/time";
import { words } from "../../words/review";
import { Outcome } from "../shared/Outcome";
import { Subject } from "../shared/Subject";
import { CopyText } from "./CopyText";
import { Proof } from "./Proof";
import classes from "./RecordPage.module.css";

const route = getRouteApi("/in/review/records/$seq");
const said = words.record;

function recordQuery(seq: number) {
  return {
    queryKey: ["review", "record", seq],
    queryFn: async () => {
      const query = { after: seq - 1, limit: 1 };
      const { records } = await reply(api.GET("/v1/audit/records", { params: { query } }));
      const [found] = records;
      return found?.seq === seq ? found : null;
    },
    // Reading a record is one itself.
    staleTime: Infinity,
  };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function Missing() {
  return (
    <Empty
      title={said.missing}
      action={
        <Link to="/review/log" className={classes.link}>
          {said.toLog}
        </Link>
      }
    >
      {said.missingHint}
    </Empty>
  );
}

function Whole({ seq }: { seq: number }) {
  const record = useQuery(recordQuery(seq));
  if (record.error) return <Failed error={record.error} onRetry={() => void record.refetch()} />;
  if (record.isPending) return <Loading />;
  if (!record.data) return <Missing />;
  const { event, hash, record: bytes } = record.data;
  const details = event.details as Record<string, unknown> | undefined;
  const answer = text(details?.answer);
  return (
    <>
      <Facts
        of={[
          [said.kind, text(event.kind)],
          [said.action, text(event.action)],
          [said.outcome, <Outcome key="outcome" of={text(event.outcome)} />],
          [said.at, calendarTime(text(event.at))],
          [said.person, <Subject key="subject" subject={text(event.subject)} />],
          [said.trace, event.trace_id ? <Code key="trace" value={text(event.trace_id)} name={said.trace} /> : null],
          [said.hash, <Code key="hash" value={hash} characters={16} name={said.hash} />],
          [
            said.previous,
            seq === 1 ? said.first : event.prev ? <Code key="prev" value={text(event.prev)} name={said.previous} /> : null,
          ],
          [
            said.answer,
            answer ? (
              <Link to="/review/answers/$answerId" params={{ answerId: answer }} className={classes.link}>
                {answer.slice(0, 8)}
              </Link>
            ) : null,
          ],
        ]}
      />
      <Section title={said.json} actions={<CopyText value={bytes}>{said.copyJson}</CopyText>}>
        <pre className={classes.json} role="group" aria-label={said.json} tabIndex={0}>
          {JSON.stringify(event, null, 2)}
        </pre>
        <p className={classes.hint}>{said.bytesHint}</p>
      </Section>
      <Proof seq={seq} />
    </>
  );
}

/** The ways to the records beside it. */
function Beside({ seq }: { seq: number }) {
  const beside = (to: number, name: string, sections: object) => (
    <Button
      renderRoot={(props) => <Link to="/review/records/$seq" params={{ seq: String(to) }} {...props} />}
      variant="default"
      {...sections}
    >
      {name}
    </Button>
  );
  return (
    <>
      {seq > 1 && beside(seq - 1, said.before, { leftSection: <ChevronLeft aria-hidden size={15} /> })}
      {beside(seq + 1, said.after, { rightSection: <ChevronRight aria-hidden size={15} /> })}
    </>
  );
}

/** One record of the log. */
export function RecordPage() {
  const seq = Number.parseInt(route.useParams().seq, 10);
  const sound = Number.isSafeInteger(seq) && seq > 0;
  const { data } = useQuery({ ...recordQuery(seq), enabled: sound });
  return (
    <Page
      key={seq}
      title={said.title(seq)}
      about={sound && data !== null && said.about}
      up={{ to: "/review/records", name: words.pages.records }}
      actions={data && <Beside seq={seq} />}
    >
      {sound ? <Whole seq={seq} /> : <Missing />}
    </Page>
  );
}
