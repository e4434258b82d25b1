import { MantineProvider } from "@mantine/core";
import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { useState, type ReactNode } from "react";
import { describe, expect, it, vi } from "vitest";
import type { Problem } from "../src/api/types";
import { CheckSteps, useChecking } from "../src/sources/CheckSteps";
import { drawn, isDot, roundTop, rowsOf, timesOf } from "../src/sources/course";
import { settingName, settingText, written } from "../src/sources/detail/written";
import { againstText, amountOf, durationOf, secondsOf, spanText } from "../src/sources/durations";
import { FailureState } from "../src/sources/FailureState";
import { blank, faultsOf, fieldOf, labelOf, missing, type Faults, type Schema } from "../src/sources/form/schema";
import { SchemaForm } from "../src/sources/form/SchemaForm";
import { LiveProgress } from "../src/sources/LiveProgress";
import { NextRun } from "../src/sources/NextRun";
import { farOf, kept, sampleOf, type Sample } from "../src/sources/progress";
import { cronFault, cronText, planFaults } from "../src/sources/schedule";
import { detailSearch, listSearch } from "../src/sources/search";
import { SourceState } from "../src/sources/SourceState";
import { TaskSchedule } from "../src/sources/TaskSchedule";
import type { Config, Run, Schedule, Step, Watched } from "../src/sources/types";

function show(children: ReactNode) {
  return render(<MantineProvider>{children}</MantineProvider>);
}

async function faultsIn(container: Element): Promise<string[]> {
  const { violations } = await axe.run(container, { rules: { "color-contrast": { enabled: false } } });
  return violations.map(({ id }) => id);
}

const RUN: Run = {
  id: "r1",
  task: "poll",
  state: "running",
  counts: { read: 40, total: 100 },
  error: null,
  started_at: "2026-11-23T08:00:00Z",
  finished_at: null,
};

function watched(change: Partial<Watched> = {}): Watched {
  return {
    name: "erp",
    kind: "tryton",
    title: "Tryton",
    demo: false,
    activity: "idle",
    health: "on_time",
    attention: false,
    task: null,
    since: null,
    error: null,
    run: null,
    waiting: 0,
    documents: 3,
    errors: 0,
    succeeded_at: null,
    next_task: "poll",
    next_at: null,
    blackout_until: null,
    bounds: [],
    course: [],
    course_hours: 6,
    ...change,
  };
}

const SCHEMA: Schema = {
  required: ["url", "access"],
  properties: {
    url: { type: "string", description: "``https://HOST``, as people\n open it." },
    password: { anyOf: [{ type: "string", pattern: "^(env|file|vault):.+" }, { type: "null" }], default: null },
    mode: { type: "string", enum: ["trust", "ignore"], default: "trust" },
    page_rows: { type: "integer", minimum: 1, maximum: 50, default: 20 },
    include_inactive: { type: "boolean", default: false },
    models: { type: "array", items: { type: "string" }, default: ["sale"] },
    access: { type: "array", items: { $ref: "#/$defs/Rule" } },
    map: { type: "object", additionalProperties: { type: "string" } },
    limits: { $ref: "#/$defs/Limits" },
    odd: {},
  },
  $defs: {
    Rule: {
      type: "object",
      required: ["prefix"],
      properties: { prefix: { type: "string" }, allow: { type: "array", items: { type: "string" } } },
    },
    Limits: { type: "object", properties: { seconds: { type: "number" } } },
  },
};
const NAMES = Object.keys(SCHEMA.properties ?? {});

function Form({ faults = {}, told = () => {} }: { faults?: Faults; told?: (config: Config) => void }) {
  const [value, setValue] = useState<Config>({});
  return (
    <SchemaForm
      schema={SCHEMA}
      names={NAMES}
      value={value}
      faults={faults}
      onChange={(changed) => {
        setValue(changed);
        told(changed);
      }}
    />
  );
}

