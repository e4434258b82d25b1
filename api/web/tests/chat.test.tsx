import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { act, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { createRef, type ReactNode } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createQueryClient } from "../src/api/queries";
import type { Trail } from "../src/api/types";
import { ChatContext, type ChatActions } from "../src/chat/ChatContext";
import { Composer, type ComposerHandle } from "../src/chat/Composer";
import type { Turn } from "../src/chat/conversation";
import { TurnView } from "../src/chat/TurnView";
import { handleShortcut, type Shortcuts } from "../src/shell/shortcuts";
import { styleTextOnly } from "../src/trusted-types";
import { answer, citation, leave } from "./answers";

function turn(change: Partial<Turn> = {}): Turn {
  const complete = answer();
  return {
    key: "t1",
    question: complete.question,
    phase: "done",
    stages: [],
    sentences: complete.sentences,
    answer: complete,
    problem: null,
    ...change,
  };
}

function show(children: ReactNode, change: Partial<ChatActions> = {}): ChatActions {
  const actions: ChatActions = { open: vi.fn(), ask: vi.fn(), edit: vi.fn(), ...change };
  render(
    <MantineProvider>
      <QueryClientProvider client={createQueryClient()}>
        <ChatContext value={actions}>{children}</ChatContext>
        <div id="quotes" />
      </QueryClientProvider>
    </MantineProvider>,
  );
  return actions;
}

describe("an answer", () => {
  it("has the numbers of its sources behind each sentence", () => {
    show(<TurnView turn={turn()} />);
    const names = screen.getAllByRole("button", { name: /^\[\d\]/ }).map((button) => button.textContent);
    expect(names).toEqual(["[1]", "[2]", "[1]"]);
  });

  it("opens the evidence behind the number that is pressed", async () => {
    const actions = show(<TurnView turn={turn()} />);
    const [, , third] = screen.getAllByRole("button", { name: /^\[\d\]/ });
    if (third) await userEvent.click(third);
    expect(actions.open).toHaveBeenCalledWith(
      expect.objectContaining({ kind: "citation", citation: expect.objectContaining({ n: 1, evidence: 2 }) }),
    );
  });

  it("says of a sentence that is withheld whether its document has gone", () => {
    const withheld = (["access revoked", "document gone"] as const).map((why) => ({ text: null, citations: [], withheld: why }));
    show(<TurnView turn={turn({ sentences: withheld, answer: answer({ sentences: withheld }) })} />);
    expect(screen.getByText(/withheld: access revoked/)).toBeDefined();
    expect(screen.getByText(/withheld: its document has gone/)).toBeDefined();
  });

  it("shows both sides where its sources disagree, with their dates", async () => {
    const older = citation(1, 0, "Everyone has thirty days.");
    const later = { ...citation(2, 1, "Everyone has 28 days."), document: { ...leave, modified_at: "2026-10-01T00:00:00Z" } };
    const actions = show(
      <TurnView turn={turn({ answer: answer({ conflicts: [{ sides: [older, later], later: 1 }] }) })} />,
    );
    const box = screen.getByRole("region", { name: "Sources disagree" });
    expect(box.textContent).toMatch(/thirty days.*as of.*28 days.*changed.*This is the later edition/);
    await userEvent.click(within(box).getByRole("button", { name: /^2\. Leave policy/ }));
    expect(actions.open).toHaveBeenCalledWith(expect.objectContaining({ kind: "citation", citation: later }));
  });

  it("shows a side that is a row of a table by its names and values, and which side is later beside its words", () => {
    const row = citation(1, 0, "Region | Days\nNorth | 30");
    const conflicts = [{ sides: [row, citation(2, 1, "Everyone has 28 days.")], later: 0 }];
    show(<TurnView turn={turn({ answer: answer({ conflicts }) })} />);
    const box = screen.getByRole("region", { name: "Sources disagree" });
    expect(within(box).getByRole("cell", { name: "30" }).dataset.name).toBe("Days");
    expect(within(box).queryByText(/\|/)).toBeNull();
    const side = within(box).getByText("This is the later edition.").parentElement;
    expect(side && within(side).getByRole("table")).toBeDefined();
  });

  it("shows a few rows of many columns as blocks, each value with its name and the numbers beside the first", () => {
    const names = ["Article", "Casing", "Power", "Seal", "Price"];
    const values = ["AV-240", "Hastelloy", "22 kW", "", "14900"];
    const sentences = [{ text: [names, values].map((cells) => cells.join(" | ")).join("\n"), citations: [citation(1, 0)] }];
    show(<TurnView turn={turn({ sentences, answer: answer({ sentences }) })} />);
    const table = screen.getByRole("table");
    expect(table.dataset.blocks).toBe("true");
    expect(within(table).getAllByRole("cell").map((cell) => [cell.dataset.name, cell.textContent])).toEqual(
      names.slice(1).map((name, at) => [name, values[at + 1]]),
    );
    const heading = within(table).getByRole("rowheader");
    expect(within(heading).getByRole("button", { name: /^\[1\]/ })).toBeDefined();
  });

  it("names what it rests on: the oldest date, how many sources, which model", () => {
    show(<TurnView turn={turn()} />);
    expect(screen.getByText("Verbatim, no language model")).toBeDefined();
    expect(document.querySelector("dl time")?.getAttribute("datetime")).toBe("2026-11-20T09:00:00Z");
  });

  it("marks just those of its sources that are out of date, with since when", () => {
    const [first, second] = answer().sources;
    if (!first || !second) throw new Error("The answer has two sources.");
    const late = { ...second, stale: true, bound: "permissions" as const, stale_since: "2026-11-21T09:00:00Z" };
    show(<TurnView turn={turn({ answer: answer({ sources: [first, late] }) })} />);
    const marks = screen.getAllByText(/out of date/);
    expect(marks).toHaveLength(1);
    expect(marks[0]?.textContent).toMatch(/^permissions out of date since .*2026/);
    expect(marks[0]?.closest("li")?.textContent).toContain("Document 2");
  });

  it("says which source was not used because it is out of date", () => {
    const reason = "erp was not used: it is out of date since 2026-11-20 09:00 UTC.";
    show(<TurnView turn={turn({ answer: answer({ reason }) })} />);
    expect(screen.getByText(reason)).toBeDefined();
  });

  it("without evidence shows the nearest sources instead", async () => {
    const nearest = [
      {
        rank: 1,
        document: leave,
        version: "v1",
        page: 2,
        headings: [],
        spans: [{ start: 0, end: 4 }],
        text: "Taking leave\n\nNear.\n\nAlso.",
        neighbours: [], score: 0.2,
        as_of: "2026-11-20T09:00:00Z",
        stale: false,
      },
    ];
    const abstained = answer({ status: "abstained", sentences: [], sources: [], as_of: null, nearest });
    const actions = show(<TurnView turn={turn({ sentences: [], answer: abstained })} />);
    expect(screen.getByText("No evidence found")).toBeDefined();
    expect(screen.getByText("Taking leave · Near. Also.")).toBeDefined();
    await userEvent.click(screen.getByRole("button", { name: /Leave policy/ }));
    expect(actions.open).toHaveBeenCalledWith(expect.objectContaining({ kind: "passage" }));
  });

  it("that failed says why and what to do, and asks again in its place", async () => {
    const problem = { title: "The index is down", status: 503, hint: "Wait a minute." };
    const actions = show(<TurnView turn={turn({ phase: "failed", sentences: [], answer: null, problem })} />);
    expect(screen.getByText("Wait a minute.")).toBeDefined();
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(actions.ask).toHaveBeenCalledWith("How much leave?", "t1");
  });
});

