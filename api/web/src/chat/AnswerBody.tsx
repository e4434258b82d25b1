import { memo, useCallback, useMemo } from "react";
import type { Citation, Sentence } from "../api/types";
import { words } from "../words/ask";
import { useChat } from "./ChatContext";
import { stateOf } from "./citation-state";
import { CitationChip } from "./CitationChip";
import { STATE_SIGNS } from "./CitationState";
import { isSamePart, partsOf, type Part } from "./citation-text";
import { byNumber } from "./conversation";
import { RowsTable } from "./RowsTable";
import classes from "./AnswerBody.module.css";

interface AnswerBodyProps {
  turnKey: string;
  sentences: Sentence[];
  /** The citation that the source panel shows, by its own number. */
  shown: number | null;
}

const SHORT_WORD = 20;

/** The numbers stay on the line of the word they follow. */
function splitLastWord(text: string): [head: string, lastWord: string] {
  const trimmed = text.trimEnd();
  const at = Math.max(trimmed.lastIndexOf(" "), trimmed.lastIndexOf("\n")) + 1;
  return [trimmed.slice(0, at), trimmed.slice(at)];
}

interface ChipsProps {
  turnKey: string;
  citations: Citation[];
  shown: number | null;
}

function Chips({ turnKey, citations, shown }: ChipsProps) {
  const { open } = useChat();
  const groups = useMemo(() => byNumber(citations), [citations]);
  const onOpen = useCallback((citation: Citation) => open({ kind: "citation", turnKey, citation }), [open, turnKey]);
  return (
    <span className={classes.chips}>
      {groups.map(([n, group]) => (
        <CitationChip
          key={n}
          n={n}
          citations={group}
          state={stateOf(group, citations)}
          active={group.some((citation) => citation.evidence === shown)}
          onOpen={onOpen}
        />
      ))}
    </span>
  );
}

interface PartProps {
  part: Part;
  turnKey: string;
  /** As above, where it is one of this part. */
  shown: number | null;
}

const PartView = memo(
  function PartView({ part, turnKey, shown }: PartProps) {
    if (part.kind === "withheld") {
      const Sign = STATE_SIGNS[part.why];
      return (
        <p className={classes.withheld}>
          <Sign aria-hidden size={15} /> {words.answer.withheld[part.why]}
        </p>
      );
    }
    if (part.kind === "table") {
      const rows = part.rows.map(({ cells, citations }) => ({
        cells,
        chips: <Chips turnKey={turnKey} citations={citations} shown={shown} />,
      }));
      return (
        <div className={classes.table}>
          <RowsTable header={part.header} rows={rows} />
        </div>
      );
    }
    const [head, lastWord] = splitLastWord(part.text);
    return (
      <p className={classes.sentence}>
        {head}
        <span className={lastWord.length <= SHORT_WORD ? classes.together : undefined}>
          {lastWord}
          <Chips turnKey={turnKey} citations={part.citations} shown={shown} />
        </span>
      </p>
    );
  },
  (before, after) =>
    before.turnKey === after.turnKey && before.shown === after.shown && isSamePart(before.part, after.part),
);

function within(part: Part, shown: number | null): number | null {
  if (part.kind === "withheld") return null;
  const citations = part.kind === "table" ? part.rows.flatMap((row) => row.citations) : part.citations;
  return citations.some((citation) => citation.evidence === shown) ? shown : null;
}

/** The sentences of an answer, each followed by the numbers of its sources. */
export function AnswerBody({ turnKey, sentences, shown }: AnswerBodyProps) {
  const parts = useMemo(() => partsOf(sentences), [sentences]);
  return (
    <div className={classes.body}>
      {parts.map((part, index) => (
        <PartView key={`${index}`} part={part} turnKey={turnKey} shown={within(part, shown)} />
      ))}
    </div>
  );
}