describe("the state of a source", () => {
  it("shows a run that goes on through an error of before", () => {
    show(<SourceState of={{ activity: "running", health: "failing" }} />);
    expect(screen.getByText("Running")).toBeDefined();
    expect(screen.getByText("Failing")).toBeDefined();
  });

  it("says one thing where there is nothing else to say", () => {
    const { container } = show(<SourceState of={{ activity: "idle", health: "on_time" }} />);
    expect(container.textContent).toContain("On time");
    expect(container.textContent).not.toContain("Idle");
  });

  it("tells waiting from being stuck in words", () => {
    const { unmount } = show(<LiveProgress of={watched({ activity: "queued", task: "poll" })} seenAt={0} />);
    expect(screen.getByText(/begins by itself/)).toBeDefined();
    unmount();
    show(<LiveProgress of={watched({ activity: "stuck", task: "poll" })} seenAt={0} />);
    expect(screen.getByText(/Nobody is at it/)).toBeDefined();
  });

  it("never tells the next run as past", () => {
    const next_at = new Date(Date.now() - 10_000).toISOString();
    const said = (["queued", "running", "paused", "stuck", "idle"] as const).map((activity) => {
      const { container, unmount } = render(<NextRun of={{ activity, next_at }} />);
      const text = container.textContent;
      unmount();
      return text;
    });
    expect(said).toEqual(["in a moment", "now", "not while paused", "overdue", "in a moment"]);
  });

  it("tells of a failure whether it is tried now, later, or only when asked", () => {
    show(
      <>
        <FailureState of={{ state: "retrying", next_at: null }} />
        <FailureState of={{ state: "waiting", next_at: "2099-01-01T00:00:00Z" }} />
        <FailureState of={{ state: "stopped", next_at: null }} />
      </>,
    );
    expect(screen.getByText("Being tried again")).toBeDefined();
    expect(screen.getByText("An earlier error; the new attempt has not ended.")).toBeDefined();
    expect(screen.getByText("Waits")).toBeDefined();
    expect(screen.getByText("Waits for a change or for you")).toBeDefined();
  });
});

describe("progress", () => {
  it("has a pace and a time left once it was looked at twice", () => {
    const source = watched({ activity: "running", task: "poll", run: RUN });
    const samples: Sample[] = [
      { key: "r1", at: 0, done: 20 },
      { key: "r1", at: 10_000, done: 40 },
    ];
    expect(farOf(source, samples)).toEqual({ phase: "poll", done: 40, total: 100, rate: 2, left: 30 });
    expect(farOf(source, samples.slice(1)).rate).toBeNull();
  });

  it("begins anew with another run, and counts documents that still wait down", () => {
    const before: Sample[] = [{ key: "r1", at: 0, done: 20 }];
    expect(kept(before, { key: "r2", at: 1000, done: 1 })).toHaveLength(1);
    const ingest = watched({ activity: "running", task: "ingest", waiting: 8 });
    expect(sampleOf(ingest, 5000)).toEqual({ key: "ingest", at: 5000, done: -8 });
    const seen = [
      { key: "ingest", at: 0, done: -12 },
      { key: "ingest", at: 2000, done: -8 },
    ];
    expect(farOf(ingest, seen)).toMatchObject({ done: 8, rate: 2, left: 4 });
  });

  it("says that the total is unknown where it is", async () => {
    const run = { ...RUN, counts: { read: 7 } };
    const { container } = show(<LiveProgress of={watched({ activity: "running", task: "poll", run })} seenAt={1} />);
    expect(screen.getByText("7 items, total unknown")).toBeDefined();
    expect(screen.getByText("time left unknown")).toBeDefined();
    expect(await faultsIn(container)).toEqual([]);
  });

  it("says that it stops after the page that it is at", () => {
    const run = { ...RUN, state: "stopping" };
    show(<LiveProgress of={watched({ activity: "running", task: "poll", run })} seenAt={1} />);
    expect(screen.getByText("Stopping after this page")).toBeDefined();
  });
});

