import { Status, type Tone } from "../../parts/Status";
import { words } from "../../words/review";
import type { Change, Compared, Standing } from "../types";
import classes from "./CompareTab.module.css";
import { Branch } from "./Step";
import shared from "./trail.module.css";

const said = words.compare;
const TONES: Record<Standing["state"], Tone> = {
  same: "good",
  changed: "warn",
  altered: "bad",
  gone: "warn",
  suppressed: "idle",
  unreadable: "bad",
  pending: "idle",
  unreachable: "bad",
  late: "warn",
  "source removed": "idle",
  unknown: "idle",
};

/** What leads from one text to the other: what went is struck through, what came is underlined. */
export function Difference({ changes }: { changes: readonly Change[] }) {
  return (
    <p className={classes.diff}>
      {changes.map((each, index) => {
        if (each.kind === "same") return <span key={`${index}`}>{each.after}</span>;
        return (
          <span key={`${index}`}>
            {each.before && <del>{each.before}</del>}
            {each.after && <ins>{each.after}</ins>}
          </span>
        );
      })}
    </p>
  );
}

function Side({ name, standing }: { name: string; standing: Standing }) {
  return (
    <div className={classes.side}>
      <h4>{name}</h4>
      <Status tone={TONES[standing.state]}>{said.state(standing.state)}</Status>
      {standing.stands !== null && (
        <p className={shared.soft}>{standing.stands ? said.stands : said.gone}</p>
      )}
      {standing.why && <p className={shared.soft}>{standing.why}</p>}
      {standing.changes.length > 0 && <Difference changes={standing.changes} />}
    </div>
  );
}

/** A citation beside its document. */
export function ComparedView({ compared }: { compared: Compared }) {
  const { number, title, source, quote, now, live } = compared;
  const place = [title ?? words.trail.noPlace, source].filter(Boolean).join(" · ");
  return (
    <Branch title={`${words.trail.citation(number)}: ${place}`}>
      <p className={shared.soft}>{said.cited}</p>
      {quote === null ? (
        <p className={shared.soft}>{words.trail.evidence(compared.evidence)}</p>
      ) : (
        <blockquote className={shared.quote}>{quote}</blockquote>
      )}
      <div className={classes.sides}>
        <Side name={said.indexed} standing={now} />
        {live && <Side name={said.source} standing={live} />}
      </div>
    </Branch>
  );
}
