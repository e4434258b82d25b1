import { describe, expect, it, vi } from "vitest";
import { answerAsMarkdown, conversationAsMarkdown, fileNameOf } from "../src/chat/answer-text";
import { stateOf, stateOfSource } from "../src/chat/citation-state";
import { perFrame } from "../src/chat/perFrame";
import { isSamePart, partsOf } from "../src/chat/citation-text";
import { answer, citation } from "./answers";

describe("the state of a citation", () => {
  it("is verified alone, in part with others, and changed before all", () => {
    const [one, other] = [citation(1, 1), citation(2, 2)];
    expect(stateOf([one], [one])).toBe("verified");
    expect(stateOf([one], [one, other])).toBe("partial");
    expect(stateOf([{ ...one, current: false }], [one, other])).toBe("changed");
  });

  it("of a source is that of its best sentence, unless it has changed", () => {
    const [one, other] = [citation(1, 1), citation(2, 2)];
    const together = { text: "Both.", citations: [one, other] };
    const alone = { text: "One.", citations: [one] };
    expect(stateOfSource([together], 1)).toBe("partial");
    expect(stateOfSource([together, alone], 1)).toBe("verified");
    expect(stateOfSource([alone, { text: "Old.", citations: [{ ...one, current: false }] }], 1)).toBe("changed");
  });
});

describe("an answer as Markdown", () => {
  it("keeps its numbers, and the exact words behind them", () => {
    const text = answerAsMarkdown(answer());
    expect(text).toMatch(/^## How much leave\?\n\nEveryone has thirty days\. \\\[1\\\]\n/);
    expect(text).toContain("Five days carry over. \\[2\\]\\[1\\]");
    expect(text).toContain("### Sources\n\n1. Leave policy (handbook/policies/leave.md), as of ");
    expect(text).toContain("   > Five days carry over.");
  });

  it("takes nothing of a text for its own signs", () => {
    const sentences = [{ text: "# Not *a* [title](x) <b>", citations: [citation(1, 1)] }];
    expect(answerAsMarkdown(answer({ sentences }))).toContain("\\# Not \\*a\\* \\[title\\](x) \\<b\\> \\[1\\]");
  });

  it("has tables for tables, and says what is withheld or was not found", () => {
    const spans = [
      { start: 0, end: 9 },
      { start: 10, end: 19 },
    ];
    const sentences = [
      { text: "Region | Price\nNorth | 12", citations: [{ ...citation(1, 1), spans }] },
      { text: null, citations: [], withheld: "access revoked" as const },
      { text: null, citations: [], withheld: "document gone" as const },
    ];
    const text = answerAsMarkdown(answer({ sentences }));
    expect(text).toContain("| Region | Price | Source |\n| --- | --- | --- |\n| North | 12 | \\[1\\] |");
    expect(text).toContain("*(withheld: access revoked)*\n\n*(withheld: document gone)*");
    const nothing = answer({ status: "abstained", sentences: [], sources: [] });
    expect(answerAsMarkdown(nothing)).toBe("## How much leave?\n\nNo evidence was found.\n");
  });

  it("says that a source has changed since", () => {
    const sentences = [{ text: "Old.", citations: [{ ...citation(1, 1), current: false }] }];
    expect(answerAsMarkdown(answer({ sentences }))).toMatch(/leave\.md\), as of .*, changed since this answer/);
  });

  it("is one of the parts of its conversation, whose file has a name that every system takes", () => {
    const text = conversationAsMarkdown({ title: "Leave", turns: [answer(), answer({ question: "And?" })] }, new Date());
    expect(text).toMatch(/^# Leave\n\n\*Exported from Vouch on /);
    expect(text.match(/^## /gm)).toHaveLength(2);
    expect(fileNameOf("Übersicht: Löhne / 2026?")).toBe("ubersicht-lohne-2026.md");
    expect(fileNameOf("???")).toBe("conversation.md");
  });
});

describe("events of one frame", () => {
  it("are passed on together, and those that end at once", () => {
    const frames: FrameRequestCallback[] = [];
    vi.stubGlobal("requestAnimationFrame", (frame: FrameRequestCallback) => frames.push(frame));
    vi.stubGlobal("cancelAnimationFrame", () => frames.pop());
    const passed: string[][] = [];
    const events = perFrame<string>((items) => passed.push(items));
    events.put("a", false);
    events.put("b", false);
    expect([passed, frames.length]).toEqual([[], 1]);
    frames.pop()?.(0);
    events.put("c", false);
    events.put("end", true);
    expect(passed).toEqual([
      ["a", "b"],
      ["c", "end"],
    ]);
    expect(frames).toHaveLength(0);
    events.put("d", false);
    events.drop();
    expect(passed).toHaveLength(2);
    vi.unstubAllGlobals();
  });

  it("leave what was shown as it is, as long as it is the same", () => {
    const sentences = answer().sentences;
    const [before] = partsOf(sentences);
    const [after, other] = partsOf([...sentences]);
    if (!before || !after || !other) throw new Error("The answer has two sentences.");
    expect(isSamePart(before, after)).toBe(true);
    expect(isSamePart(before, other)).toBe(false);
  });
});
