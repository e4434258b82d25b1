import { VisuallyHidden } from "@mantine/core";
import { EyeOff } from "lucide-react";
import type { Citation, Sentence } from "../api/types";
import { useChat } from "./ChatContext";
import { CitationChip } from "./CitationChip";
import { partsOf, type CitedRow, type Part } from "./citation-text";
import { byNumber } from "./conversation";
import classes from "./AnswerBody.module.css";

interface AnswerBodyProps {
  turnKey: string;
  sentences: Sentence[];
}

const SHORT_WORD = 20;
const SHORT_CELL = 16;

/** The numbers stay on the line of the word they follow. */
function splitLastWord(text: string): [head: string, lastWord: string] {
  const trimmed = text.trimEnd();
  const at = Math.max(trimmed.lastIndexOf(" "), trimmed.lastIndexOf("\n")) + 1;
  return [trimmed.slice(0, at), trimmed.slice(at)];
}

function Chips({ turnKey, citations }: { turnKey: string; citations: Citation[] }) {
  const { open, target } = useChat();
  const shown = target?.kind === "citation" && target.turnKey === turnKey ? target.citation.evidence : null;
  return (
    <span className={classes.chips}>
      {byNumber(citations).map(([n, group]) => (
        <CitationChip
          key={n}
          n={n}
          citations={group}
          active={group.some((citation) => citation.evidence === shown)}
          onOpen={() => group[0] && open({ kind: "citation", turnKey, citation: group[0] })}
        />
      ))}
    </span>
  );
}

function TablePart({ header, rows, turnKey }: { header: string[]; rows: CitedRow[]; turnKey: string }) {
  return (
    // A wide table scrolls by itself, so it has to be reachable with the keyboard.
    <div className={classes.tableScroll} role="group" aria-label="Table from the source" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {header.map((cell, index) => (
              <th key={`${index}`} scope="col">
                {cell}
              </th>
            ))}
            <th scope="col">
              <VisuallyHidden>Source</VisuallyHidden>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={`${index}`}>
              {row.cells.map((cell, column) => (
                <td key={`${column}`} data-short={cell.length <= SHORT_CELL || undefined}>
                  {cell}
                </td>
              ))}
              <td className={classes.rowChips}>
                <Chips turnKey={turnKey} citations={row.citations} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function PartView({ part, turnKey }: { part: Part; turnKey: string }) {
  if (part.kind === "withheld") {
    return (
      <p className={classes.withheld}>
        <EyeOff aria-hidden size={15} /> A sentence is withheld: {part.reason}. You may no longer read its source.
      </p>
    );
  }
  if (part.kind === "table") return <TablePart header={part.header} rows={part.rows} turnKey={turnKey} />;
  const [head, lastWord] = splitLastWord(part.text);
  return (
    <p className={classes.sentence}>
      {head}
      <span className={lastWord.length <= SHORT_WORD ? classes.together : undefined}>
        {lastWord}
        <Chips turnKey={turnKey} citations={part.citations} />
      </span>
    </p>
  );
}

/** The sentences of an answer, each followed by the numbers of its sources. */
export function AnswerBody({ turnKey, sentences }: AnswerBodyProps) {
  return (
    <div className={classes.body}>
      {partsOf(sentences).map((part, index) => (
        <PartView key={`${index}`} part={part} turnKey={turnKey} />
      ))}
    </div>
  );
}
