import { describe, expect, it } from "vitest";
import { answerAsText } from "../src/chat/answer-text";
import { partsOf, tableLines } from "../src/chat/citation-text";
import { announcement, byNumber, EMPTY, evidenceOf, reduce, type ConversationState } from "../src/chat/conversation";
import { periodOf, relativeTime } from "../src/shell/time";
import type { Citation } from "../src/api/types";
import { answer, citation } from "./answers";

function asked(): ConversationState {
  return reduce(EMPTY, { type: "ask", key: "t1", question: "How much leave?" });
}

describe("a conversation", () => {
  it("never changes a sentence that was shown", () => {
    let state = asked();
    for (const text of ["first", "other"]) {
      state = reduce(state, { type: "events", key: "t1", events: [{ type: "sentence", index: 0, text, citations: [] }] });
    }
    expect(state.turns[0]?.sentences).toEqual([{ text: "first", citations: [] }]);
  });

  it("keeps what was shown when it is stopped, and takes nothing after that", () => {
    let state = asked();
    state = reduce(state, {
      type: "events",
      key: "t1",
      events: [{ type: "sentence", index: 0, text: "shown", citations: [] }],
    });
    state = reduce(state, { type: "stop", key: "t1" });
    state = reduce(state, { type: "events", key: "t1", events: [{ type: "final", answer: answer() }] });
    expect(state.turns[0]).toMatchObject({ phase: "stopped", sentences: [{ text: "shown" }] });
  });

  it("takes the name that the server gives it", () => {
    const state = reduce(asked(), { type: "events", key: "t1", events: [{ type: "final", answer: answer() }] });
    expect(state.id).toBe("c1");
  });

  it("ignores an answer to a question of a conversation that was left", () => {
    const state = reduce(EMPTY, { type: "events", key: "t1", events: [{ type: "final", answer: answer() }] });
    expect(state).toEqual(EMPTY);
  });

  it("announces the outcome, not the sentences on the way", () => {
    let state = asked();
    const [turn] = state.turns;
    expect(turn && announcement(turn)).toBe("");
    state = reduce(state, { type: "events", key: "t1", events: [{ type: "final", answer: answer() }] });
    const [done] = state.turns;
    expect(done && announcement(done)).toBe("Answer ready. 2 sentences, 2 sources.");
  });
});

describe("citations", () => {
  it("gather the evidence of one source over the whole answer", () => {
    expect(evidenceOf(answer().sentences, 1).map((one) => one.evidence)).toEqual([0, 2]);
  });

  it("of one source share one number in a sentence", () => {
    const groups = byNumber([citation(2, 4), citation(1, 5), citation(2, 6)]);
    expect(groups.map(([n, group]) => [n, group.length])).toEqual([
      [2, 2],
      [1, 1],
    ]);
  });

  it("are copied with the sentences and their sources", () => {
    const text = answerAsText(answer());
    expect(text).toContain("Everyone has thirty days. [1]");
    expect(text).toContain("Five days carry over. [2][1]");
    expect(text).toContain("[2] Document 2, page 3 (handbook/policies/leave.md), as of ");
  });

  it("sources out of date are copied as such", () => {
    const sources = answer().sources.map((source) => ({ ...source, stale: true, stale_since: source.as_of }));
    const text = answerAsText(answer({ sources }));
    expect(text).toMatch(/\(handbook\/policies\/leave.md\), as of .*, out of date since .*2026/);
  });

  it("withheld ones are copied as withheld", () => {
    const text = answerAsText(answer({ sentences: [{ text: null, citations: [], withheld: "access revoked" }] }));
    expect(text).toContain("(withheld: access revoked)");
  });
});

describe("the text of a sentence", () => {
  it("is a table where a row follows its header", () => {
    expect(tableLines("Region | Price\nNorth | 12")).toEqual([
      ["Region", "Price"],
      ["North", "12"],
    ]);
  });

  it("is a sentence where the lines have nothing in common", () => {
    expect(tableLines("a | b\nc")).toBeNull();
    expect(tableLines("One line | with a bar")).toBeNull();
    expect(tableLines("Two lines\nof words")).toBeNull();
  });
});

function citedRow(evidence: number, row: number, header = 0): Citation {
  const spans = [
    { start: header, end: header + 20 },
    { start: row, end: row + 10 },
  ];
  return { ...citation(1, evidence), spans };
}

describe("the parts of an answer", () => {
  it("gather the rows that follow a header in one table, each with its own numbers", () => {
    const parts = partsOf([
      { text: "Region | Price | Remark\nNorth | 12 | new", citations: [citedRow(0, 30)] },
      { text: "South | 14", citations: [citedRow(1, 60)] },
      { text: "Prices are in EUR.", citations: [citation(1, 2)] },
    ]);
    expect(parts.map((part) => part.kind)).toEqual(["table", "sentence"]);
    expect(parts[0]?.kind === "table" && parts[0].rows.map((row) => [row.cells, row.citations[0]?.evidence])).toEqual([
      [["North", "12", "new"], 0],
      [["South", "14", ""], 1],
    ]);
  });

  it("keep a row that is cited with another header apart", () => {
    const parts = partsOf([
      { text: "Region | Price\nNorth | 12", citations: [citedRow(0, 30)] },
      { text: "North | 12", citations: [citedRow(1, 90, 70)] },
    ]);
    expect(parts.map((part) => part.kind)).toEqual(["table", "sentence"]);
  });
});

describe("times", () => {
  const now = new Date("2026-11-22T12:00:00");

  it("go over to the next unit before they would say 60 minutes", () => {
    expect(relativeTime(new Date(now.getTime() - 3_590_000).toISOString(), now)).toBe("1 hour ago");
  });

  it("become a date after a week", () => {
    expect(relativeTime("2026-10-01T12:00:00", now)).toContain("2026");
  });

  it("sort conversations into periods", () => {
    const periods = ["2026-11-22T00:01:00", "2026-11-21T23:59:00", "2026-11-16T10:00:00", "2026-10-01T10:00:00"];
    expect(periods.map((iso) => periodOf(iso, now))).toEqual(["Today", "Yesterday", "Last 7 days", "Older"]);
  });
});