describe("the question field", () => {
  function composer(asking = false) {
    const props = { onAsk: vi.fn(), onStop: vi.fn(), asking, handle: createRef<ComposerHandle>() };
    show(<Composer {...props} />);
    return { ...props, field: screen.getByLabelText<HTMLTextAreaElement>("Your question") };
  }

  it("asks with Enter", async () => {
    const { field, onAsk } = composer();
    await userEvent.type(field, "How much leave?{Enter}");
    expect(onAsk).toHaveBeenCalledWith("How much leave?");
  });

  it("starts a new line with Shift and Enter", async () => {
    const { field, onAsk } = composer();
    await userEvent.type(field, "How{Shift>}{Enter}{/Shift}much?");
    expect(onAsk).not.toHaveBeenCalled();
    expect(field.value).toBe("How\nmuch?");
  });

  it("asks nothing while it is empty or an answer is on its way", async () => {
    const { field, onAsk } = composer();
    await userEvent.type(field, "  {Enter}");
    expect(onAsk).not.toHaveBeenCalled();
  });

  it("offers to stop while an answer is on its way", async () => {
    const { field, onAsk, onStop } = composer(true);
    await userEvent.type(field, "And now?{Enter}");
    expect(onAsk).not.toHaveBeenCalled();
    await userEvent.click(screen.getByRole("button", { name: "Stop" }));
    expect(onStop).toHaveBeenCalledOnce();
  });

  it("takes what somebody wants to ask again", () => {
    const { field, handle } = composer();
    act(() => handle.current?.write("How much leave?"));
    expect(field.value).toBe("How much leave?");
  });
});

describe("keys", () => {
  function press(key: string, target: EventTarget, init: KeyboardEventInit = {}, singleKeys = true) {
    const shortcuts = {
      onEscape: vi.fn(),
      onFocusQuestion: vi.fn(),
      onHelp: vi.fn(),
      onSource: vi.fn(),
      singleKeys,
    } satisfies Shortcuts;
    const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...init });
    target.addEventListener("keydown", (heard) => handleShortcut(heard as KeyboardEvent, shortcuts), { once: true });
    target.dispatchEvent(event);
    return shortcuts;
  }

  it("open sources by their number, but not while typing", () => {
    const button = document.createElement("button");
    const field = document.createElement("textarea");
    expect(press("3", button).onSource).toHaveBeenCalledWith(3);
    expect(press("3", field).onSource).not.toHaveBeenCalled();
  });

  it("stop with Esc also while typing", () => {
    expect(press("Escape", document.createElement("textarea")).onEscape).toHaveBeenCalledOnce();
  });

  it("leave Esc to a dialog that is open", () => {
    const dialog = document.createElement("section");
    dialog.setAttribute("role", "dialog");
    const button = dialog.appendChild(document.createElement("button"));
    expect(press("Escape", button).onEscape).not.toHaveBeenCalled();
  });

  it("go to the question with Ctrl and K", () => {
    const shortcuts = press("k", document.createElement("textarea"), { ctrlKey: true });
    expect(shortcuts.onFocusQuestion).toHaveBeenCalledOnce();
  });

  it("without Ctrl can be switched off", () => {
    const button = document.createElement("button");
    expect(press("3", button, {}, false).onSource).not.toHaveBeenCalled();
    expect(press("?", button, {}, false).onHelp).not.toHaveBeenCalled();
  });
});

