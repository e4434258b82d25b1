/** What of the pages stands in the address, so that a link shows the same to whoever gets it. */

import { numberOf, oneOf, textOf } from "../parts/searching";

export const OUTCOMES = ["answered", "abstained", "refused", "failed", "unknown"] as const;
export const RECORD_OUTCOMES = ["started", "done", "answered", "abstained", "refused", "denied", "failed", "unknown"] as const;
export const KINDS = [
  "access.changed",
  "answer.read",
  "answer.reviewed",
  "ask.intent",
  "ask.outcome",
  "ask.sentence",
  "audit.exported",
  "audit.identified",
  "audit.read",
  "audit.rotated",
  "audit.searched",
  "audit.verified",
  "budget.changed",
  "conversation.changed",
  "conversation.shared",
  "credential.changed",
  "delivery.intent",
  "delivery.outcome",
  "destination.configured",
  "document.read",
  "document.suppressed",
  "evidence.kept",
  "evidence.read",
  "evidence.reviewed",
  "feedback.given",
  "group.changed",
  "hold.changed",
  "installation.started",
  "model.changed",
  "model.checked",
  "model.intent",
  "model.outcome",
  "operator.impersonation",
  "passage.flagged",
  "people.changed",
  "person.acted_for",
  "policy.changed",
  "redaction.done",
  "redaction.restored",
  "report.made",
  "retention.run",
  "review.changed",
  "role.changed",
  "sample.drawn",
  "sampling.changed",
  "search",
  "sensitivity.changed",
  "service.changed",
  "sign_in",
  "sign_out",
  "source.configured",
  "source.run",
  "subject.erased",
  "subject.exported",
  "webhook.configured",
  "webhook.delivered",
] as const;
export const ANSWER_TABS = ["trail", "evidence", "replay", "compare"] as const;
export type AnswerTab = (typeof ANSWER_TABS)[number];
export const REVIEW_STATES = ["waiting", "open", "assigned", "labelled", "signed_off", "withdrawn"] as const;
export const LABELS = [
  "correct",
  "partly_correct",
  "incorrect",
  "unsupported",
  "out_of_date",
  "leak",
  "should_have_abstained",
  "should_have_answered",
  "cannot_tell",
] as const;
export const SEVERITIES = ["low", "medium", "high", "critical"] as const;
export const RULES = [
  "random",
  "low_support",
  "tier",
  "feedback",
  "flagged",
  "redacted",
  "escalated",
  "source",
  "document",
] as const;
export const STRATA = ["none", "person", "tier", "status", "day"] as const;
export const PERIODS = ["day", "week", "month"] as const;
export const WEEKS = [4, 8, 13] as const;

/** What both answers and records are searched by. Days are of UTC, and `until` is the last one of them. */
export interface Narrowed {
  person?: string;
  document?: string;
  source?: string;
  model?: string;
  answer?: string;
  conversation?: string;
  trace?: string;
  since?: string;
  until?: string;
}
export interface AnswersSearch extends Narrowed {
  outcome?: (typeof OUTCOMES)[number];
}
export interface RecordsSearch extends Narrowed {
  kind?: (typeof KINDS)[number];
  action?: string;
  outcome?: (typeof RECORD_OUTCOMES)[number];
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const DAY_MS = 86_400_000;

function dayOf(value: unknown): string | undefined {
  const text = textOf(value);
  return text && DAY.test(text) && !Number.isNaN(Date.parse(text)) ? text : undefined;
}

function narrowedOf(given: Record<string, unknown>): Narrowed {
  return {
    person: textOf(given.person),
    document: textOf(given.document),
    source: textOf(given.source),
    model: textOf(given.model),
    answer: textOf(given.answer),
    conversation: textOf(given.conversation),
    trace: textOf(given.trace),
    since: dayOf(given.since),
    until: dayOf(given.until),
  };
}

export function answersSearch(given: Record<string, unknown>): AnswersSearch {
  return { ...narrowedOf(given), outcome: oneOf(given.outcome, OUTCOMES) };
}

export function recordsSearch(given: Record<string, unknown>): RecordsSearch {
  return {
    ...narrowedOf(given),
    kind: oneOf(given.kind, KINDS),
    action: textOf(given.action),
    outcome: oneOf(given.outcome, RECORD_OUTCOMES),
  };
}

export function answerSearch(given: Record<string, unknown>): { tab?: AnswerTab; n?: number } {
  return { tab: oneOf(given.tab, ANSWER_TABS), n: numberOf(given.n) };
}

export interface QueueSearch {
  state?: (typeof REVIEW_STATES)[number];
  assignee?: string;
  label?: (typeof LABELS)[number];
  severity?: (typeof SEVERITIES)[number];
  rule?: string;
  sample?: string;
  since?: string;
  until?: string;
}

export function queueSearch(given: Record<string, unknown>): QueueSearch {
  return {
    state: oneOf(given.state, REVIEW_STATES),
    assignee: textOf(given.assignee),
    label: oneOf(given.label, LABELS),
    severity: oneOf(given.severity, SEVERITIES),
    rule: textOf(given.rule),
    sample: textOf(given.sample),
    since: dayOf(given.since),
    until: dayOf(given.until),
  };
}

export function weeksSearch(given: Record<string, unknown>): { weeks?: (typeof WEEKS)[number] } {
  return { weeks: WEEKS.find((each) => each === numberOf(given.weeks)) };
}

/** Which number of a weekly report, by the patterns of what it counts. */
export interface CountedSearch {
  week?: string;
  counted?: Pattern[];
}
/** Of the words under which the log's records are counted; null is any word. */
export type Pattern = (string | null)[];

function isPattern(value: unknown): value is Pattern {
  return Array.isArray(value) && value.length > 0 && value.every((word) => word === null || typeof word === "string");
}

export function countedSearch(given: Record<string, unknown>): CountedSearch {
  const { counted } = given;
  return {
    week: textOf(given.week),
    counted: Array.isArray(counted) && counted.every(isPattern) ? counted : undefined,
  };
}

/** Which list of a weekly report, by the words that name it. */
export interface ListedSearch {
  week?: string;
  listed?: string[];
}

export function listedSearch({ week, listed }: Record<string, unknown>): ListedSearch {
  const named = Array.isArray(listed) && listed.every((word) => typeof word === "string") ? listed : undefined;
  return { week: textOf(week), listed: named };
}

/** The first moment of a day, and the first one after it. */
export function sinceOf(day: string | undefined): string | undefined {
  return day && `${day}T00:00:00Z`;
}
export function untilOf(day: string | undefined): string | undefined {
  return day && `${dayAfter(day, 1)}T00:00:00Z`;
}
export function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** The words of a search as the server takes them. */
export function asked<Search extends { since?: string; until?: string }>(search: Search): Search {
  return { ...search, since: sinceOf(search.since), until: untilOf(search.until) };
}

export function isNarrowed(search: object): boolean {
  return Object.values(search).some((value) => value !== undefined);
}
