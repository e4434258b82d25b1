/** The shapes of the HTTP interface, as the server sends them. Spans count Unicode code points. */

export interface Problem {
  type?: string;
  title: string;
  status: number;
  detail?: string;
  hint?: string;
  code?: string;
  trace_id?: string;
}

export interface DemoPerson {
  email: string;
  name: string;
  title: string;
  roles: string[];
  about: string;
}

export interface Session {
  signed_in: boolean;
  person: { email: string; name: string; roles: string[] } | null;
  demo: { open: boolean; reason: string; people: DemoPerson[] };
  organisation: string;
  version: string;
  suggestions?: string[];
}

export interface Span {
  start: number;
  end: number;
}

export interface DocumentRef {
  id: string;
  title: string;
  uri: string;
  source: string;
  url: string | null;
  modified_at: string | null;
}

export interface Passage {
  rank: number;
  document: DocumentRef;
  version: string;
  page: number | null;
  headings: string[];
  spans: Span[];
  text: string;
  score: number;
  as_of: string;
}

export interface Citation {
  /** The number shown: that of the source within the answer. */
  n: number;
  /** The number of this piece of evidence, for its address. */
  evidence: number;
  document: DocumentRef;
  version: string;
  page: number | null;
  headings: string[];
  spans: Span[];
  quote: string;
  support: number;
  as_of: string;
}

export interface Sentence {
  /** Null where the reader may no longer read what the sentence rests on. */
  text: string | null;
  citations: Citation[];
  withheld?: string | null;
}

export interface AnswerSource {
  n: number;
  document: DocumentRef;
  version: string;
  page: number | null;
  as_of: string;
}

export interface Answer {
  answer_id: string;
  conversation_id: string;
  question: string;
  status: "answered" | "abstained" | "refused";
  sentences: Sentence[];
  sources: AnswerSource[];
  nearest?: Passage[] | null;
  as_of: string | null;
  model: string;
  threshold: number;
  support: number;
  created_at: string;
  reason: string | null;
  timings: Record<string, number>;
}

export type StageName = "searching" | "reading" | "answering" | "recording";

export interface Stage {
  stage: StageName;
  detail: string;
  count: number | null;
}

export interface Segment extends Span {
  text: string;
  hidden: boolean;
}

export type ElementKind =
  | "title"
  | "heading"
  | "text"
  | "list_item"
  | "table"
  | "code"
  | "caption"
  | "header"
  | "footer";

export interface DocumentElement extends Span {
  kind: ElementKind;
  page: number | null;
  rows?: (Span & { header: boolean })[] | null;
}

export interface PageView {
  page: number;
  width: number;
  height: number;
  boxes: { left: number; top: number; right: number; bottom: number }[];
  image: string;
}

export interface Evidence {
  document: DocumentRef;
  version: string;
  /** False once the document has changed or gone since the answer was given. */
  current: boolean;
  page: number | null;
  headings: string[];
  spans: Span[];
  quote: string;
  as_of: string;
  media_type: string;
  context: Span & { segments: Segment[] };
  elements: DocumentElement[];
  pdf: PageView | null;
}

export interface DocumentView {
  document: DocumentRef;
  version: string;
  media_type: string;
  as_of: string;
  pages: unknown;
  segments: Segment[];
  elements: DocumentElement[];
  parts_hidden: number;
  warnings: string[];
}

export interface ConversationSummary {
  id: string;
  title: string;
  created_at: string;
  updated_at: string;
}

export interface Conversation {
  id: string;
  title: string;
  turns: Answer[];
}

export interface SourceSummary {
  name: string;
  kind: string;
  documents: number;
  last_confirmed_at: string | null;
}
