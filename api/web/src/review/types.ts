import type { components } from "../api/schema";

type Schemas = components["schemas"];

export type FoundAnswer = Schemas["FoundAnswerOut"];
export type FoundRecord = Schemas["FoundOut"];
export type CountedRecord = Schemas["CountedRecordOut"];
export type Trail = Schemas["ReviewedTrailOut"];
export type TrailRecord = Schemas["ReviewedRecordOut"];
export type Sentence = Schemas["ReviewedSentenceOut"];
export type Citation = Schemas["ReviewedCitationOut"];
export type Attempt = Schemas["ReviewedAttemptOut"];
export type Call = Schemas["ReviewedCallOut"];
export type Redaction = Schemas["ReviewedRedactionOut"];
export type Snapshot = Schemas["SnapshotOut"];
export type Replay = Schemas["ReplayOut"];
export type Seen = Schemas["SeenOut"];
export type DocumentThen = Schemas["DocumentThenOut"];
export type PassageThen = Schemas["PassageThenOut"];
export type Comparison = Schemas["ComparisonOut"];
export type Compared = Schemas["ComparedOut"];
export type Standing = Schemas["StandingOut"];
export type Change = Schemas["ChangeOut"];
export type Checkpoint = Schemas["CheckpointOut"];
export type Witness = Schemas["WitnessOut"];
export type Inclusion = Schemas["InclusionOut"];
export type Review = Schemas["ReviewOut"];
export type WholeReview = Schemas["WholeReviewOut"];
export type Entry = Schemas["EntryOut"];
export type Label = NonNullable<Review["label"]>;
export type Severity = NonNullable<Review["severity"]>;
export type ReviewState = Review["state"];
export type Sample = Schemas["SampleOut"];
export type Rule = Schemas["RuleOut"];
export type Flagged = Schemas["FlaggedOut"];
export type Hold = Schemas["HoldOut"];
export type Weekly = Schemas["WeeklyOut"];
export type Figure = Schemas["FigureOut"];
export type ReportTable = Schemas["TableOut"];
export type Listed = Schemas["ListedOut"];
export type DataMap = Schemas["DataMapOut"];

/** What a verification of the log found. */
export interface Verification {
  ok: boolean;
  records: number;
  head: string;
  root: string;
  first_broken: { seq: number; reason: string } | null;
  trouble: string | null;
  at: string | null;
  keys: string[];
}