describe("lengths of time", () => {
  it("are read and written as a plan has them", () => {
    expect(secondsOf("1h30m")).toBe(5400);
    expect(secondsOf("soon")).toBeNull();
    expect(amountOf("90m")).toEqual({ number: 90, unit: "m" });
    expect(amountOf("120m")).toEqual({ number: 2, unit: "h" });
    expect(durationOf({ number: 15, unit: "m" })).toBe("15m");
  });

  it("are told with their two largest units", () => {
    expect(spanText(12_010)).toBe("3\u00a0h 20\u00a0min");
    expect(spanText(86_400)).toBe("1\u00a0d");
    expect(spanText(0.2)).toBe("0\u00a0s");
  });

  it("are told finer where they are above their bound and would read like it", () => {
    expect([againstText(1.02, 1), againstText(1, 1), againstText(40, 1), againstText(1.02, null)]).toEqual(
      ["1.1", "1", "40", "1"].map((number) => `${number}\u00a0s`),
    );
    expect(againstText(10_800.4, 10_800)).toBe("3\u00a0h 1\u00a0s");
  });
});

describe("the line of freshness", () => {
  it("breaks where nothing is known, and draws its bound", () => {
    const points = [null, 10, 20, null, 5].map((staleness, place) => ({ at: String(place), staleness }));
    const { lines, bound, worst } = drawn(points, 40);
    expect(lines).toHaveLength(2);
    expect(worst).toBe(20);
    expect(bound).toBeGreaterThan(0);
    expect(lines.map(isDot)).toEqual([false, true]);
    expect(drawn([{ at: "0", staleness: null }], null)).toMatchObject({ lines: [], bound: null, worst: null });
  });
});

describe("the scale of a chart", () => {
  it("has a top and a middle that are told exactly, above all that is drawn", () => {
    expect([0.5, 3.3, 41, 3700, 90_000, 3_000_000].map(roundTop)).toEqual([2, 4, 60, 7200, 172_800, 3_456_000]);
    expect(drawn([{ at: "0", staleness: 3.3 }], 1, roundTop)).toMatchObject({ top: 4, bound: 75 });
  });
});

describe("times of points", () => {
  it("have seconds where several lie in one minute", () => {
    const at = (time: string) => ({ at: `2026-11-23T${time}Z` });
    expect(timesOf([at("10:00:00"), at("10:00:30")])("2026-11-23T10:00:30Z")).toMatch(/:30/);
    expect(timesOf([at("10:00:00"), at("11:00:30")])("2026-11-23T11:00:30Z")).not.toMatch(/:30/);
  });

  it("are told once each, with the worst", () => {
    const points = [
      { at: "a1", staleness: 3 },
      { at: "a2", staleness: 9 },
      { at: "b1", staleness: null },
      { at: "c1", staleness: 0 },
    ];
    expect(rowsOf(points, (at) => at.charAt(0)).map(({ at }) => at)).toEqual(["c1", "a2"]);
  });
});

describe("a setting as text", () => {
  it("is a list without its marks, and nothing where it is empty", () => {
    expect([written(["hr", "board"]), written("/data"), written(3), written(false)]).toEqual(["hr, board", "/data", "3", "false"]);
    expect([written([]), written({}), written(null), written(undefined)]).toEqual([null, null, null, null]);
    expect(written([{ prefix: "/" }])).toBe('[{"prefix":"/"}]');
  });
});

describe("a change", () => {
  it("is called and written as where it is set", () => {
    expect(
      ["plan.poll.every", "plan.bounds.content", "plan.objective", "plan.people.jo.e@x", "settings.page_rows", "settings.map.a_b"].map(
        (path) => settingName(path),
      ),
    ).toEqual([
      "What changed: Every",
      "How late it may be: Content",
      "Share that is to be in time",
      "People behind accounts: jo.e@x",
      "Page rows",
      "Map: A b",
    ]);
    expect([
      settingText("plan.poll.every", "1h"),
      settingText("plan.bounds.content", "90m"),
      settingText("plan.objective", 0.9995),
      settingText("plan.stale", "warn"),
      settingText("plan.sensitivity", "internal"),
      settingText("plan.slice_seconds", 30),
      settingText("plan.blackout", [{ start: "22:00", end: "06:00", timezone: "UTC", weekdays: ["mon", "tue"] }]),
      settingText("plan.blackout", []),
      settingText("settings.every", "1h"),
    ]).toEqual(["1\u00a0h", "1\u00a0h 30\u00a0min", "99.95%", "Answers use it and say so", "Internal", "30\u00a0s", "Mon, Tue 22:00–06:00 (UTC)", null, "1h"]);
  });
});

