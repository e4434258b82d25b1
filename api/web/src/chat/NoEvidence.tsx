import { SearchX } from "lucide-react";
import type { Passage } from "../api/types";
import { words } from "../words/ask";
import sources from "./AnswerSources.module.css";
import { NearestRow } from "./AnswerSources";
import classes from "./NoEvidence.module.css";

interface NoEvidenceProps {
  turnKey: string;
  reason: string | null;
  nearest: Passage[];
}

/** In the place of an answer where nothing that this person may read gives one. */
export function NoEvidence({ turnKey, reason, nearest }: NoEvidenceProps) {
  return (
    <div className={classes.empty} role="group" aria-label={words.noEvidence.name}>
      <div className={classes.emptyHead}>
        <span className={classes.emptySign}>
          <SearchX aria-hidden size={20} />
        </span>
        <div>
          <p className={classes.emptyTitle}>{words.noEvidence.title}</p>
          <p>{reason || words.noEvidence.body}</p>
        </div>
      </div>
      {nearest.length > 0 && (
        <>
          <h3 className={sources.listTitle}>{words.noEvidence.nearest}</h3>
          <ul className={sources.sources}>
            {nearest.map((passage) => (
              <NearestRow key={passage.rank} turnKey={turnKey} passage={passage} />
            ))}
          </ul>
        </>
      )}
      <p className={classes.tip}>{words.noEvidence.tip}</p>
    </div>
  );
}
