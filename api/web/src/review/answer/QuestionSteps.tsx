import { Link } from "@tanstack/react-router";
import { MessageCircleQuestion, Search, UserCheck } from "lucide-react";
import { Code } from "../../parts/Code";
import { type Column, DataTable } from "../../parts/DataTable";
import { Facts } from "../../parts/Facts";
import { Status } from "../../parts/Status";
import { calendarTime } from "../../shell/time";
import { words } from "../../words/review";
import { Subject } from "../shared/Subject";
import type { TabProps } from "./AnswerPage";
import { accessOf, titlesOf, type LoggedPassage } from "./data";
import { More } from "./More";
import { Step } from "./Step";
import classes from "./trail.module.css";

const said = words.trail;
const LOGGED = { matches: "good", differs: "bad", "not kept": "idle" } as const;

export function QuestionStep({ trail }: TabProps) {
  return (
    <Step
      title={said.question}
      icon={MessageCircleQuestion}
      mark={<Status tone={LOGGED[trail.question_as_logged]}>{said.asLogged(trail.question_as_logged)}</Status>}
    >
      {trail.question !== null && <p className={classes.said}>{trail.question}</p>}
      <Facts
        of={[
          [said.askedBy, trail.subject === null ? null : <Subject key="subject" subject={trail.subject} />],
          [
            said.actedBy,
            trail.acted_by.length === 0
              ? null
              : trail.acted_by.map(({ seq, subject }) => <Subject key={seq} subject={subject} />),
          ],
          [said.at, trail.at && calendarTime(trail.at)],
          [said.searched, trail.searched],
          [said.aloneBy, trail.searched && trail.alone_by],
          [
            said.conversation,
            trail.conversation_id && (
              <Link
                to="/review/answers"
                search={{ conversation: trail.conversation_id }}
                className={classes.link}
              >
                {said.thisConversation}
              </Link>
            ),
          ],
        ]}
      />
    </Step>
  );
}

export function AccessStep({ trail }: TabProps) {
  const access = accessOf(trail.records);
  return (
    <Step title={said.access} icon={UserCheck}>
      <p className={classes.soft}>{said.accessAbout}</p>
      <Facts
        of={[
          [said.roles, access?.roles.join(", ").replaceAll("_", " ") || null],
          [said.grants, access?.grants ?? null],
          [said.accessKey, access?.key ? <Code key="key" value={access.key} name={said.accessKey} /> : null],
          [said.policy, access?.policy ?? null],
        ]}
      />
    </Step>
  );
}

function columns(titles: Map<string, string>, ranks: Map<string, number>): Column<LoggedPassage>[] {
  return [
    { name: said.rank, numeric: true, cell: ({ chunk }) => ranks.get(chunk) ?? "" },
    {
      name: said.document,
      heading: true,
      cell: ({ document }) => (
        <Link to="/review/answers" search={{ document }}>
          {titles.get(document) ?? document.slice(0, 8)}
        </Link>
      ),
    },
    { name: said.score, numeric: true, cell: ({ score }) => (score === null ? "–" : score.toFixed(3)) },
    {
      name: said.commitment,
      cell: ({ content }) => <Code value={content} characters={8} name={said.commitment} />,
      hide: "narrow",
    },
  ];
}

export function RetrievalStep({ trail }: TabProps) {
  const access = accessOf(trail.records);
  const { embed = 0, index = 0, check = 0, read = 0 } = trail.timings;
  const passages = access?.passages ?? [];
  const ranks = new Map(passages.map(({ chunk }, place) => [chunk, place + 1]));
  const seconds = embed + index + check + read;
  return (
    <Step title={said.retrieval} icon={Search} seconds={seconds > 0 ? seconds : null}>
      <Facts
        of={[
          [said.candidates, access?.candidates ?? null],
          [said.denied, access?.denied ?? null],
          [said.keptPassages, access === null ? null : passages.length],
        ]}
      />
      {passages.length > 0 && (
        <More name={said.passages(passages.length)}>
          <DataTable
            name={said.passages(passages.length)}
            columns={columns(titlesOf(trail), ranks)}
            rows={passages}
            keyOf={({ chunk }) => chunk}
          />
        </More>
      )}
      <Link
        to="/review/answers/$answerId"
        params={{ answerId: trail.answer_id }}
        search={{ tab: "replay" }}
        className={classes.link}
      >
        {said.replay}
      </Link>
    </Step>
  );
}
