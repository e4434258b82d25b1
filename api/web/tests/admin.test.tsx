import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { useState, type ReactNode } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { differences as entryDifferences } from "../src/admin/models/ModelHistory";
import { daysUntil, stateOf as modelState } from "../src/admin/models/data";
import { entryFrom, valuesOf } from "../src/admin/models/formValues";
import { burnOf, spanOf, stateOf } from "../src/admin/money/burning";
import { COLUMNS } from "../src/admin/changes/columns";
import { Here } from "../src/admin/people/Here";
import { Differences } from "../src/admin/policy/Differences";
import { columnsOf, differences, type Document, withEntry } from "../src/admin/policy/document";
import { Matrix } from "../src/admin/policy/Matrix";
import { Sample } from "../src/admin/policy/Sample";
import { DataTable } from "../src/parts/DataTable";
import { Announcements } from "../src/parts/Announcements";
import { useChange } from "../src/parts/announcing";
import { OnceShown } from "../src/admin/shared/OnceShown";
import { csv } from "../src/parts/saving";
import { numberOf, oneOf, textOf } from "../src/parts/searching";
import { fieldOf, useFields } from "../src/parts/useFields";
import type { Budget, Change, Model, ModelEntry, Person } from "../src/admin/types";
import { api } from "../src/api/client";
import { ProblemError } from "../src/api/http";
import { createQueryClient } from "../src/api/queries";
import { words } from "../src/words/admin";

const HOLDS: Document = {
  classes: {
    person: { external: "redact", on_premise: "allow" },
    place: { external: "allow", on_premise: "allow", "external:eu": "redact" },
  },
  sensitivity: { restricted: { external: "block", on_premise: "allow" } },
  kinds: { TITLE: { external: "allow" }, MATTER_NO: { class: "work", scribe: "block" } },
};

const ENTRY: ModelEntry = {
  name: "scribe",
  provider: "compatible",
  model: "scribe-2026-01-01",
  tier: "small",
  place: "external",
  api_version: "",
  region: "eu",
  base_url: "http://10.0.0.1",
  sensitivity: "confidential",
  handling: { agreement: "C-1", training_prohibited: true, retention_days: 30, legal_basis: "contract" },
  context_tokens: 32_000,
  output_tokens: 1_200,
  prices: { input: 0.25, output: 2, cache_read: null, batch: 1, currency: "EUR" },
  retires_on: "2027-01-02",
  concurrency: 8,
  first_seconds: 30,
  deadline_seconds: 120,
  native_citations: true,
  zero_retention: false,
};

function model(change: Partial<Model> = {}): Model {
  return {
    revision: 1,
    name: "scribe",
    change: "added",
    entry: ENTRY,
    why: "",
    against: "",
    changed_by: "operator",
    changed_at: "2026-11-23T09:00:00Z",
    callable: true,
    ceiling: "confidential",
    warning: "",
    differs: false,
    breaker: "closed",
    running: 0,
    ...change,
  };
}

function budget(change: Partial<Budget> = {}): Budget {
  return {
    scope: "department",
    name: "sales",
    per: "month",
    unit: "money",
    most: 100_000_000,
    used: 20_000_000,
    currency: "EUR",
    why: "Plan",
    changed_by: "operator",
    changed_at: "2026-11-01T00:00:00Z",
    ...change,
  };
}

function show(children: ReactNode): HTMLElement {
  const { container } = render(
    <MantineProvider>
      <QueryClientProvider client={createQueryClient()}>{children}</QueryClientProvider>
    </MantineProvider>,
  );
  return container;
}

async function violations(container: HTMLElement): Promise<string[]> {
  const found = await axe.run(container, { rules: { "color-contrast": { enabled: false }, region: { enabled: false } } });
  return found.violations.map(({ id }) => id);
}

afterEach(() => vi.restoreAllMocks());

