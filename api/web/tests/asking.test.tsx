import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, createRootRoute, createRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { act, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { type ReactNode } from "react";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Feedback as Given } from "../src/api/conversations";
import { createQueryClient } from "../src/api/queries";
import type { Answer, Session } from "../src/api/types";
import { AnswerFacts } from "../src/chat/AnswerFacts";
import { ChatContext } from "../src/chat/ChatContext";
import { ChatPage } from "../src/chat/ChatPage";
import { Feedback } from "../src/chat/Feedback";
import "../src/chat/FeedbackForm";
import { FollowUps } from "../src/chat/FollowUps";
import { History, grouped } from "../src/history/History";
import { ShareDialog } from "../src/history/ShareDialog";
import { SessionContext } from "../src/shell/session";
import { answer, citation } from "./answers";

const rendered = vi.hoisted(() => ({ turns: [] as string[] }));
vi.mock("../src/chat/AnswerBody", async (original) => {
  const real = await original<typeof import("../src/chat/AnswerBody")>();
  return {
    AnswerBody: (props: Parameters<typeof real.AnswerBody>[0]) => {
      rendered.turns.push(props.turnKey);
      return real.AnswerBody(props);
    },
  };
});

/** For what renders much, on a machine that does other things too. */
const SLOW_MS = 30_000;

const session = {
  signed_in: true,
  may: ["ask"],
  person: { email: "ana@x.example", name: "Ana Ask", groups: [], roles: ["employee"] },
  demo: { open: false, reason: null, people: [] },
  ways: { passwords: false, sso: null },
  organisation: "X",
  version: "1",
  suggestions: [],
} as unknown as Session;

interface Call {
  method: string;
  path: string;
  body: unknown;
}

/** Answers requests by method and path; what has no answer is not found. */
function serve(replies: Record<string, (body: unknown) => unknown>): Call[] {
  const calls: Call[] = [];
  vi.stubGlobal(
    "fetch",
    vi.fn(async (path: string, init?: RequestInit) => {
      const method = init?.method ?? "GET";
      const body: unknown = typeof init?.body === "string" ? JSON.parse(init.body) : undefined;
      calls.push({ method, path, body });
      const reply = replies[`${method} ${path}`];
      if (!reply) return Response.json({ title: "Not found", status: 404 }, { status: 404 });
      const value = await reply(body);
      if (value instanceof Response) return value;
      return value === undefined ? new Response(null, { status: 204 }) : Response.json(value);
    }),
  );
  return calls;
}

function show(children: ReactNode) {
  const root = createRootRoute();
  const at = (path: string) => createRoute({ getParentRoute: () => root, path, component: () => children });
  const router = createRouter({
    routeTree: root.addChildren([at("/"), at("/c/$conversationId"), at("/shared"), at("/indexed")]),
    history: createMemoryHistory({ initialEntries: ["/c/c1"] }),
  });
  const actions = { open: vi.fn(), ask: vi.fn(), edit: vi.fn() };
  const view = render(
    <MantineProvider env="test">
      <QueryClientProvider client={createQueryClient()}>
        <SessionContext value={session}>
          <ChatContext value={actions}>
            {/* Of another type than that of the application, which is registered. */}
            <RouterProvider router={router as never} />
          </ChatContext>
        </SessionContext>
      </QueryClientProvider>
    </MantineProvider>,
  );
  return { ...actions, ...view };
}

