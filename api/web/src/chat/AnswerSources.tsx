import { UnstyledButton } from "@mantine/core";
import { FileText } from "lucide-react";
import type { AnswerSource, Passage, Sentence } from "../api/types";
import { Moment } from "../shell/Moment";
import { OutOfDate } from "../shell/OutOfDate";
import { words } from "../words/ask";
import classes from "./AnswerSources.module.css";
import { useChat } from "./ChatContext";
import { stateOfSource } from "./citation-state";
import { CitationState } from "./CitationState";
import { evidenceOf } from "./conversation";

interface AnswerSourcesProps {
  turnKey: string;
  sentences: Sentence[];
  sources: AnswerSource[];
}

function SourceRow({ turnKey, sentences, source }: Omit<AnswerSourcesProps, "sources"> & { source: AnswerSource }) {
  const { open } = useChat();
  const citation = evidenceOf(sentences, source.n)[0];
  return (
    <li>
      <UnstyledButton
        className={classes.source}
        disabled={!citation}
        onClick={() => citation && open({ kind: "citation", turnKey, citation })}
      >
        <span className={classes.number}>{source.n}</span>
        <span className={classes.sourceText}>
          <span className={classes.sourceTitle}>{source.document.title}</span>
          <span className={classes.sourcePlace}>
            {words.answer.place(source.document.source, source.page)} · {words.answer.of} <Moment at={source.as_of} />
            {source.stale && " "}
            <OutOfDate of={source} />
          </span>
          <span className={classes.sourcePlace}>
            <CitationState state={stateOfSource(sentences, source.n)} />
          </span>
        </span>
      </UnstyledButton>
    </li>
  );
}

/** What an answer cites, with what holds of each source now. */
export function AnswerSources({ turnKey, sentences, sources }: AnswerSourcesProps) {
  if (sources.length === 0) return null;
  return (
    <div>
      <h3 className={classes.listTitle}>{words.answer.sourceList(sources.length)}</h3>
      <ul className={classes.sources}>
        {sources.map((source) => (
          <SourceRow key={source.n} turnKey={turnKey} sentences={sentences} source={source} />
        ))}
      </ul>
    </div>
  );
}

/** A heading in front of a text does not run into it. */
function excerptOf(text: string): string {
  return text.trim().replaceAll(/([^\s.!?:;,])[^\S\n]*\n\s*\n\s*/g, "$1 · ");
}

/** A passage that does not answer, but is the nearest there is. */
export function NearestRow({ turnKey, passage }: { turnKey: string; passage: Passage }) {
  const { open } = useChat();
  return (
    <li>
      <UnstyledButton className={classes.source} onClick={() => open({ kind: "passage", turnKey, passage })}>
        <FileText aria-hidden size={17} className={classes.nearIcon} />
        <span className={classes.sourceText}>
          <span className={classes.sourceTitle}>{passage.document.title}</span>
          <span className={classes.excerpt}>{excerptOf(passage.text)}</span>
          <span className={classes.sourcePlace}>
            {words.answer.place(passage.document.source, passage.page)} · {words.answer.of} <Moment at={passage.as_of} />
            {passage.stale && " "}
            <OutOfDate of={passage} />
          </span>
        </span>
      </UnstyledButton>
    </li>
  );
}
