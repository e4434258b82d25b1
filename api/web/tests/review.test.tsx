import { MantineProvider } from "@mantine/core";
import { render, screen } from "@testing-library/react";
import axe from "axe-core";
import type { ReactNode } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Difference } from "../src/review/answer/ComparedView";
import { accessOf, commitmentsOf } from "../src/review/answer/data";
import { Redacted } from "../src/review/answer/Redacted";
import { marking } from "../src/review/answer/marking";
import { Step, Steps } from "../src/review/answer/Step";
import { notesIn, verify } from "../src/review/log/verifying";
import { fitting } from "../src/review/queue/data";
import { frameIn, FRAME } from "../src/review/queue/FrameFields";
import { Chart } from "../src/review/reports/Chart";
import { costs, departments, ended, inTime, priced, took, verified } from "../src/review/reports/figures";
import { cellLead, countedIn, leadOf } from "../src/review/reports/leads";
import { daysOf, rangeOf, weekOf, weeksUntil, weekBefore } from "../src/review/reports/weeks";
import { answersSearch, asked, countedSearch, isNarrowed, LABELS, queueSearch, recordsSearch } from "../src/review/search";
import { askedCalls, callsSearch } from "../src/calls/search";
import { useKeptFocus } from "../src/review/shared/useKeptFocus";
import { Waiting } from "../src/review/shared/Waiting";
import type { Figure, TrailRecord, Weekly } from "../src/review/types";
import { words } from "../src/words/review";
import { Search } from "lucide-react";

function show(children: ReactNode) {
  return render(<MantineProvider>{children}</MantineProvider>);
}

async function faultsIn(container: Element): Promise<string[]> {
  const { violations } = await axe.run(container, { rules: { "color-contrast": { enabled: false } } });
  return violations.map(({ id }) => id);
}

function record(kind: string, details: Record<string, unknown>): TrailRecord {
  return {
    seq: 1,
    at: "2026-11-23T08:00:00Z",
    kind,
    subject: "",
    action: "ask",
    outcome: "done",
    trace_id: "",
    salt: "",
    details,
    hash: "",
  };
}

function reply(lines: readonly object[], cut = false): Response {
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  const pieces = [text.slice(0, 7), text.slice(7, cut ? -4 : undefined)];
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      controller.close();
    },
  });
  return new Response(body, { status: 200 });
}

afterEach(() => vi.restoreAllMocks());

describe("what stands in the address", () => {
  it("is taken where it is known, and left out where it is not", () => {
    const given = { outcome: "answered", since: "2026-11-23", until: "tomorrow", person: 7, nothing: "x" };
    expect(answersSearch(given)).toMatchObject({ outcome: "answered", since: "2026-11-23", until: undefined, person: "7" });
    expect(recordsSearch({ kind: "no.such", action: "ask" })).toMatchObject({ kind: undefined, action: "ask" });
    expect(queueSearch({ state: "waiting", label: "leak", severity: "none" })).toMatchObject({
      state: "waiting",
      label: "leak",
      severity: undefined,
    });
  });

  it("names whole days of UTC, the last one included", () => {
    expect(asked({ since: "2026-11-23", until: "2026-11-30" })).toEqual({
      since: "2026-11-23T00:00:00Z",
      until: "2026-12-01T00:00:00Z",
    });
    expect(isNarrowed(answersSearch({}))).toBe(false);
    expect(isNarrowed(answersSearch({ document: "d" }))).toBe(true);
  });
});

describe("a trail", () => {
  it("tells what was allowed and retrieved out of the log, and of what is not there nothing", () => {
    const access = accessOf([record("ask.intent", { access: "k", grants: 3, denied: 0, passages: [{ chunk: "c", score: 0.5 }, 4] })]);
    expect(access).toMatchObject({ key: "k", grants: 3, denied: 0, candidates: null });
    expect(access?.passages).toEqual([{ chunk: "c", document: "", version: "", content: "", score: 0.5 }]);
    expect(accessOf([record("ask.outcome", {})])).toBeNull();
    expect(commitmentsOf([record("model.intent", { prompt: "p" })])).toEqual([{ prompt: "p", reply: null }]);
  });

  it("has its steps in a list with headings and times", async () => {
    const { container } = show(
      <main>
        <h1>Trail</h1>
        <Steps name="Trail">
          <Step title="Retrieval" icon={Search} seconds={0.303}>
            <p>104</p>
          </Step>
        </Steps>
      </main>,
    );
    expect(screen.getByRole("list", { name: "Trail" }).textContent).toContain("303 ms");
    expect(await faultsIn(container)).toEqual([]);
  });
});

