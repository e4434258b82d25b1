/** Answers as text to take along, for a letter, a wiki, a file. Every sentence keeps the numbers of its sources. */

import type { Answer, AnswerSource, Conversation, Sentence } from "../api/types";
import { calendarTime, staleText } from "../shell/time";
import { words } from "../words/ask";
import { stateOfSource, withheldOf } from "./citation-state";
import { partsOf } from "./citation-text";

type Given = Pick<Answer, "question" | "status" | "sentences" | "sources" | "reason" | "as_of">;

function numbers(sentence: Pick<Sentence, "citations">): string {
  return [...new Set(sentence.citations.map((citation) => `[${citation.n}]`))].join("");
}

function placeOf({ document }: AnswerSource): string {
  return `${document.source}/${document.uri}`;
}

function toldOf(answer: Given, source: AnswerSource): string {
  const changed = stateOfSource(answer.sentences, source.n) === "changed" ? words.copied.edition : "";
  return [words.copied.asOf(calendarTime(source.as_of)), staleText(source), changed].filter(Boolean).join(", ");
}

function withoutSentences(answer: Given): string | null {
  if (answer.status === "refused") return words.copied.refused;
  return answer.status === "abstained" ? words.copied.noEvidence : null;
}

/** Plain text: each sentence with its numbers, then the sources. */
export function answerAsText(answer: Given): string {
  const sentences = answer.sentences.map((sentence) => {
    if (sentence.text === null) return words.copied.withheld(withheldOf(sentence));
    return `${sentence.text} ${numbers(sentence)}`.trim();
  });
  const sources = answer.sources.map((source) => {
    const page = source.page === null ? "" : words.copied.page(source.page);
    return `[${source.n}] ${source.document.title}${page} (${placeOf(source)}), ${toldOf(answer, source)}`;
  });
  const none = withoutSentences(answer);
  if (none !== null) return [answer.question, "", none].join("\n");
  return [answer.question, "", ...sentences, "", words.copied.sources, ...sources].join("\n");
}

/** Signs that Markdown would take for its own. */
function plain(text: string): string {
  return text.replace(/([\\`*_[\]<>|~])/g, "\\$1").replace(/^(\s*)([#>+-]|\d+[.)])(\s)/gm, "$1\\$2$3");
}

function marks(sentence: Pick<Sentence, "citations">): string {
  return [...new Set(sentence.citations.map((citation) => `\\[${citation.n}\\]`))].join("");
}

function bodyAsMarkdown(sentences: Sentence[]): string[] {
  return partsOf(sentences).map((part) => {
    if (part.kind === "withheld") return `*${plain(words.copied.withheld(part.why))}*`;
    if (part.kind === "sentence") {
      const text = plain(part.text).split("\n").join("  \n");
      return `${text} ${marks(part)}`.trim();
    }
    const row = (cells: string[]): string => `| ${cells.join(" | ")} |`;
    const head = [...part.header.map(plain), words.answer.sourceColumn];
    return [
      row(head),
      row(head.map(() => "---")),
      ...part.rows.map((one) => row([...one.cells.map(plain), marks(one)])),
    ].join("\n");
  });
}

function sourceAsMarkdown(answer: Given, source: AnswerSource): string {
  const { document } = source;
  const title = document.url ? `[${plain(document.title)}](<${document.url}>)` : plain(document.title);
  const page = source.page === null ? "" : words.copied.page(source.page);
  const quotes = new Set(
    answer.sentences.flatMap((sentence) =>
      sentence.citations.filter((citation) => citation.n === source.n).map((citation) => citation.quote),
    ),
  );
  const lines = [...quotes].map((quote) => `   > ${plain(quote).split("\n").join("\n   > ")}`);
  return [`${source.n}. ${title}${page} (${plain(placeOf(source))}), ${toldOf(answer, source)}`, ...lines].join("\n\n");
}

/** Markdown: the same, with the exact words behind each number. `level` is that of the question's heading. */
export function answerAsMarkdown(answer: Given, level = 2): string {
  const question = `${"#".repeat(level)} ${plain(answer.question).split("\n").join(" ")}`;
  const none = withoutSentences(answer);
  if (none !== null) return `${question}\n\n${none}\n`;
  const parts = [question, ...bodyAsMarkdown(answer.sentences)];
  if (answer.sources.length > 0) {
    const list = answer.sources.map((source) => sourceAsMarkdown(answer, source));
    parts.push(`${"#".repeat(level + 1)} ${words.copied.sources}`, ...list);
  }
  return `${parts.join("\n\n")}\n`;
}

export function conversationAsMarkdown(conversation: Pick<Conversation, "title" | "turns">, at: Date): string {
  const head = `# ${plain(conversation.title)}\n\n*${words.copied.exported(calendarTime(at.toISOString()))}*`;
  return [head, ...conversation.turns.map((turn) => answerAsMarkdown(turn).trimEnd())].join("\n\n").concat("\n");
}

/** A name for the file of a conversation that every system takes. */
export function fileNameOf(title: string): string {
  const name = title
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .replace(/[^A-Za-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 60)
    .toLowerCase();
  return `${name || words.copied.untitled}.md`;
}

/** Hands a text to the browser as a file. */
export function saveAs(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "text/markdown;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(address), 1000);
}
