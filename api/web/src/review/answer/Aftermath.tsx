import { Flag, Lock, ThumbsUp } from "lucide-react";
import { Status } from "../../parts/Status";
import { Moment } from "../../shell/Moment";
import { words } from "../../words/review";
import { SubjectLink } from "../shared/Subject";
import type { TabProps } from "./AnswerPage";
import { Branch, Branches, Step } from "./Step";
import classes from "./trail.module.css";

const said = words.trail;

function Feedback({ trail }: TabProps) {
  return (
    <Step title={said.feedback} icon={ThumbsUp}>
      {trail.feedback.length === 0 && <p className={classes.soft}>{said.noFeedback}</p>}
      <Branches>
        {trail.feedback.map((each) => (
          <Branch
            key={each.subject}
            title={<SubjectLink subject={each.subject} />}
            mark={
              <>
                <Status tone={each.rating === "up" ? "good" : "warn"}>{each.rating === "up" ? said.up : said.down}</Status>
                <Moment at={each.updated_at} />
              </>
            }
          >
            {each.reasons.length > 0 && <p>{each.reasons.map(said.spoken).join(", ")}</p>}
            {each.comment && <p className={classes.said}>{each.comment}</p>}
          </Branch>
        ))}
      </Branches>
    </Step>
  );
}

function Signs({ trail }: TabProps) {
  return (
    <Step title={said.flagged} icon={Flag}>
      <ul className={classes.list}>
        {trail.flagged.map((each) => (
          <li key={`${each.version} ${each.destination}`}>
            {said.flaggedOf(each.signs.map(said.spoken).join(", "), each.destination)}
          </li>
        ))}
        {trail.conflicts.map(({ sides: [a = 0, b = 0], later }) => (
          <li key={`${a} ${b}`}>
            {said.conflictOf(a, b)} {later !== null && said.later(later === 0 ? a : b)}
          </li>
        ))}
      </ul>
    </Step>
  );
}

/** What became of an answer after it was given. */
export function Aftermath({ trail }: TabProps) {
  return (
    <>
      {trail.flagged.length + trail.conflicts.length > 0 && <Signs trail={trail} />}
      <Feedback trail={trail} />
      {trail.holds.length > 0 && (
        <Step title={said.holds} icon={Lock}>
          <Branches>
            {trail.holds.map((hold) => (
              <Branch key={hold.id} title={words.holds.kinds[hold.kind as keyof typeof words.holds.kinds]} mark={<Moment at={hold.placed_at} />}>
                <p>{hold.why}</p>
              </Branch>
            ))}
          </Branches>
        </Step>
      )}
    </>
  );
}