describe("a stored sentence", () => {
  const sentence = { index: 0, text: "[PERSON_08YGB82R.2] joined in 2017.", erased: false, citations: [] };

  it("comes with the reason for its tokens, where it has some", () => {
    const { container, rerender } = render(<Redacted sentences={[{ ...sentence, redaction: "map" }]} />);
    expect(container.textContent).toBe(words.trail.redacted);
    rerender(<Redacted sentences={[{ ...sentence, redaction: null }, { ...sentence, text: null, redaction: "map" }]} />);
    expect(container.textContent).toBe("");
  });
});

describe("evidence", () => {
  it("marks by code points, in order, and joins what overlaps", () => {
    expect(marking("😀abcdef", [[4, 6], [1, 3], [2, 4]])).toEqual([
      { text: "😀", marked: false },
      { text: "ab", marked: true },
      { text: "c", marked: true },
      { text: "de", marked: true },
      { text: "f", marked: false },
    ]);
    expect(marking("ab", [[5, 9]])).toEqual([{ text: "ab", marked: false }]);
  });

  it("shows what went and what came as such", async () => {
    const { container } = show(
      <Difference
        changes={[
          { kind: "same", before: "in ", after: "in " },
          { kind: "changed", before: "2017", after: "2018" },
        ]}
      />,
    );
    expect(container.querySelector("del")?.textContent).toBe("2017");
    expect(container.querySelector("ins")?.textContent).toBe("2018");
    expect(await faultsIn(container)).toEqual([]);
  });
});

describe("the log", () => {
  it("takes several notes out of what was pasted", () => {
    const note = (size: number) => `vouch-audit/x\n${size}\nroot=\ntime t\n\n— vouch-audit/x sig${size}=\n`;
    expect(notesIn(`${note(1)}\n${note(2).replaceAll("\n", "\r\n")}`)).toEqual([note(1), note(2)]);
    expect(notesIn("  ")).toEqual([]);
    expect(notesIn("no note")).toEqual(["no note\n"]);
  });

  it("is followed line by line, wherever its lines are cut", async () => {
    const found = { event: "report", ok: true, records: 2, first_broken: null };
    vi.spyOn(window, "fetch").mockResolvedValue(reply([{ event: "progress", done: 1, total: 2 }, found]));
    const told: number[] = [];
    const verification = await verify([], ({ done }) => told.push(done), new AbortController().signal);
    expect(verification).toMatchObject({ ok: true, records: 2 });
    expect(told).toEqual([1]);
  });

  it("says where it was cut off, and what the server says", async () => {
    const signal = new AbortController().signal;
    vi.spyOn(window, "fetch").mockResolvedValue(reply([{ event: "report", ok: true }], true));
    await expect(verify([], () => {}, signal)).rejects.toThrow(words.log.cutOff);
    vi.spyOn(window, "fetch").mockResolvedValue(reply([{ event: "problem", title: "No", detail: "A note is bad.", status: 422 }]));
    await expect(verify([], () => {}, signal)).rejects.toThrow("A note is bad.");
  });
});

describe("a review", () => {
  it("has the labels that fit what became of the question", () => {
    expect(fitting(LABELS, "abstained")).not.toContain("should_have_abstained");
    expect(fitting(LABELS, "abstained")).toContain("should_have_answered");
    expect(fitting(LABELS, "answered")).not.toContain("should_have_answered");
  });

  it("draws by what its rule takes, and by nothing else", () => {
    expect(frameIn({ ...FRAME, of: "People", below: "0.4" })).toMatchObject({ of: "", below: null });
    expect(frameIn({ ...FRAME, rule: "source", of: " People " })).toMatchObject({ of: "People" });
    expect(frameIn({ ...FRAME, rule: "low_support", below: "0.4" })).toMatchObject({ below: 0.4 });
  });
});