describe("addresses", () => {
  it("keep what they know and drop what they do not", () => {
    expect(listSearch({ state: "late", kind: "web", text: 2026 })).toEqual({ state: "late", kind: "web", text: "2026" });
    expect(listSearch({ state: "<script>" }).state).toBeUndefined();
    expect(detailSearch({ tab: "runs", hours: 24, of: "salaries" })).toMatchObject({
      tab: "runs",
      hours: 24,
      of: undefined,
    });
  });
});

describe("a form from a schema", () => {
  it("has the field that each setting asks for", () => {
    const kinds = NAMES.map((name) => fieldOf(name, SCHEMA.properties?.[name] ?? {}, SCHEMA).kind);
    expect(kinds).toEqual(["text", "text", "choice", "number", "flag", "texts", "list", "map", "group", "json"]);
    expect(fieldOf("password", SCHEMA.properties?.password ?? {}, SCHEMA)).toMatchObject({ secret: true });
    expect(blank({ $ref: "#/$defs/Rule" }, SCHEMA)).toEqual({ prefix: "" });
    expect(labelOf("web_url")).toBe("Web URL");
    expect(labelOf("max_pages", { title: "Max Pages" })).toBe("Max pages");
    expect(labelOf("max_pages", { title: "Most pages" })).toBe("Most pages");
  });

  it("finds what is needed, and where the server found a fault", () => {
    expect(missing(SCHEMA, { url: "" }, NAMES, "needed")).toEqual({ url: "needed", access: "needed" });
    const problem: Problem = {
      title: "x",
      status: 422,
      detail: "The source cannot be used: url Field required; access.0.prefix is odd.",
    };
    expect(faultsOf(problem, NAMES)).toEqual({ url: "Field required", "access.0.prefix": "is odd" });
    expect(faultsOf({ ...problem, detail: "The host is away: try later" }, NAMES)).toEqual({});
  });

  it("puts the focus on the first setting that cannot be used", () => {
    const { rerender } = show(<Form />);
    rerender(
      <MantineProvider>
        <Form faults={{ url: "Field required" }} />
      </MantineProvider>,
    );
    expect(document.activeElement).toBe(screen.getByLabelText(/^URL/));
    expect(screen.getByText("Field required")).toBeDefined();
  });

  it("gives what was written, and leaves out what has its default", async () => {
    const told = vi.fn();
    const { container } = show(<Form told={told} />);
    await userEvent.type(screen.getByLabelText(/^URL/), "https://erp");
    await userEvent.click(screen.getByRole("button", { name: "Add to Access" }));
    const entry = within(screen.getByRole("group", { name: "Access 1" }));
    await userEvent.type(entry.getByLabelText(/^Prefix/), "/hr");
    await userEvent.type(entry.getByLabelText("Allow"), "hr{Enter}");
    expect(told).toHaveBeenLastCalledWith({ url: "https://erp", access: [{ prefix: "/hr", allow: ["hr"] }] });
    await userEvent.click(entry.getByRole("button", { name: "Remove Access 1" }));
    expect(told).toHaveBeenLastCalledWith({ url: "https://erp", access: [] });
    expect(await faultsIn(container)).toEqual([]);
  }, 30_000);

  it("says of a secret that only its place is asked for", () => {
    show(<Form />);
    expect(screen.getByText(/never the secret itself/)).toBeDefined();
  });
});

