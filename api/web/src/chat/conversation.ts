import type { AskEvent } from "../api/ask";
import type { Answer, Citation, Conversation, Problem, Sentence, Stage } from "../api/types";
import { words } from "../words/ask";

export type Phase = "asking" | "done" | "stopped" | "failed";

/** One question and what has come back so far. */
export interface Turn {
  key: string;
  question: string;
  phase: Phase;
  stages: Stage[];
  sentences: Sentence[];
  answer: Answer | null;
  problem: Problem | null;
}

export interface ConversationState {
  id: string | null;
  turns: Turn[];
}

export const EMPTY: ConversationState = { id: null, turns: [] };

export type ConversationAction =
  | { type: "clear" }
  | { type: "load"; conversation: Pick<Conversation, "id" | "turns"> }
  | { type: "ask"; key: string; question: string; replaces?: string }
  | { type: "events"; key: string; events: readonly AskEvent[] }
  | { type: "stop"; key: string };

function turnOf(answer: Answer): Turn {
  return {
    key: answer.answer_id,
    question: answer.question,
    phase: "done",
    stages: [],
    sentences: answer.sentences,
    answer,
    problem: null,
  };
}

function withEvent(turn: Turn, event: AskEvent): Turn {
  if (turn.phase !== "asking") return turn;
  switch (event.type) {
    case "stage":
      return { ...turn, stages: [...turn.stages.filter((stage) => stage.stage !== event.stage.stage), event.stage] };
    case "sentence": {
      // A shown sentence never changes: one that arrives twice is not shown twice.
      if (turn.sentences[event.index]) return turn;
      const sentences = [...turn.sentences];
      sentences[event.index] = { text: event.text, citations: event.citations, withheld: event.withheld };
      return { ...turn, sentences };
    }
    case "final":
      return { ...turn, phase: "done", answer: event.answer, sentences: event.answer.sentences };
    case "error":
      return { ...turn, phase: "failed", problem: event.problem };
  }
}

export function reduce(state: ConversationState, action: ConversationAction): ConversationState {
  switch (action.type) {
    case "clear":
      return EMPTY;
    case "load":
      return { id: action.conversation.id, turns: action.conversation.turns.map(turnOf) };
    case "ask": {
      const turn: Turn = {
        key: action.key,
        question: action.question,
        phase: "asking",
        stages: [],
        sentences: [],
        answer: null,
        problem: null,
      };
      return { ...state, turns: [...state.turns.filter((other) => other.key !== action.replaces), turn] };
    }
    case "events": {
      if (!state.turns.some((turn) => turn.key === action.key)) return state;
      const final = action.events.find((event) => event.type === "final");
      return {
        id: final ? final.answer.conversation_id : state.id,
        turns: state.turns.map((turn) => (turn.key === action.key ? action.events.reduce(withEvent, turn) : turn)),
      };
    }
    case "stop":
      return {
        ...state,
        turns: state.turns.map((turn) =>
          turn.key === action.key && turn.phase === "asking" ? { ...turn, phase: "stopped" } : turn,
        ),
      };
  }
}

/** The pieces of evidence shown under the number `n`, each once, in the order of the answer. */
export function evidenceOf(sentences: Sentence[], n: number): Citation[] {
  const seen = new Map<number, Citation>();
  for (const sentence of sentences) {
    for (const citation of sentence.citations) {
      if (citation.n === n && !seen.has(citation.evidence)) seen.set(citation.evidence, citation);
    }
  }
  return [...seen.values()];
}

/** The citations of one sentence by number, in order: several from one source share one button. */
export function byNumber(citations: Citation[]): [number, Citation[]][] {
  const groups = new Map<number, Citation[]>();
  for (const citation of citations) {
    const group = groups.get(citation.n);
    if (group) group.push(citation);
    else groups.set(citation.n, [citation]);
  }
  return [...groups];
}

/** What a screen reader is told once, when a turn has come to its end. */
export function announcement(turn: Turn): string {
  if (turn.phase === "stopped") return words.announce.stopped;
  if (turn.phase === "failed") return words.announce.failed(turn.problem?.title ?? "");
  if (turn.phase !== "done" || !turn.answer) return "";
  if (turn.answer.status === "abstained") return words.announce.nearest(turn.answer.nearest.length);
  if (turn.answer.status === "refused") return words.announce.refused;
  return words.announce.ready(turn.sentences.length, turn.answer.sources.length);
}