describe("the policy for inner HTML", () => {
  it("lets style text through and nothing that could hold an element", () => {
    expect(styleTextOnly(".a > .b { color: red }")).toContain("red");
    expect(() => styleTextOnly("<img src=x>")).toThrow(TypeError);
  });
});

describe("an answer that a model wrote", () => {
  const trail: Trail = {
    answer_id: "a1",
    conversation_id: "c1",
    question: "How much leave?",
    searched: "How much leave?",
    model: "scribe",
    tier: "small",
    alone_by: null,
    attempts: [
      {
        model: "scribe",
        version: "scribe-2026-01-01",
        tier: "small",
        region: "eu",
        reason: "cheapest",
        ended: "answered",
        why: "",
        held: 2,
        repaired: 0,
        replaced: 1,
        kept_back: 0,
        instructing: 1,
        dropped: [
          { text: "Forty days.", withheld: null, against: ["number"], support: 0.4, replaced: true },
          { text: null, withheld: "instruction", against: ["instruction"], support: 0, replaced: false },
          { text: null, withheld: "access revoked", against: ["support"], support: 0.1, replaced: false },
        ],
        call: {
          returned: "scribe-2026-01-01",
          region: "eu",
          strayed: false,
          finish: "stop",
          requests: [],
          tokens: { input: 120, output: 9, cache_read: 0, cache_write: 0, reasoning: 0 },
          micros: 48,
          currency: "USD",
          first_seconds: 0.2,
          seconds: 1.25,
        },
      },
    ],
    timings: {},
    values: [],
  };
  const written = answer({ model: "scribe", tier: "small", dropped: 2, replaced: 1 });

  afterEach(() => vi.unstubAllGlobals());

  it("says who wrote it and how many of the sentences are not shown", () => {
    show(<TurnView turn={turn({ answer: written })} />);
    expect(
      screen.getByText(
        "Written by scribe (small model), checked sentence by sentence; 2 sentences were dropped, 1 sentence was replaced with the words of the source.",
      ),
    ).toBeDefined();
  });

  it("shows what was dropped, and why, only to who asks for it", async () => {
    const fetched = vi.fn(() => Promise.resolve(Response.json(trail)));
    vi.stubGlobal("fetch", fetched);
    show(<TurnView turn={turn({ answer: written })} />);
    expect(fetched).not.toHaveBeenCalled();
    const line = screen.getByRole("button", { name: /^Written by/ });
    expect(line.getAttribute("aria-expanded")).toBe("false");
    await userEvent.click(line);
    expect(await screen.findByText("Forty days.")).toBeDefined();
    expect(screen.getByText("Replaced: a number is not that of the source")).toBeDefined();
    expect(screen.getByText("Its words are left to the reviewers.")).toBeDefined();
    expect(screen.getByText(/no longer read everything that the model was given/)).toBeDefined();
    expect(screen.getByText(/120 tokens in, 9 out · 0.000048 USD · 1.3 s/)).toBeDefined();
    await userEvent.click(line);
    expect(screen.queryByText("Forty days.")).toBeNull();
  });

  it("says nothing of models where none wrote anything", () => {
    show(<TurnView turn={turn()} />);
    expect(screen.queryByRole("button", { name: /model/ })).toBeNull();
  });

  it("says that the reader reads the sources where nothing of a model held", () => {
    show(<TurnView turn={turn({ answer: answer({ dropped: 1 }) })} />);
    expect(screen.getByText(/A model wrote 1 sentence that the sources do not carry/)).toBeDefined();
    expect(screen.getByText("Verbatim, no language model")).toBeDefined();
  });

  it("counts the values that were restored and those that stay hidden", () => {
    const values = [
      { kind: "PERSON", restored: 2, kept: 1 },
      { kind: "DATE", restored: 1, kept: 0 },
    ];
    show(<TurnView turn={turn({ answer: answer({ values }) })} />);
    expect(screen.getByText("3 values restored, 1 hidden")).toBeDefined();
  });

  it("says how the question was understood, where that is not how it was put", () => {
    show(<TurnView turn={turn({ answer: answer({ searched: "How much leave is there in Oslo?" }) })} />);
    expect(screen.getByText("Understood as: How much leave is there in Oslo?")).toBeDefined();
  });
});
