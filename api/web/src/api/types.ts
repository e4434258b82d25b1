/** Short names for the shapes of the HTTP interface. All come from the server's own schema, but for the events of a
 * stream, which OpenAPI does not describe. Spans count Unicode code points. */

import type { components } from "./schema";

type Schemas = components["schemas"];

export type Problem = Pick<Schemas["Problem"], "title" | "status"> & Partial<Schemas["Problem"]>;
export type DemoPerson = Schemas["DemoPersonOut"];
export type Session = Schemas["SessionOut"];
export type Span = Schemas["SpanOut"];
export type DocumentRef = Schemas["DocumentOut"];
export type Passage = Schemas["PassageOut"];
/** `n` is the number shown, that of the source within the answer; `evidence` the citation's own, for its address. */
export type Citation = Schemas["CitationOut"];
/** `text` is null where the reader may no longer read what the sentence rests on. */
export type Sentence = Schemas["SentenceOut"];
export type AnswerSource = Schemas["CitedSourceOut"];
/** Whether a source is outside the bound that its owner declared for it, and since when. */
export type Staleness = Partial<Pick<AnswerSource, "stale" | "bound" | "stale_since">>;
export type Answer = Schemas["AnswerOut"];
/** How many values of one kind stand in a text, and how many stayed hidden from this reader. */
export type CountedValues = Schemas["CountedValuesOut"];
/** How an answer came about: which models were asked, and what of their drafts was not shown. */
export type Trail = Schemas["TrailOut"];
export type TrailAttempt = Schemas["TrailAttemptOut"];
export type DroppedSentence = Schemas["DroppedOut"];
export type Segment = Schemas["SegmentOut"];
export type DocumentElement = Schemas["ElementOut"];
export type ElementKind = DocumentElement["kind"];
export type PageView = Schemas["PdfOut"];
/** `current` is false once the document has changed or gone since the answer was given. */
export type Evidence = Schemas["EvidenceOut"];
export type DocumentView = Schemas["DocumentTextOut"];
export type ConversationSummary = Schemas["ConversationOut"];
export type Conversation = Schemas["ConversationTurnsOut"];
/** A turn of a conversation that somebody shares, as its reader may read it now. */
export type AnswerOfShare = Schemas["SharedTurnOut"];
export type SourceSummary = Schemas["SourceOut"];

export type StageName = "searching" | "reading" | "answering" | "recording";

export interface Stage {
  stage: StageName;
  detail: string;
  count: number | null;
}