describe("a schedule", () => {
  it("is told in words, and a line that is none is not", () => {
    expect(cronText("30 2 * * mon-fri")).toMatch(/02:30.*Monday through Friday/);
    expect(cronText("30 2 * *")).toBeNull();
    expect(cronText("61 2 * * *")).toBeNull();
  });

  it("names the field that is wrong", () => {
    expect(cronFault("99 2 * * *")).toBe("“99” cannot be the minute: that is 0 to 59.");
    expect(cronFault("0 2 * * monday")).toMatch(/“monday” cannot be the weekday/);
    expect(cronFault("0 2 * *")).toMatch(/five fields/);
  });

  it("says whether its next runs are being worked out, or cannot be", async () => {
    const task = (shown: { working?: boolean; upcoming?: string[] }) => (
      <MantineProvider>
        <TaskSchedule task="poll" schedule={{ every: "5m" }} onChange={() => {}} {...shown} />
      </MantineProvider>
    );
    const { container, rerender } = render(task({ working: true, upcoming: ["2026-11-23T08:00:00Z"] }));
    expect(screen.getByText("Working out the next runs")).toBeDefined();
    expect(container.querySelector("[aria-busy=true] li")).not.toBeNull();
    rerender(task({}));
    expect(screen.queryByText("Working out the next runs")).toBeNull();
    expect(screen.getByText(/Told once what is wrong/)).toBeDefined();
    expect(await faultsIn(container)).toEqual([]);
  });

  it("has its faults at its fields", () => {
    const detail = "The plan cannot be used: poll.cron 'x' is not a cron line; bounds.content Input should be more.";
    expect(planFaults({ title: "x", status: 422, detail })).toEqual({
      poll: "'x' is not a cron line",
      "bounds.content": "Input should be more",
    });
  });

  it("keeps what was written while another way of running is looked at", async () => {
    function Editing() {
      const [schedule, setSchedule] = useState<Schedule | null>({ every: "5m" });
      return <TaskSchedule task="poll" schedule={schedule} upcoming={["2026-11-23T08:00:00Z"]} onChange={setSchedule} />;
    }
    const { container } = show(<Editing />);
    const how = screen.getByLabelText("What changed: How");
    await userEvent.selectOptions(how, "cron");
    expect(screen.getByText(/At 02:30/)).toBeDefined();
    await userEvent.selectOptions(how, "none");
    expect(screen.getByText("It runs only when somebody asks.")).toBeDefined();
    await userEvent.selectOptions(how, "every");
    expect(screen.getByLabelText<HTMLInputElement>("What changed: Every").value).toBe("5");
    expect(within(screen.getByRole("list", { name: "Next runs: What changed" })).getAllByRole("listitem")).toHaveLength(1);
    expect(await faultsIn(container)).toEqual([]);
  }, 30_000);
});

describe("a connection check", () => {
  const steps: Step[] = [
    { name: "reach", ok: true, detail: "erp answers.", hint: "" },
    { name: "authenticate", ok: false, detail: "The password is wrong.", hint: "Renew it." },
  ];

  function Checking({ work }: { work: (onStep: (step: Step) => void, signal: AbortSignal) => Promise<{ ok: boolean }> }) {
    return <CheckSteps of={useChecking(work)} />;
  }

  it("shows what each step found, and what to do about the one that failed", async () => {
    const work = (onStep: (step: Step) => void) => {
      steps.forEach(onStep);
      return Promise.resolve({ ok: false });
    };
    const { container } = show(<Checking work={work} />);
    await userEvent.click(screen.getByRole("button", { name: "Check the connection" }));
    expect(await screen.findByText("Renew it.")).toBeDefined();
    expect(screen.getByRole("status").textContent).toContain("stopped at a step");
    expect(screen.getByRole("button", { name: "Check again" })).toBeDefined();
    expect(await faultsIn(container)).toEqual([]);
  });

  it("can be stopped", async () => {
    const work = (_: (step: Step) => void, signal: AbortSignal) =>
      new Promise<{ ok: boolean }>((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(new Error("stopped")));
      });
    show(<Checking work={work} />);
    await userEvent.click(screen.getByRole("button", { name: "Check the connection" }));
    await userEvent.click(screen.getByRole("button", { name: "Stop the check" }));
    expect(await screen.findByRole("button", { name: "Check the connection" })).toBeDefined();
    expect(screen.getByRole("status").textContent).toBe("");
  });
});
