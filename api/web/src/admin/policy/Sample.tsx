import { Button, NativeSelect, Textarea } from "@mantine/core";
import { useEffect, useId, useRef, useState } from "react";
import { api, reply } from "../../api/client";
import { Address } from "../../parts/Address";
import { DataTable } from "../../parts/DataTable";
import { Section } from "../../parts/Page";
import { Failed } from "../../parts/States";
import { Status } from "../../parts/Status";
import { words } from "../../words/admin";
import classes from "../../parts/form.module.css";
import { StopButton } from "../shared/StopButton";
import { useStoppable } from "../../parts/useStoppable";
import type { Redacted } from "../types";
import { type Document, PLACES, SECTIONS } from "./document";
import { columnName, rowName } from "./Matrix";
import matrix from "./Matrix.module.css";
import { TreatmentMark } from "./TreatmentMark";

const said = words.policy.sample;
const LONGEST = 20_000;

interface Tried {
  text: string;
  destination: string;
  now: Redacted;
  then: Redacted | null;
}

/** Nobody can guess it, and both trials of a text have the same: equal values have equal pseudonyms. */
function newRun(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function valueIn(text: string, start: number, end: number): string {
  // The server counts characters, not the halves that JavaScript counts.
  return Array.from(text).slice(start, end).join("");
}

type Span = Redacted["spans"][number];

/** Which entry of the policy decides (`classes.person.external:eu`), in words. */
function because(entry: string): string {
  const [first, row = "", ...rest] = entry.split(".");
  const section = SECTIONS.find((each) => each === first);
  if (!section) return said.unsaid;
  const column = rest.join(".");
  const text = said.because[section](rowName(section, row));
  return PLACES.some((place) => place === column) ? text : `${text} (${columnName(column)})`;
}

/** What becomes of a value, and what became of it before where that differs. */
function Becomes({ span, before }: { span: Span; before: Redacted | undefined }) {
  const was = before?.spans.find(({ start, end }) => start === span.start && end === span.end);
  const differs = was !== undefined && was.treatment !== span.treatment;
  return (
    <div className={matrix.cell} data-changed={differs || undefined}>
      <TreatmentMark said={span.treatment} />
      {differs && <span className={matrix.was}>{words.policy.was(was.treatment)}</span>}
      <div className={matrix.because}>{because(span.entry)}</div>
    </div>
  );
}

function areSame(one: Redacted, other: Redacted): boolean {
  const told = ({ text, blocked, spans }: Redacted) => [text, blocked, spans.map(({ treatment }) => treatment)];
  return JSON.stringify(told(one)) === JSON.stringify(told(other));
}

interface ResultProps {
  title: string;
  text: string;
  redacted: Redacted;
  before?: Redacted;
}

function Result({ title, text, redacted, before }: ResultProps) {
  const id = useId();
  return (
    <section className={matrix.result} aria-labelledby={id}>
      <h3 id={id}>{title}</h3>
      <Status tone={redacted.blocked ? "bad" : "good"}>{redacted.blocked ? said.blocked : said.goes}</Status>
      {before && areSame(before, redacted) && <p className={classes.soft}>{said.same}</p>}
      <p className={matrix.text}>
        {redacted.blocked ? <span className={matrix.withheld}>{redacted.text}</span> : redacted.text}
      </p>
      <p className={classes.soft}>{said.level(words.levels[redacted.sensitivity])}</p>
      {redacted.spans.length === 0 ? (
        <p className={classes.soft}>{said.nothingFound}</p>
      ) : (
        <DataTable
          name={said.values(title)}
          rows={redacted.spans}
          keyOf={(span) => `${span.start}-${span.end}`}
          columns={[
            {
              name: said.value,
              heading: true,
              cell: (span) => (
                <>
                  <span className={classes.name}><Address of={valueIn(text, span.start, span.end)} /></span>
                  <div className={`${classes.soft} ${classes.inNarrow}`}>{rowName("classes", span.class)}</div>
                </>
              ),
            },
            { name: said.class, cell: (span) => rowName("classes", span.class), hide: "narrow" },
            { name: said.becomes, cell: (span) => <Becomes span={span} before={before} /> },
          ]}
        />
      )}
    </section>
  );
}

interface SampleProps {
  holds: Document;
  /** What the policy would be; null while nothing of it is changed. */
  draft: Document | null;
  columns: readonly string[];
}

/** What becomes of a text on its way somewhere, now and under the changed policy. Nothing is sent or kept. */
export function Sample({ draft, columns }: SampleProps) {
  const [text, setText] = useState<string>(said.example);
  const [chosen, setDestination] = useState("external");
  const [tried, setTried] = useState<Tried | null>(null);
  const trial = useStoppable();
  const results = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (tried) results.current?.scrollIntoView({ block: "nearest" });
  }, [tried]);
  const destination = columns.includes(chosen) ? chosen : "external";
  const attempt = () => {
    setTried(null);
    return trial.run(async (signal) => {
      const run = newRun();
      const ask = async (policy: Document | null): Promise<Redacted | null> => {
        const body = { texts: [text], destination, run, policy };
        return (await reply(api.POST("/v1/redact", { body, signal }))).results[0] ?? null;
      };
      const now = await ask(null);
      const then = draft && (await ask(draft));
      setTried(now && { text, destination, now, then });
    });
  };
  return (
    <Section title={said.heading}>
      <p className={classes.soft}>{said.hint}</p>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          void attempt();
        }}
      >
        <Textarea
          label={said.text}
          autosize
          minRows={3}
          maxRows={12}
          maxLength={LONGEST}
          required
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <NativeSelect
          label={words.policy.destination}
          value={destination}
          data={columns.map((value) => ({ value, label: columnName(value) }))}
          onChange={(event) => setDestination(event.currentTarget.value)}
        />
        <div className={classes.buttons}>
          <Button type="submit" variant={draft ? "filled" : "default"} loading={trial.running}>
            {draft ? said.tryBoth : said.try}
          </Button>
          <StopButton of={trial} />
          <span role="status">{trial.running && <Status tone="busy">{said.running}</Status>}</span>
        </div>
      </form>
      {trial.failure !== null && <Failed error={trial.failure} onRetry={() => void attempt()} />}
      <div ref={results} className={matrix.sample} role="status">
        {tried && <Result title={said.now(columnName(tried.destination))} text={tried.text} redacted={tried.now} />}
        {tried?.then && (
          <Result title={said.then(columnName(tried.destination))} text={tried.text} redacted={tried.then} before={tried.now} />
        )}
      </div>
    </Section>
  );
}