function figure(name: string, now: number, counted: string[][] = []) {
  const rest = { title: name, before: null, unit: "count", of: null, share_now: null, share_before: null } as const;
  return { name, now, few_now: false, few_before: false, counted, listed: [], ...rest };
}

function table(name: string, rows: Record<string, string | number | null>[], counted: Record<string, string[]> = {}) {
  return { name, title: name, columns: [], rows, bars: null, alarm: false, note: "", counted, listed: {} };
}

const REPORT: Weekly = {
  report: "weekly",
  format: 1,
  title: "",
  organisation: "",
  made_at: "",
  period: { since: "2026-11-23T00:00:00Z", until: "2026-11-30T00:00:00Z", week: "2026-W48" },
  before: { since: "", until: "", week: null },
  checkpoint: { origin: "", size: 1, root: "", at: "", note: "" },
  sections: [
    { name: "questions", title: "", notes: [], tables: [], figures: [figure("questions", 4), figure("refused", 1)] },
    { name: "verification", title: "", notes: [], tables: [], figures: [figure("checked", 4), figure("shown", 3, [["sentences", "shown"]])] },
    {
      name: "models",
      title: "",
      notes: [],
      figures: [],
      tables: [
        table("by_model", [
          { model: "a", tier: "large" },
          { model: "b", tier: "large" },
          { model: "c", tier: "small" },
        ]),
        table("cost", [
          { model: "a", currency: "USD", now: 5 },
          { model: "b", currency: "USD", now: 2 },
          { model: "c", currency: "EUR", now: 1 },
        ], { now: ["cost", "{model}", "{currency}"] }),
      ],
    },
    { name: "latency", title: "", notes: [], tables: [], figures: [figure("timed", 4), figure("total_p50", 1.5), figure("total_p95", 3)] },
    {
      name: "departments",
      title: "",
      notes: [],
      figures: [],
      tables: [table("cost", [{ department: "after sales", currency: "USD", now: 8, of: "after sales" }])],
    },
    {
      name: "sources",
      title: "",
      notes: [],
      figures: [],
      tables: [table("freshness", [{ bound: 60, observed: 10, late: 1 }, { bound: null, observed: 9, late: 0 }])],
    },
  ],
};

