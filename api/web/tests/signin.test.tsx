import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createQueryClient } from "../src/api/queries";
import type { Problem, Session } from "../src/api/types";
import { failureOf } from "../src/signin/failures";
import { SignInPage } from "../src/signin/SignInPage";

function session(change: Partial<Session> = {}): Session {
  return {
    signed_in: false,
    may: [],
    person: null,
    demo: { open: false, reason: "", people: [] },
    ways: { sso: null, passwords: false },
    organisation: "Example Bank",
    version: "0",
    suggestions: [],
    ...change,
  };
}

async function show(given: Session, link = "", failure: Problem | null = null) {
  const page = createRootRoute({ component: () => <SignInPage session={given} link={link} failure={failure} /> });
  const router = createRouter({ routeTree: page, history: createMemoryHistory() });
  render(
    <MantineProvider>
      <QueryClientProvider client={createQueryClient()}>
        <RouterProvider router={router as never} />
      </QueryClientProvider>
    </MantineProvider>,
  );
  await screen.findByRole("heading", { level: 2 });
}

/** What the page sent, and how it was answered. */
function answering(status: number, body: unknown) {
  const sent: { path: string; json: unknown }[] = [];
  vi.stubGlobal("fetch", (path: string, init: { body: string }) => {
    sent.push({ path, json: JSON.parse(init.body) });
    return Promise.resolve(new Response(JSON.stringify(body), { status }));
  });
  return sent;
}

afterEach(() => vi.unstubAllGlobals());

describe("what the address says of a sign-in that failed", () => {
  it("is told in our own words", () => {
    expect(failureOf("?problem=unknown&reference=" + "a".repeat(32))).toMatchObject({
      detail: "Your account is not known here.",
      trace_id: "a".repeat(32),
    });
    expect(failureOf("?other=1")).toBeNull();
  });

  it("shows nothing that somebody wrote into it", () => {
    const failure = failureOf("?problem=Call+0800-FRAUD&reference=Call+0800-FRAUD");
    expect(JSON.stringify(failure)).not.toContain("FRAUD");
    expect(failure?.detail).toBe("The sign-in could not be verified.");
    expect(failureOf("?problem=constructor")?.detail).toBe("The sign-in could not be verified.");
  });
});

describe("the sign-in page", () => {
  it("leads to the organisation's sign-in and offers no password where there is none", async () => {
    await show(session({ ways: { sso: { name: "Example Bank", start: "/v1/session/oidc" }, passwords: false } }));
    const link = screen.getByRole("link", { name: "Sign in with Example Bank" });
    expect(link.getAttribute("href")).toBe("/v1/session/oidc");
    expect(screen.queryByLabelText("Password")).toBeNull();
  });

  it("shows what went wrong", async () => {
    await show(session(), "", failureOf("?problem=disabled"));
    expect(screen.getByRole("alert").textContent).toContain("Your account here was closed.");
  });

  it("says what the page is before what went wrong on it", async () => {
    const demo = { open: true, reason: "", people: [] };
    await show(session({ demo }), "", failureOf("?problem=disabled"));
    const about = screen.getByText(/This is a demo company/);
    expect(about.compareDocumentPosition(screen.getByRole("alert"))).toBe(Node.DOCUMENT_POSITION_FOLLOWING);
  });

  it("sends address and password", async () => {
    const sent = answering(401, { title: "Sign in first", detail: "Wrong.", hint: "", code: "unauthenticated" });
    await show(session({ ways: { sso: null, passwords: true } }));
    await userEvent.type(screen.getByLabelText("E-mail address"), "ana@x.example");
    await userEvent.type(screen.getByLabelText("Password"), "seven green kettles");
    await userEvent.click(screen.getByRole("button", { name: "Sign in" }));
    await waitFor(() => {
      expect(screen.getByRole("alert").textContent).toContain("Wrong.");
    });
    const json = { email: "ana@x.example", password: "seven green kettles" };
    expect(sent).toEqual([{ path: "/v1/session", json }]);
  });

  it("sets a password with a link, and does not use the link before", async () => {
    const sent = answering(422, { title: "No", detail: "Too easy.", hint: "", code: "invalid" });
    await show(session({ ways: { sso: null, passwords: true } }), "vp_token");
    expect(sent).toEqual([]);
    const choose = screen.getByRole<HTMLButtonElement>("button", { name: "Set the password and sign in" });
    await userEvent.type(screen.getByLabelText("New password"), "seven green kettles");
    expect(choose.disabled).toBe(true);
    await userEvent.type(screen.getByLabelText("Once more"), "seven green kettles");
    await userEvent.click(choose);
    await waitFor(() => {
      expect(screen.getByRole("alert").textContent).toContain("Too easy.");
    });
    const json = { link: "vp_token", password: "seven green kettles" };
    expect(sent).toEqual([{ path: "/v1/session/password", json }]);
  });
});