describe("a policy", () => {
  it("has a column for each place, then for what else it speaks of", () => {
    expect(columnsOf(HOLDS)).toEqual(["external", "on_premise", "external:eu", "scribe"]);
  });

  it("tells entry by entry what another one says differently", () => {
    const changed = withEntry(withEntry(HOLDS, "classes", "person", "external", "block"), "kinds", "TITLE", "external", "");
    expect(differences(HOLDS, changed)).toEqual([
      { section: "classes", row: "person", column: "external", before: "redact", after: "block" },
      { section: "kinds", row: "TITLE", column: "external", before: "allow", after: null },
    ]);
    expect(changed.kinds.TITLE).toBeUndefined();
    expect(HOLDS.kinds.TITLE).toEqual({ external: "allow" });
  });

  it("can be read as a table, each entry in words", async () => {
    const container = show(
      <Matrix name="By class" section="classes" document={HOLDS} holds={HOLDS} columns={["external", "on_premise"]} />,
    );
    const row = screen.getByRole("row", { name: /Persons/ });
    expect(within(row).getAllByRole("cell").map((cell) => cell.textContent)).toEqual(["Redact", "Allow"]);
    expect(await violations(container)).toEqual([]);
  });

  it("can be changed entry by entry, and marks what was changed", async () => {
    const onChange = vi.fn();
    const draft = withEntry(HOLDS, "classes", "person", "external", "block");
    const container = show(
      <Matrix
        name="By class"
        section="classes"
        document={draft}
        holds={HOLDS}
        columns={columnsOf(HOLDS)}
        onChange={onChange}
      />,
    );
    expect(screen.getByText("was redact")).toBeDefined();
    await userEvent.selectOptions(screen.getByLabelText("Places, Outside"), "Redact");
    expect(onChange).toHaveBeenCalledWith("place", "external", "redact");
    // A place has to be said; a region may be left to its place.
    const options = (label: string) => within(screen.getByLabelText(label)).getAllByRole("option").length;
    expect([options("Persons, Outside"), options("Persons, Outside, EU")]).toEqual([3, 4]);
    expect(await violations(container)).toEqual([]);
  });

  it("shows its differences before they are saved", () => {
    show(<Differences of={[{ section: "classes", row: "person", column: "external:eu", before: null, after: "block" }]} />);
    const row = screen.getByRole("row", { name: /Persons/ });
    const cells = within(row).getAllByRole("cell");
    expect(cells.map((cell) => cell.textContent)).toEqual(["Outside, EU", "Not said", "Block"]);
    expect(within(row).getByRole("rowheader").textContent).toMatch(/^Persons/);
  });

  it("is tried on a text before and after, with equal pseudonyms for equal values", async () => {
    const span = { type: "PERSON", start: 0, end: 10, score: 1, rule: "r", class: "person", token: "[PERSON_A.1]", against: [] };
    const of = (treatment: string, blocked: boolean) => ({
      policy: 1,
      results: [
        {
          text: "[PERSON_A.1] wrote.",
          spans: [{ ...span, treatment, entry: "classes.person.external" }],
          sensitivity: "internal",
          blocked,
        },
      ],
    });
    const post = vi.fn<(path: string, given: { body: { run: string; policy: unknown } }) => Promise<unknown>>();
    for (const data of [of("redact", false), of("block", true)]) post.mockResolvedValueOnce({ data });
    vi.spyOn(api, "POST").mockImplementation(post as never);
    const draft = withEntry(HOLDS, "classes", "person", "external", "block");
    const container = show(<Sample holds={HOLDS} draft={draft} columns={columnsOf(HOLDS)} />);
    await userEvent.clear(screen.getByLabelText(/Sample text/));
    await userEvent.type(screen.getByLabelText(/Sample text/), "Anna Meyer wrote.");
    await userEvent.click(screen.getByRole("button", { name: "Try before and after" }));
    const now = await screen.findByRole("region", { name: /As it holds/ });
    const then = screen.getByRole("region", { name: /As you changed it/ });
    expect(now.textContent).toMatch(/goes there like this.*Anna Meyer.*Redact/);
    expect(then.textContent).toMatch(/does not go there at all.*Anna Meyer.*Block.*was redact/);
    const bodies = post.mock.calls.map(([, { body }]) => body);
    expect(bodies.map(({ policy }) => policy)).toEqual([null, draft]);
    expect(bodies[0]?.run).toBe(bodies[1]?.run);
    expect(await violations(container)).toEqual([]);

    post.mockResolvedValue({ data: of("redact", false) });
    expect(screen.queryByText("The same as before")).toBeNull();
    await userEvent.click(screen.getByRole("button", { name: "Try before and after" }));
    await screen.findByText("The same as before");
  });
});

