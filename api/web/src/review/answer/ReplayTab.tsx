import { useQuery } from "@tanstack/react-query";
import { Note } from "../../parts/Note";
import { Code } from "../../parts/Code";
import { type Column, DataTable } from "../../parts/DataTable";
import { Facts } from "../../parts/Facts";
import { Section } from "../../parts/Page";
import { Failed, Loading } from "../../parts/States";
import { Status } from "../../parts/Status";
import { words } from "../../words/review";
import { Subject } from "../shared/Subject";
import type { Replay } from "../types";
import type { TabProps } from "./AnswerPage";
import { replayQuery } from "./data";
import { PassagesThen } from "./PassagesThen";
import { SeenThen } from "./SeenThen";
import shared from "./trail.module.css";

const said = words.replay;
type Checked = Replay["sentences"][number];
const SAME = { same: "good", differs: "bad", "not known": "idle" } as const;

const CHECKED: Column<Checked>[] = [
  {
    name: words.trail.verification,
    heading: true,
    cell: ({ index, text }) => text ?? words.trail.sentence(index),
  },
  {
    name: said.holdsNow,
    cell: ({ holds }) => (
      <Status tone={holds === null ? "idle" : holds ? "good" : "bad"}>
        {holds === null ? said.unchecked : holds ? said.holds : said.fails}
      </Status>
    ),
  },
  {
    name: words.trail.why,
    cell: ({ verbatim, against, why, support }) =>
      [
        verbatim ? said.verbatim : "",
        ...against.map(words.against),
        why ?? "",
        support === null ? "" : words.trail.support(words.percent(support)),
      ]
        .filter(Boolean)
        .join(" · "),
    hide: "narrow",
  },
];

/** The answer as of its date: what was retrieved, who could see it then and now, whether it still holds. */
export function ReplayTab({ trail }: TabProps) {
  const replay = useQuery(replayQuery(trail.answer_id));
  if (replay.error) return <Failed error={replay.error} onRetry={() => void replay.refetch()} />;
  if (!replay.data) return <Loading />;
  const { asker, passages, documents, sentences, not_known } = replay.data;
  return (
    <>
      <p className={shared.soft}>{said.about}</p>
      {not_known.length > 0 && (
        <Note>
          <p>{said.notKnown}:</p>
          <ul className={shared.list}>
            {not_known.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
        </Note>
      )}
      <Section title={said.asker}>
        <Facts
          of={[
            [words.trail.askedBy, <Subject key="subject" subject={asker.subject} />],
            [words.trail.roles, asker.roles.join(", ").replaceAll("_", " ") || null],
            [said.grantsThen, asker.grants],
            [said.grantsAgain, asker.recomputed_grants],
            [
              words.trail.accessKey,
              asker.access && <Code key="access" value={asker.access} name={words.trail.accessKey} />,
            ],
            [words.trail.stored, <Status key="same" tone={SAME[asker.same]}>{said.same[asker.same]}</Status>],
            [words.trail.candidates, replay.data.candidates],
            [words.trail.denied, replay.data.denied],
          ]}
        />
      </Section>
      <Section title={said.retrieved}>
        <p className={shared.soft}>{said.retrievedAbout}</p>
        <PassagesThen passages={passages} />
      </Section>
      <Section title={said.seen}>
        <p className={shared.soft}>{said.seenAbout}</p>
        <SeenThen documents={documents} />
      </Section>
      {sentences.length > 0 && (
        <Section title={said.holdsNow}>
          <p className={shared.soft}>{said.holdsAbout}</p>
          <DataTable name={said.holdsNow} columns={CHECKED} rows={sentences} keyOf={({ index }) => String(index)} />
        </Section>
      )}
    </>
  );
}
