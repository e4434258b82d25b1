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

function Whole({ seq }: { seq: number }) {
  const record = useQuery(recordQuery(seq));
  if (record.error) return <Failed error={record.error} onRetry={() => void record.refetch()} />;
  if (record.isPending) return <Loading />;
  if (!record.data) return <Empty title={said.missing}>{said.missingHint}</Empty>;
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
          [said.trace, text(event.trace_id) && <Code key="trace" value={text(event.trace_id)} name={said.trace} />],
          [said.hash, <Code key="hash" value={hash} characters={16} name={said.hash} />],
          [said.previous, text(event.prev) && <Code key="prev" value={text(event.prev)} name={said.previous} />],
          [
            said.answer,
            answer && (
              <Link to="/review/answers/$answerId" params={{ answerId: answer }} className={classes.link}>
                {answer.slice(0, 8)}
              </Link>
            ),
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

/** One record of the log. */
export function RecordPage() {
  const seq = Number.parseInt(route.useParams().seq, 10);
  return (
    <Page
      key={seq}
      title={said.title(seq)}
      about={said.about}
      up={{ to: "/review/records", name: words.pages.records }}
      actions={
        <>
          {seq > 1 && (
            <Button
              renderRoot={(props) => <Link to="/review/records/$seq" params={{ seq: String(seq - 1) }} {...props} />}
              variant="default"
              leftSection={<ChevronLeft aria-hidden size={15} />}
            >
              {said.before}
            </Button>
          )}
          <Button
            renderRoot={(props) => <Link to="/review/records/$seq" params={{ seq: String(seq + 1) }} {...props} />}
            variant="default"
            rightSection={<ChevronRight aria-hidden size={15} />}
          >
            {said.after}
          </Button>
        </>
      }
    >
      {Number.isSafeInteger(seq) && seq > 0 ? <Whole seq={seq} /> : <Empty title={said.missing}>{said.missingHint}</Empty>}
    </Page>
  );
}