describe("a person", () => {
  const lena: Person = {
    email: "lena.vos@averholt.example",
    name: "Lena Vos",
    title: "",
    roles: [],
    groups: [],
    given: [],
    directory: false,
  };

  it("is active, or disabled since a moment, in words and with a sign", async () => {
    show(<Here person={lena} since />);
    expect(screen.getByText("Active").querySelector("svg")).not.toBeNull();
    const gone = show(<Here person={{ ...lena, disabled_at: new Date().toISOString() }} since />);
    expect(screen.getByText(/^Disabled/).textContent).toBe("Disabled, just now");
    expect(screen.getByText(/^Disabled/).querySelector("svg")).not.toBeNull();
    expect(await violations(gone)).toEqual([]);
  });
});

describe("a change in the list", () => {
  const change: Change = {
    id: "1",
    kind: "service",
    what: "crm-assistant",
    scope: "",
    change: "key_made: ask, source.list",
    why: null,
    changed_by: "operator",
    changed_at: "2026-11-23T09:00:00Z",
  };
  const shown = (row: Change) => {
    show(<DataTable name="Changes" columns={COLUMNS} rows={[row]} keyOf={(each) => each.id} />);
    return screen.getAllByRole("row").at(-1)?.textContent;
  };

  it("of who was forgotten names nobody", () => {
    expect(shown({ ...change, kind: "person", what: "", change: "forgotten" })).toMatch(/^Somebody who was forgotten/);
  });

  it.each([
    ["service", "key_made: ask, source.list", "Key made: ask, source.list"],
    ["person", "added: employee, connector_owner", "Added: Employee, Connector owner"],
    ["person", "people.added", "Added"],
    ["role", "asked for reviewer", "Asked for: Reviewer"],
    ["model", "seeded", "From the configuration"],
    ["policy", "changed", "New version"],
    ["sensitivity", "internal to restricted", "Internal → Restricted"],
    ["budget", "set", "Set"],
  ])("of a %s that is called %s is told as %s", (kind, code, told) => {
    expect(words.changes.told(kind, code)).toBe(told);
  });
});

describe("a budget", () => {
  const now = new Date("2026-11-16T00:00:00Z");

  it("counts in times of UTC", () => {
    expect(spanOf("month", now)).toEqual({ begins: Date.UTC(2026, 10, 1), ends: Date.UTC(2026, 11, 1) });
    expect(spanOf("day", new Date("2026-11-16T23:59:59Z")).begins).toBe(Date.UTC(2026, 10, 16));
  });

  it("is told how far it goes at this pace", () => {
    const burn = burnOf(budget({ used: 60_000_000 }), now);
    expect(burn?.used).toBeCloseTo(0.6);
    expect(burn?.projected).toBeCloseTo(1.2);
    expect(burn && stateOf(burn)).toBe("fast");
  });

  it("foretells nothing from too short a time, and nothing of one that each has alone", () => {
    expect(burnOf(budget({ used: 1_000_000 }), new Date("2026-11-01T02:00:00Z"))?.projected).toBeNull();
    expect(burnOf(budget({ used: null }), now)).toBeNull();
  });

  it.each([
    [100_000_000, "over"],
    [85_000_000, "nearly"],
    [20_000_000, "within"],
  ])("that used %i millionths is %s", (used, state) => {
    const burn = burnOf(budget({ used }), now);
    expect(burn && stateOf(burn)).toBe(state);
  });
});

