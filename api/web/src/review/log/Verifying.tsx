import { Button, Textarea } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { BadgeCheck, CircleAlert, ShieldCheck, Square } from "lucide-react";
import { useState } from "react";
import { problemOf } from "../../api/http";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { Code } from "../../parts/Code";
import { Facts } from "../../parts/Facts";
import { Section } from "../../parts/Page";
import { useStoppable } from "../../parts/useStoppable";
import { words } from "../../words/review";
import { useKeptFocus } from "../shared/useKeptFocus";
import { Waiting } from "../shared/Waiting";
import type { Verification } from "../types";
import classes from "./log.module.css";
import { notesIn, verify, type Far } from "./verifying";

const said = words.log;

/** What was found: that all of it holds, or the first record that does not. */
export function Found({ found }: { found: Verification }) {
  const broken = found.first_broken;
  return (
    <div className={classes.found} data-ok={found.ok}>
      {found.ok ? <BadgeCheck aria-hidden size={22} /> : <CircleAlert aria-hidden size={22} />}
      <div>
        <h3>{found.ok ? said.whole : said.broken}</h3>
        {found.ok && <p>{said.wholeText(found.records)}</p>}
        {broken && (
          <p>
            <Link to="/review/records/$seq" params={{ seq: String(broken.seq) }}>
              {said.brokenAt(broken.seq, broken.reason)}
            </Link>
          </p>
        )}
        {found.trouble && <p>{found.trouble}</p>}
        <Facts
          of={[
            [said.records, words.number(found.records)],
            [said.head, found.head && <Code key="head" value={found.head} characters={16} name={said.head} />],
            [said.root, found.root && <Code key="root" value={found.root} characters={16} name={said.root} />],
          ]}
        />
      </div>
    </div>
  );
}

/** Has the whole log verified, and follows it. */
export function Verifying() {
  const client = useQueryClient();
  const { run, stop, running, stopped, failure } = useStoppable();
  const buttons = useKeptFocus(running);
  const [kept, setKept] = useState("");
  const [far, setFar] = useState<Far | null>(null);
  const [found, setFound] = useState<Verification | null>(null);
  const start = () => {
    setFar(null);
    setFound(null);
    return run(async (signal) => {
      setFound(await verify(notesIn(kept), setFar, signal));
      void client.invalidateQueries({ queryKey: ["review", "checkpoint"] });
    });
  };
  return (
    <Section title={said.verify}>
      <p className={classes.text}>{said.verifyAbout}</p>
      <Textarea
        label={said.kept}
        description={said.keptHint}
        className={classes.note}
        autosize
        minRows={2}
        maxRows={10}
        value={kept}
        onChange={(event) => setKept(event.currentTarget.value)}
      />
      <div ref={buttons} className={classes.buttons}>
        {running ? (
          <Button key="stop" variant="default" leftSection={<Square aria-hidden size={14} />} onClick={stop}>
            {said.stop}
          </Button>
        ) : (
          <Button key="start" leftSection={<ShieldCheck aria-hidden size={16} />} onClick={() => void start()}>
            {said.start}
          </Button>
        )}
      </div>
      <Waiting
        running={running}
        name={said.running}
        done={far?.done}
        total={far?.total}
        far={far ? said.far(far.done, far.total) : undefined}
      />
      <div role="status">
        {stopped && <p className={classes.text}>{said.stoppedText}</p>}
        {found && <Found found={found} />}
      </div>
      {failure !== null && <ProblemNotice problem={problemOf(failure)} onRetry={() => void start()} />}
    </Section>
  );
}
