import { Button, Checkbox, NumberInput, Radio } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import { FileDown, Square } from "lucide-react";
import { useState } from "react";
import { Note } from "../../parts/Note";
import { problemOf } from "../../api/http";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { Page } from "../../parts/Page";
import { words } from "../../words/review";
import { CopyText } from "../records/CopyText";
import { asked, isNarrowed, type RecordsSearch } from "../search";
import { useDownload } from "../shared/useDownload";
import { useKeptFocus } from "../shared/useKeptFocus";
import { Waiting } from "../shared/Waiting";
import { SelectionFields } from "./SelectionFields";
import classes from "./log.module.css";

const route = getRouteApi("/in/review/export");
const said = words.export;
const SCOPES = ["whole", "run", "selection"] as const;
type Scope = (typeof SCOPES)[number];

/** The body of the request for a selection. */
function selected(search: RecordsSearch) {
  const { kind, action, outcome, ...rest } = asked(search);
  return { ...rest, kind: kind ? [kind] : [], action: action ? [action] : [], outcome: outcome ? [outcome] : [] };
}

function Progress({ of }: { of: ReturnType<typeof useDownload> }) {
  const { running, far, made, cancelled, failure } = of;
  const command = made ? said.command(made.name) : "";
  return (
    <>
      <Waiting
        running={running}
        name={far ? said.receiving : said.running}
        done={far?.bytes}
        total={far?.total}
        far={far ? words.size(far.bytes) : undefined}
      />
      <div role="status">
        {cancelled && <p className={classes.text}>{said.cancelled}</p>}
        {made && (
          <div className={classes.found} data-ok>
            <FileDown aria-hidden size={20} />
            <div>
              <h2>{said.done(made.name, words.size(made.bytes))}</h2>
              <p>
                {said.checking} <Link to="/review/log">{said.key}</Link>
              </p>
              <pre className={classes.pre} role="group" aria-label={said.checking} tabIndex={0}>
                {command}
              </pre>
              <CopyText value={command}>{words.copy}</CopyText>
            </div>
          </div>
        )}
      </div>
      {failure !== null && <ProblemNotice problem={problemOf(failure)} />}
    </>
  );
}

/** Takes a signed copy of the log along, or of what a search finds. */
export function ExportPage() {
  const search = route.useSearch();
  const [scope, setScope] = useState<Scope>(isNarrowed(search) ? "selection" : "whole");
  const [first, setFirst] = useState<number | string>(1);
  const [last, setLast] = useState<number | string>("");
  const [csv, setCsv] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const download = useDownload();
  const buttons = useKeptFocus(download.running);
  const start = () => {
    const empty = scope === "selection" && !isNarrowed(search);
    const backwards = scope === "run" && !(Number(first) >= 1 && Number(last) >= Number(first));
    setFault(empty ? said.empty : backwards ? said.range : null);
    if (empty || backwards) return;
    const what =
      scope === "run" ? { first: Number(first), last: Number(last) } : scope === "selection" ? selected(search) : {};
    void download.start("/v1/audit/export", { name: "vouch-log.zip", json: { ...what, csv } });
  };
  return (
    <Page title={words.pages.export} about={said.about} up={{ to: "/review/log", name: words.pages.log }}>
      <form
        className={classes.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          start();
        }}
      >
        <Radio.Group label={said.what} value={scope} onChange={(value) => setScope(value)} error={fault}>
          {SCOPES.map((value) => (
            <Radio key={value} mt="sm" value={value} label={said[value]} description={said[`${value}Hint`]} />
          ))}
        </Radio.Group>
        {scope === "run" && (
          <div className={classes.pair}>
            <NumberInput label={said.first} min={1} allowDecimal={false} value={first} onChange={setFirst} />
            <NumberInput label={said.last} min={1} allowDecimal={false} value={last} onChange={setLast} />
          </div>
        )}
        {scope === "selection" && <SelectionFields search={search} />}
        <Checkbox
          label={said.csv}
          description={said.jsonl}
          checked={csv}
          onChange={(event) => setCsv(event.currentTarget.checked)}
        />
        <Note>
          <p>{said.audited}</p>
        </Note>
        <div ref={buttons}>
          {download.running ? (
            <Button key="stop" variant="default" leftSection={<Square aria-hidden size={14} />} onClick={download.stop}>
              {said.cancel}
            </Button>
          ) : (
            <Button key="start" type="submit" leftSection={<FileDown aria-hidden size={16} />}>
              {said.start}
            </Button>
          )}
        </div>
      </form>
      <Progress of={download} />
    </Page>
  );
}