describe("dashboards", () => {
  it("take their figures out of the weekly report", () => {
    expect(verified(REPORT)).toEqual({
      week: "2026-W48",
      value: 0.75,
      part: 3,
      whole: 4,
      counted: [["sentences", "shown"]],
    });
    expect(ended(REPORT, "refused").value).toBe(0.25);
    expect(ended(REPORT, "abstained").part).toBe(0);
    expect(inTime(REPORT)).toMatchObject({ value: 0.9, part: 9, whole: 10 });
    const point = { week: "2026-W48", whole: null };
    expect(costs([REPORT])).toEqual([
      {
        name: "large USD",
        points: [{ ...point, value: 7, part: 7, counted: [["cost", "a", "USD"], ["cost", "b", "USD"]] }],
      },
      { name: "small EUR", points: [{ ...point, value: 1, part: 1, counted: [["cost", "c", "EUR"]] }] },
    ]);
    expect(took(REPORT)).toEqual({ week: "2026-W48", value: 3, half: 1.5, answers: 4 });
    expect(took({ ...REPORT, sections: [] })).toMatchObject({ value: null, half: null, answers: 0 });
    expect(departments([REPORT])).toMatchObject([
      { name: "after sales USD", department: "after sales", points: [{ part: 8, counted: [] }] },
    ]);
    expect(priced("after sales USD")).toEqual({ of: "after sales", currency: "USD" });
    expect(verified({ ...REPORT, sections: [] }).value).toBeNull();
  });

  it("name weeks as ISO 8601 does, over the turn of a year", () => {
    expect(weekOf(new Date("2026-11-23T00:00:00Z"))).toBe("2026-W48");
    expect(weekOf(new Date("2027-01-03T23:00:00Z"))).toBe("2026-W53");
    expect(weeksUntil(new Date("2027-01-05T12:00:00Z"), 2)).toEqual(["2026-W53", "2027-W01"]);
    expect(daysOf("2026-W53")).toEqual({ since: "2026-12-28", until: "2027-01-03" });
    expect(daysOf("2025-W53")).toBeNull();
    expect(rangeOf("2026-W48")).toContain("Nov 23");
  });

  it("draw what their tables say, and lead to what is counted", async () => {
    const parts = [{ name: "a", points: [verified(REPORT)] }];
    const { container } = show(<Chart name="Verified, week by week" parts={parts} top={1} />);
    expect(container.querySelectorAll("rect")).toHaveLength(1);
    expect(screen.getByRole("img", { name: "Verified, week by week" })).toBeTruthy();
    expect(await faultsIn(container)).toEqual([]);
    const week = "2026-W48";
    const days = { since: "2026-11-23", until: "2026-11-29" };
    const leads = (section: string, more: Partial<Figure>) => leadOf(section, { ...figure("x", 1), ...more }, week);
    expect(leads("questions", { name: "refused" })).toEqual({ to: "/review/answers", search: { outcome: "refused", ...days } });
    expect(leads("keeping", { listed: ["held"] })).toEqual({ to: "/review/weekly/rows", search: { week, listed: ["held"] } });
    expect(leads("latency", { counted: [] })).toBeNull();
    const late = { ...table("freshness", []), listed: { late_before: ["late", "{id}", "{kind}"] } };
    expect(cellLead("sources", late, { id: "s", kind: "content" }, "late_before", week)).toEqual({
      to: "/review/weekly/rows",
      search: { week: "2026-W47", listed: ["late", "s", "content"] },
    });
    const queue = cellLead("reviewing", table("queue", []), { state: "labelled", label: "leak" }, "answers", week);
    expect(queue).toEqual({ to: "/review/queue", search: { state: "labelled", label: "leak" } });
    const counting = table("x", [], { now: ["treated", "{data_class}", "redact"] });
    expect(countedIn(counting, { data_class: "{person}", now: 1 }, "now")).toEqual(["treated", "{person}", "redact"]);
    expect(countedIn(counting, { data_class: "person" }, "before")).toBeNull();
    expect(weekBefore("2027-W01")).toBe("2026-W53");
  });

  it("take only patterns out of an address, and calls of nobody for what they are", () => {
    expect(countedSearch({ week: "2026-W48", counted: [["cost", null]] }).counted).toEqual([["cost", null]]);
    for (const counted of ["cost", [[]], [["cost", 1]], [{}]]) expect(countedSearch({ counted }).counted).toBeUndefined();
    expect(callsSearch({ department: "", model: 12, since: "2026-11-01", until: "soon", settled: "no" })).toEqual({
      department: "",
      model: "12",
      since: "2026-11-01",
      until: undefined,
    });
    expect(askedCalls({ since: "2026-11-01", until: "2026-11-30" })).toEqual({
      since: "2026-11-01T00:00:00.000Z",
      until: "2026-12-01T00:00:00.000Z",
    });
    expect(askedCalls({ until: "2026-11-30T10:00:00.000Z" }).until).toBe("2026-11-30T10:00:00.000Z");
  });
});

describe("what takes a while", () => {
  it("keeps the focus on the button in the place of the one that was pressed", () => {
    const Buttons = ({ running }: { running: boolean }) => (
      <div ref={useKeptFocus(running)}>
        <button key={String(running)}>{running ? "Stop" : "Start"}</button>
      </div>
    );
    const { rerender } = render(<Buttons running={false} />);
    expect(document.activeElement).toBe(document.body);
    screen.getByRole("button").focus();
    rerender(<Buttons running />);
    expect(document.activeElement?.textContent).toBe("Stop");
  });

  it("says how far it is", async () => {
    const { container } = show(<Waiting running name="Verifying" done={5} total={10} far="5 of 10 records" />);
    const bar = screen.getByRole("progressbar", { name: "Verifying" });
    expect(bar.getAttribute("max")).toBe("10");
    expect(container.textContent).toContain("5 of 10 records");
    expect(await faultsIn(container)).toEqual([]);
  });
});