async function expectNoViolations(element: Element): Promise<void> {
  const { violations } = await axe.run(element, { rules: { "color-contrast": { enabled: false }, region: { enabled: false } } });
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`)).toEqual([]);
}

beforeEach(() => {
  rendered.turns = [];
  // Everything is in view.
  vi.stubGlobal(
    "IntersectionObserver",
    class {
      constructor(private readonly tell: (entries: unknown[]) => void) {}
      observe(target: Element): void {
        this.tell([{ isIntersecting: true, target }]);
      }
      disconnect(): void {}
    },
  );
});
afterAll(() => vi.unstubAllGlobals());

const summary = { id: "c1", title: "Leave", created_at: "2026-11-22T09:00:00Z", updated_at: "2026-11-22T09:00:00Z", pinned: false };

/** An answer that arrives sentence by sentence. */
function arriving(whole: Answer): Response {
  const events = [
    ...whole.sentences.map((sentence, index) => ["sentence", { index, ...sentence }] as const),
    ["final", whole] as const,
  ];
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const [event] = events.splice(0, 1);
      if (event) controller.enqueue(encoder.encode(`event: ${event[0]}\ndata: ${JSON.stringify(event[1])}\n\n`));
      else controller.close();
    },
  });
  return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
}

describe("a long conversation", () => {
  it("is not rendered again while the next question is written and its answer arrives", async () => {
    const turns: Answer[] = Array.from({ length: 10 }, (_, at) => {
      const sentences = Array.from({ length: 20 }, (_unused, n) => ({ text: `Sentence ${n}.`, citations: [citation(1, n)] }));
      return answer({ answer_id: `a${at}`, question: `Question ${at}?`, sentences });
    });
    serve({
      "GET /v1/conversations/c1": () => ({ ...summary, turns }),
      "GET /v1/conversations?limit=50": () => ({ conversations: [summary], next: null }),
      "POST /v1/ask": () => arriving(answer({ answer_id: "a10", question: "So?", sentences: turns[0]?.sentences ?? [] })),
    });
    show(<ChatPage session={session} />);
    await screen.findByRole("heading", { name: "Question 9?" });
    await screen.findByRole("heading", { name: "Leave", level: 1 });
    expect(document.querySelectorAll("[data-citation]")).toHaveLength(200);
    expect(new Set(rendered.turns).size).toBe(10);
    rendered.turns = [];
    await userEvent.type(screen.getByLabelText("Your question"), "So?");
    expect(rendered.turns).toEqual([]);
    await userEvent.keyboard("{Enter}");
    await waitFor(() => expect(document.querySelectorAll("[data-citation]")).toHaveLength(220));
    const untouched = turns.slice(0, 9).map(({ answer_id }) => answer_id);
    expect(rendered.turns.filter((key) => untouched.includes(key))).toEqual([]);
  }, SLOW_MS);
});

describe("feedback", () => {
  const given: Given = {
    answer_id: "a1",
    rating: "down",
    reasons: [],
    comment: "",
    created_at: "2026-11-22T09:00:00Z",
    updated_at: "2026-11-22T09:00:00Z",
  };

  it("is kept at the first press, with reasons for who wants to give them", async () => {
    const calls = serve({
      "GET /v1/answers/a1/feedback": () => null,
      "PUT /v1/answers/a1/feedback": (body) => ({ ...given, ...(body as object) }),
      "DELETE /v1/answers/a1/feedback": () => undefined,
    });
    const { container } = show(<Feedback answerId="a1" />);
    const thumb = await screen.findByRole("button", { name: "Bad answer" });
    expect(thumb.getAttribute("aria-pressed")).toBe("false");
    await userEvent.click(thumb);
    await screen.findByRole("heading", { name: "What was wrong?" });
    expect(thumb.getAttribute("aria-pressed")).toBe("true");
    await expectNoViolations(container);
    await userEvent.click(screen.getByLabelText("Should have refused"));
    await userEvent.type(screen.getByLabelText("Comment"), "No basis.");
    await userEvent.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(screen.queryByLabelText("Comment")).toBeNull());
    const sent = calls.filter(({ method }) => method === "PUT").map(({ body }) => body);
    expect(sent).toEqual([
      { rating: "down", reasons: [], comment: "" },
      { rating: "down", reasons: ["should_have_refused"], comment: "No basis." },
    ]);
    expect(document.activeElement).toBe(thumb);
    await userEvent.click(thumb);
    expect(await screen.findByLabelText<HTMLTextAreaElement>("Comment")).toHaveProperty("value", "No basis.");
    await userEvent.click(screen.getByRole("button", { name: "Withdraw" }));
    await waitFor(() => expect(thumb.getAttribute("aria-pressed")).toBe("false"));
  }, SLOW_MS);

  it("that was given before keeps its reasons where a thumb is pressed before they are read", async () => {
    let read: ((before: Given) => void) | undefined;
    const calls = serve({
      "GET /v1/answers/a1/feedback": () => new Promise<Given>((resolve) => (read = resolve)),
      "PUT /v1/answers/a1/feedback": (body) => ({ ...given, ...(body as object) }),
    });
    let comeIntoView = (): void => undefined;
    vi.stubGlobal(
      "IntersectionObserver",
      class {
        constructor(tell: (entries: unknown[]) => void) {
          comeIntoView = () => tell([{ isIntersecting: true }]);
        }
        observe(): void {}
        disconnect(): void {}
      },
    );
    show(<Feedback answerId="a1" />);
    const thumb = await screen.findByRole("button", { name: "Bad answer" });
    await userEvent.click(thumb);
    // A busy browser says that it is in view only once it has been pressed.
    act(() => comeIntoView());
    await waitFor(() => expect(calls.map(({ method }) => method)).toEqual(["GET"]));
    act(() => read?.({ ...given, comment: "No basis." }));
    expect(await screen.findByLabelText("Comment")).toHaveProperty("value", "No basis.");
    expect(calls.map(({ method }) => method)).toEqual(["GET"]);
    await userEvent.click(screen.getByRole("button", { name: "Good answer" }));
    await screen.findByRole("heading", { name: "What was good?" });
    expect(calls.map(({ method }) => method)).toEqual(["GET", "PUT"]);
    expect(thumb.getAttribute("aria-pressed")).toBe("false");
  });

  it("that cannot be kept says so", async () => {
    serve({ "GET /v1/answers/a1/feedback": () => null });
    show(<Feedback answerId="a1" />);
    await userEvent.click(await screen.findByRole("button", { name: "Good answer" }));
    expect(await screen.findByText("Not found")).toBeDefined();
    expect(screen.getByRole("button", { name: "Good answer" }).getAttribute("aria-pressed")).toBe("false");
  });
});

describe("the head of an answer", () => {
  it("explains what was redacted to who asks for it", async () => {
    const values = [
      { kind: "PERSON", restored: 2, kept: 1 },
      { kind: "PHONE_NUMBER", restored: 0, kept: 1 },
    ];
    const { container } = show(<AnswerFacts answer={answer({ values })} />);
    const badge = await screen.findByRole("button", { name: "2 values restored, 2 hidden" });
    expect(screen.queryByRole("table")).toBeNull();
    await userEvent.click(badge);
    const rows = within(screen.getByRole("table", { name: "Values of this answer" })).getAllByRole("row");
    expect(rows.map((row) => row.textContent)).toEqual(["KindRestoredHidden", "Person21", "Phone number01"]);
    await expectNoViolations(container);
  });
});

describe("where to read on", () => {
  it("asks about a section of a cited document, and is not there where there is none", async () => {
    const document = citation(1, 1).document;
    serve({ "GET /v1/answers/a1/follow-ups": () => ({ sections: [{ document, heading: "Carrying over" }] }) });
    const { ask } = show(<FollowUps answerId="a1" />);
    await userEvent.click(await screen.findByRole("button", { name: /Carrying over/ }));
    expect(ask).toHaveBeenCalledWith("What does “Leave policy” say about “Carrying over”?");
    serve({});
    show(<FollowUps answerId="a2" />);
    expect(screen.getAllByRole("region")).toHaveLength(1);
  });
});

describe("the history", () => {
  const list = (number: number, change: object = {}) =>
    Array.from({ length: number }, (_, at) => ({ ...summary, id: `c${at}`, title: `Talk ${at}`, ...change }));

  it("stands in the server's order, those that are pinned apart", () => {
    const now = new Date("2026-11-22T12:00:00Z");
    const groups = grouped([...list(1, { pinned: true }), ...list(2)], now);
    expect(groups.map(([name, group]) => [name, group.length])).toEqual([
      ["Pinned", 1],
      ["Today", 2],
    ]);
  });

  it("is searched by the server, and is shown page by page", async () => {
    const calls = serve({
      "GET /v1/conversations?limit=50": () => ({ conversations: list(9), next: "n" }),
      "GET /v1/conversations?limit=50&cursor=n": () => ({ conversations: list(1, { id: "c99", title: "Talk 99" }), next: null }),
      "GET /v1/conversations?limit=50&text=pumps": () => ({ conversations: list(1, { title: "Seal kits" }), next: null }),
    });
    show(<History currentId="c0" onOpened={vi.fn()} onDeleted={vi.fn()} />);
    await userEvent.click(await screen.findByRole("button", { name: "Show more" }));
    expect(await screen.findByRole("link", { name: "Talk 99" })).toBeDefined();
    await userEvent.type(screen.getByLabelText("Search your conversations"), "pumps");
    expect(await screen.findByRole("link", { name: "Seal kits" })).toBeDefined();
    // Not once for each letter.
    expect(calls.filter(({ path }) => path.includes("text="))).toHaveLength(1);
  });
});

describe("sharing", () => {
  it("says what others will see, where nobody is named, and what the server refuses", async () => {
    const calls = serve({ "GET /v1/conversations/c1/shares": () => ({ shares: [] }) });
    show(<ShareDialog conversation={summary} onClose={vi.fn()} onSaid={vi.fn()} onDeleted={vi.fn()} />);
    const dialog = await screen.findByRole("dialog", { name: "Share this conversation" });
    expect(dialog.textContent).toMatch(/only if they may read its sources themselves/);
    expect(await within(dialog).findByText("It is shared with nobody.")).toBeDefined();
    const send = within(dialog).getByRole("button", { name: "Share" });
    await userEvent.click(send);
    expect(within(dialog).getByText("Write the e-mail address of a colleague.")).toBeDefined();
    expect(document.activeElement).toBe(within(dialog).getByLabelText("E-mail address"));
    expect(calls.some(({ method }) => method === "POST")).toBe(false);
    await userEvent.click(within(dialog).getByText("Everyone"));
    await userEvent.click(send);
    expect((await within(dialog).findByRole("alert")).textContent).toBeDefined();
    expect(calls.find(({ method }) => method === "POST")?.body).toEqual({ person: "", group: "everyone" });
    await expectNoViolations(dialog);
  });
});
