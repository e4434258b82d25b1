import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Radio, Square } from "lucide-react";
import { problemOf } from "../../api/http";
import { Section } from "../../parts/Page";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { Empty, Failed, Loading } from "../../parts/States";
import { Status } from "../../parts/Status";
import { useStoppable } from "../../parts/useStoppable";
import { words } from "../../words/review";
import type { TabProps } from "./AnswerPage";
import { ComparedView } from "./ComparedView";
import classes from "./CompareTab.module.css";
import { compareLive, compareQuery } from "./data";
import { Branches } from "./Step";
import shared from "./trail.module.css";
import { Waiting } from "../shared/Waiting";

const said = words.compare;

/** Reads the sources themselves, which takes as long as they do. It can be stopped. */
function Live({ answerId }: { answerId: string }) {
  const client = useQueryClient();
  const { run, stop, running, stopped, failure } = useStoppable();
  const read = () =>
    run(async (signal) => {
      client.setQueryData(compareQuery(answerId).queryKey, await compareLive(answerId, signal));
    });
  return (
    <div className={classes.live}>
      <div className={shared.row}>
        {running ? (
          <Button variant="default" leftSection={<Square aria-hidden size={14} />} onClick={stop}>
            {said.stop}
          </Button>
        ) : (
          <Button variant="default" leftSection={<Radio aria-hidden size={15} />} onClick={() => void read()}>
            {said.live}
          </Button>
        )}
        <span className={shared.soft}>{said.liveAbout}</span>
      </div>
      <Waiting running={running} name={said.reading} />
      <span role="status">{stopped && said.stopped}</span>
      {failure !== null && <ProblemNotice problem={problemOf(failure)} onRetry={() => void read()} />}
    </div>
  );
}

/** What an answer cites, beside what its documents and sources say now. */
export function CompareTab({ trail }: TabProps) {
  const compared = useQuery(compareQuery(trail.answer_id));
  if (compared.error) return <Failed error={compared.error} onRetry={() => void compared.refetch()} />;
  if (!compared.data) return <Loading />;
  const { changed, citations } = compared.data;
  if (citations.length === 0) return <Empty title={said.none}>{words.evidence.noneHint}</Empty>;
  return (
    <>
      <p className={shared.soft}>{said.about}</p>
      <p role="status">
        <Status tone={changed === 0 ? "good" : "warn"}>{said.changed(changed)}</Status>
      </p>
      <Live answerId={trail.answer_id} />
      <Section title={said.citations}>
        <Branches>
          {citations.map((each) => (
            <ComparedView key={each.number} compared={each} />
          ))}
        </Branches>
      </Section>
    </>
  );
}