describe("a model", () => {
  it("comes out of its form as it went in", () => {
    const prices = { ...ENTRY.prices, cache_write: null };
    expect(entryFrom(valuesOf(ENTRY))).toEqual({ ...ENTRY, api_key: null, project: null, prices });
  });

  it("has no agreement where none is ticked", () => {
    expect(entryFrom({ ...valuesOf(ENTRY), agreed: false }).handling).toBeNull();
  });

  it("retires soon within sixty days of its day, and not before", () => {
    expect(daysUntil("2027-01-02", new Date("2026-11-23T12:00:00Z"))).toBe(40);
    expect(modelState(model(), new Date("2026-11-23T12:00:00Z"))).toBe("retiring");
    expect(modelState(model(), new Date("2026-06-01T12:00:00Z"))).toBe("used");
    expect(modelState(model({ breaker: "open" }), new Date("2026-06-01T12:00:00Z"))).toBe("resting");
    expect(modelState(model({ callable: false }), new Date("2027-02-01T12:00:00Z"))).toBe("overdue");
  });

  it("is told what of it changed", () => {
    expect(entryDifferences(ENTRY, { ...ENTRY, region: null, model: "scribe-2026-02-01" })).toEqual([
      "model: scribe-2026-01-01 → scribe-2026-02-01",
      "region: eu → none",
    ]);
  });
});

describe("a form", () => {
  const values = { name: "", place: "", why: "" };

  it("knows the field of a problem by its place, by its own words, or not at all", () => {
    expect(fieldOf("entry.place: Input should be 'external'.", values)).toBe("place");
    expect(fieldOf("entry: Value error, name: 'x' is no name.", values)).toBe("name");
    expect(fieldOf("A change needs a reason.", values, { why: /reason/ })).toBe("why");
    expect(fieldOf("Something else.", values)).toBeNull();
  });

  function Form({ save }: { save: () => Promise<unknown> }) {
    const fields = useFields(values);
    const [failed, setFailed] = useState(false);
    return (
      <>
        <input aria-label="Name" {...fields.text("name")} />
        <p>{fields.errors.name}</p>
        <button onClick={() => void fields.attempt(save).catch(() => setFailed(true))}>Save</button>
        {failed && <p>failed</p>}
      </>
    );
  }

  it("puts what the server said at its field, and the focus with it", async () => {
    const refused = new ProblemError({ title: "No", detail: "body.name: It is taken.", status: 422 });
    show(<Form save={() => Promise.reject(refused)} />);
    await userEvent.click(screen.getByRole("button", { name: "Save" }));
    await screen.findByText("failed");
    expect(screen.getByText("It is taken.")).toBeDefined();
    expect(document.activeElement).toBe(screen.getByLabelText("Name"));
    await userEvent.type(screen.getByLabelText("Name"), "x");
    expect(screen.queryByText("It is taken.")).toBeNull();
  });
});

describe("a change", () => {
  function Saves() {
    const change = useChange();
    return <button onClick={() => void change(Promise.resolve(1), "It was saved.")}>Save</button>;
  }

  it("is announced where it can be seen and heard", async () => {
    const container = show(
      <Announcements>
        <Saves />
      </Announcements>,
    );
    await userEvent.click(screen.getByRole("button", { name: "Save" }));
    expect((await screen.findByRole("status")).textContent).toMatch(/It was saved\./);
    expect(await violations(container)).toEqual([]);
    await userEvent.click(screen.getByRole("button", { name: "Close" }));
    expect(screen.getByRole("status").textContent).toBe("");
  });

  it("that makes a secret shows it until it is taken", async () => {
    const onDone = vi.fn();
    const container = show(<OnceShown title="The new key" value="vk_123" onDone={onDone} />);
    expect(screen.getByText("vk_123")).toBeDefined();
    expect(await violations(container)).toEqual([]);
    await userEvent.click(screen.getByRole("button", { name: "I have it" }));
    expect(onDone).toHaveBeenCalledOnce();
  });
});

describe("an address", () => {
  it("gives back only what a page understands", () => {
    expect([textOf(12), textOf(""), textOf(undefined), textOf("a")]).toEqual(["12", undefined, undefined, "a"]);
    expect([numberOf("3"), numberOf(3), numberOf("x")]).toEqual([3, 3, undefined]);
    expect([oneOf("dead", ["dead"] as const), oneOf("no", ["dead"] as const)]).toEqual(["dead", undefined]);
  });
});

describe("a table as a file", () => {
  it("quotes what has commas, and lets no name be a formula", () => {
    expect(csv([["a", "b"], ['Say "hi", twice', 3], ["=SUM(A1)", -2]])).toBe(
      'a,b\r\n"Say ""hi"", twice",3\r\n\'=SUM(A1),-2\r\n',
    );
  });
});
