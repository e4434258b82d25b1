// What a connector owner does: adds sources, watches them, mends what fails.

import assert from "node:assert/strict";
import { focusedBy, inspect, VOUCH_SCHEME, VOUCH_URL, VOUCH_WIDTH } from "../browser.mjs";

const { VOUCH_LINK = "", VOUCH_SITE } = process.env;
/** A breach is noticed, and its end, when the bounds are reviewed. */
const REVIEWED = { timeout: 90_000 };

async function arrive(page, path = "/sources") {
  const link = new URL(VOUCH_LINK);
  await page.goto(`${VOUCH_URL}${link.pathname}${link.hash}`);
  await page.getByRole("navigation", { name: "Areas" }).or(page.getByLabel("Your question")).first().waitFor();
  await page.goto(`${VOUCH_URL}${path}`);
}

async function call(page, method, path, body) {
  const response = await page.request.fetch(`${VOUCH_URL}/v1${path}`, {
    method,
    headers: { "X-Vouch": "1" },
    ...(body ? { data: body } : {}),
  });
  assert.ok(response.ok(), `${method} ${path}: ${response.status()} ${await response.text()}`);
  return response.json();
}

function site(name, config = {}, plan = {}) {
  return {
    name,
    kind: "web",
    check: false,
    config: {
      url: `${VOUCH_SITE}/sitemap.xml`,
      access: [{ prefix: "/", allow: ["everyone"] }],
      requests_per_second: 500,
      ...config,
    },
    plan: { poll: { every: "1h" }, bounds: { content: "3h" }, ...plan },
  };
}

async function add(page, name, config, plan) {
  await call(page, "POST", "/sources", site(name, config, plan));
}

async function idle(page, name) {
  for (;;) {
    const { activity, health } = await call(page, "GET", `/sources/${encodeURIComponent(name)}/watch`);
    if (activity === "idle" && health !== "new") return;
    await page.waitForTimeout(300);
  }
}

function at(name, tab) {
  return `${VOUCH_URL}/sources/s/${encodeURIComponent(name)}${tab ? `?tab=${tab}` : ""}`;
}

const health = (page, state) => page.locator(`[data-health="${state}"]`).first();
const activity = (page, state) => page.locator(`[data-activity="${state}"]`).first();
const heading = (page, name) => page.getByRole("heading", { level: 1, name });
/** A narrow table says in one cell what a wide one has a column for. */
const seen = (element) => element.filter({ visible: true });
/** The next runs come a moment after what is written. */
const workedOut = (page) => page.waitForFunction(() => !document.querySelector("[aria-busy=true]"));
const announced = (page, text) => page.getByRole("status").filter({ hasText: text }).first();

async function overview(page) {
  await page.getByRole("heading", { name: "Freshness against its bounds" }).waitFor();
  await page.getByRole("heading", { name: "Times outside a bound" }).waitFor();
}

async function chooseWeb(page) {
  await page.getByRole("link", { name: "Add a source" }).first().click();
  await page.getByRole("button", { name: "Web site" }).click();
  await page.getByRole("heading", { name: "Step 2 of 5: Connection" }).waitFor();
}

async function allowEveryone(page) {
  await page.getByRole("button", { name: "Add to Access" }).click();
  const entry = page.getByRole("group", { name: "Access 1" });
  await entry.getByLabel("Prefix").fill("/");
  await entry.getByLabel("Allow").fill("everyone");
  await entry.getByLabel("Allow").press("Enter");
}

export const journeys = {
  async adds_a_source_and_recovers_its_breach(page) {
    await arrive(page);
    await chooseWeb(page);
    // What is needed is said at its field, which gets the focus.
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByText("This is needed.").first().waitFor();
    await page.waitForFunction(() => document.activeElement?.id === "source-name");
    // A name that is taken would change the source that has it.
    await page.getByLabel("Name of the source").fill("HR files");
    await page.getByLabel("URL").fill("http://127.0.0.1:9/sitemap.xml");
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByText("You look after a source of this name already.").waitFor();
    await page.getByLabel("Name of the source").fill("Handbook site");
    await page.getByLabel("Requests per second").fill("20");
    await page.getByRole("button", { name: "Continue" }).click();
    await allowEveryone(page);
    await page.getByRole("button", { name: "Continue" }).click();
    // Nobody answers there: the check says at which step, and the way back keeps what was written.
    await announced(page, "stopped at a step").waitFor();
    assert.ok(await page.getByRole("button", { name: "Continue" }).isDisabled());
    await page.getByRole("button", { name: "Back" }).click();
    await page.getByRole("button", { name: "Back" }).click();
    await page.getByLabel("URL").fill(`${VOUCH_SITE}/sitemap.xml`);
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("button", { name: "Continue" }).click();
    await announced(page, "Each step went well.").waitFor();
    await page.getByText("pages are listed").waitFor();
    await page.getByRole("button", { name: "Continue" }).click();

    // A bound that its schedule cannot keep.
    await page.getByLabel("What changed: Every").fill("1");
    await page.getByLabel("What changed: Unit").selectOption("h");
    await page.getByLabel("Content: At most").fill("8");
    await page.getByLabel("Content: Unit").selectOption("s");
    const next = page.getByRole("list", { name: "Next runs: What changed" });
    await next.getByRole("listitem").nth(4).waitFor();
    await page.getByRole("button", { name: "Add it and read it" }).click();

    // Its first reading is followed live, to its end.
    await heading(page, "Handbook site").waitFor();
    await page.getByRole("region", { name: "What goes on now" }).waitFor();
    await page.getByText(/^\d+ of \d+ items$/).waitFor();
    await page.getByText(/12\d documents in the answers/).waitFor(REVIEWED);
    await health(page, "breached").waitFor(REVIEWED);

    await page.getByRole("link", { name: "All sources" }).first().click();
    await page.getByRole("link", { name: /^Needs attention/ }).click();
    assert.match(page.url(), /state=attention/);
    await page.getByRole("row", { name: /Handbook site/ }).getByText("Breached").waitFor();
    await page.getByRole("link", { name: "Handbook site" }).click();
    await page.getByRole("region", { name: "What is wrong" }).getByText(/Content: .* old, 8\ss allowed; outside for/).waitFor();
    const breaches = page.getByRole("group", { name: "Times outside a bound" });
    // Before its first reading had ended nobody could tell; the time outside its bound begins after that.
    await breaches.getByRole("row", { name: /Content Outside .*not yet/ }).waitFor(REVIEWED);

    await page.getByRole("link", { name: "Schedule" }).click();
    await page.getByLabel("Content: At most").fill("2");
    await page.getByLabel("Content: Unit").selectOption("h");
    await page.getByRole("button", { name: "Save the schedule" }).click();
    await announced(page, "Saved.").waitFor();
    await page.getByRole("button", { name: "Read now" }).click();
    await announced(page, "It was asked to be read.").waitFor();
    await health(page, "on_time").waitFor(REVIEWED);
    await page.getByRole("link", { name: "Overview" }).click();
    await breaches.getByRole("row", { name: /Content Outside (?!.*not yet)/ }).waitFor(REVIEWED);
    await page.getByRole("link", { name: "Changes" }).click();
    await page.getByRole("row", { name: /How late it may be: Content 8\ss 2\sh/ }).waitFor();
  },

  async tries_again_what_failed(page) {
    await arrive(page);
    await page.request.get(`${VOUCH_SITE}/break`);
    await add(page, "Failing pages");
    await idle(page, "Failing pages");
    await page.goto(at("Failing pages", "failures"));
    const away = page.getByRole("row", { name: /away\.html/ });
    await seen(away.getByText("Waits", { exact: true })).waitFor();
    const broken = page.getByRole("row", { name: /broken\.pdf/ });
    await seen(broken.getByText("Waits for a change or for you")).waitFor();
    await page.getByRole("link", { name: /^Damaged/ }).click();
    await away.waitFor({ state: "detached" });
    assert.match(page.url(), /code=corrupt/);
    await page.getByRole("link", { name: /^All/ }).last().click();

    await page.request.get(`${VOUCH_SITE}/mend`);
    await away.getByRole("button", { name: /^Try .*away\.html again$/ }).click();
    await announced(page, "They are tried again now.").waitFor();
    await away.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Try all again" }).click();
    await seen(broken.getByText("Waits for a change or for you")).waitFor();
    await idle(page, "Failing pages");
    await page.request.get(`${VOUCH_SITE}/break`);
    await call(page, "DELETE", "/sources/Failing pages");
  },

  async stops_a_run(page) {
    await arrive(page);
    await add(page, "Long one", { requests_per_second: 20 });
    await page.goto(at("Long one"));
    await page.getByText("Reading what changed").waitFor();
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Stop" }).click();
    await announced(page, "It stops after the page").waitFor();
    await page.getByText("Stopping after this page").waitFor();
    await page.getByText("Stopping after this page").waitFor({ state: "detached" });
    await page.getByRole("link", { name: "Runs" }).click();
    await page.getByRole("row", { name: /What changed Stopped/ }).waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Pause" }).click();
    await activity(page, "paused").waitFor();
    await page.getByRole("button", { name: "Resume" }).click();
    await activity(page, "paused").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Remove" }).click();
    const asked = page.getByRole("dialog");
    await asked.getByText("This cannot be undone").waitFor();
    await asked.getByRole("button", { name: "Remove" }).click();
    await heading(page, "All sources").waitFor();
    await page.getByRole("link", { name: "Long one" }).waitFor({ state: "detached" });
  },

  async changes_settings_and_sees_the_history(page) {
    await arrive(page);
    await add(page, "Settled", { authorization: "env:SOURCES_TOKEN" });
    await idle(page, "Settled");
    await page.goto(at("Settled", "settings"));
    const secret = page.getByRole("row", { name: /Authorization env:SOURCES_TOKEN There/ });
    await seen(secret.getByText(/2100/)).waitFor();
    assert.doesNotMatch(await page.content(), /eyJhbGci/);
    await page.getByLabel("URL").fill("not an address");
    await page.getByRole("button", { name: "Check and save" }).click();
    await page.getByText(/write the address as/).waitFor();
    await page.waitForFunction(() => document.activeElement?.id === "setting-url");
    await page.getByLabel("URL").fill(`${VOUCH_SITE}/sitemap.xml`);
    await page.getByLabel("Requests per second").fill("400");
    await page.getByRole("button", { name: "Check and save" }).click();
    await announced(page, "Saved.").waitFor();

    await page.getByRole("link", { name: "Owners" }).click();
    const owners = page.getByRole("combobox", { name: "E-mail addresses" });
    await owners.fill("joanna.krasik@averholt.example");
    await owners.press("Enter");
    await page.getByRole("button", { name: "Save the owners" }).click();
    await page.getByText(/is not a connector owner/).waitFor();
    await page.getByRole("link", { name: "Changes" }).click();
    await page.getByRole("row", { name: /Requests per second 500 400/ }).waitFor();
    await idle(page, "Settled");
    await call(page, "DELETE", "/sources/Settled");
  },

  async looks_after_a_source_with_the_keyboard(page) {
    await arrive(page);
    await heading(page, "All sources").waitFor();
    await page.getByRole("link", { name: "HR files" }).waitFor();
    await focusedBy(page, "Tab", 'a[href="/sources/s/HR%20files"]');
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement?.matches("h1"));
    await heading(page, "HR files").waitFor();
    await page.getByRole("navigation", { name: "About this source" }).waitFor();
    await focusedBy(page, "Tab", 'a[href$="tab=schedule"]');
    await page.keyboard.press("Enter");
    await page.getByLabel("What changed: How").waitFor();
    await focusedBy(page, "Tab", '[aria-label="What changed: How"]');
    await page.keyboard.type("At set");
    await page.getByText(/At 02:30/).waitFor();
    await focusedBy(page, "Tab", 'button[type="submit"]');
    await page.keyboard.press("Enter");
    await announced(page, "Saved.").waitFor();
    await focusedBy(page, "Shift+Tab", '[aria-label="What changed: How"]');
    await page.keyboard.type("Only");
    await focusedBy(page, "Tab", 'button[type="submit"]');
    await page.keyboard.press("Enter");
    await page.getByText("Nothing is changed yet.").waitFor();
  },

  async finds_no_source_of_another_owner(page) {
    await arrive(page);
    await page.getByRole("link", { name: "Finance" }).waitFor();
    assert.equal(await page.getByRole("link", { name: "HR files" }).count(), 0);
    await page.goto(at("HR files"));
    await page.getByText("There is no source named “HR files”.").waitFor();
  },

  async is_told_that_sources_are_not_for_them(page) {
    await arrive(page);
    await page.getByText("This page is not for your roles").waitFor();
    // Only the way back.
    assert.deepEqual(await page.getByRole("navigation", { name: "Areas" }).getByRole("link").allInnerTexts(), ["Ask"]);
  },

  async looks_at_every_sources_page(page) {
    const name = `Look ${VOUCH_SCHEME} ${VOUCH_WIDTH}`;
    await arrive(page);
    await heading(page, "All sources").waitFor();
    await add(page, name, { authorization: "env:SOURCES_TOKEN" }, { bounds: { content: "1s" } });
    await add(page, `${name} away`, { url: "http://127.0.0.1:9/", authorization: "env:SOURCES_MISSING" });
    await add(page, `${name} slow`, { requests_per_second: 2 });
    await idle(page, name);

    await page.goto(`${VOUCH_URL}/sources`);
    await page.getByRole("link", { name, exact: true }).waitFor();
    await inspect(page, "list");
    await page.goto(`${VOUCH_URL}/sources?text=nothing+like+it`);
    await page.getByText("No source fits").waitFor();
    await inspect(page, "list-none");

    await page.goto(at(`${name} slow`));
    await page.getByRole("region", { name: "What goes on now" }).getByRole("progressbar").waitFor();
    await overview(page);
    await inspect(page, "running");
    await page.goto(at(`${name} away`));
    await page.getByRole("region", { name: "What is wrong" }).waitFor();
    await overview(page);
    await inspect(page, "failing");

    await page.goto(at(`${name} away`, "settings"));
    await page.getByRole("button", { name: "Check the connection" }).click();
    await announced(page, "stopped at a step").waitFor();
    await page.getByText("Connection check").scrollIntoViewIfNeeded();
    await inspect(page, "check-failed");

    await page.goto(at(name));
    await page.locator("summary", { hasText: "The same as a table" }).click();
    await page.getByRole("heading", { name: "Who may read it" }).waitFor();
    await overview(page);
    await heading(page, name).evaluate((element) => element.scrollIntoView({ block: "end" }));
    await inspect(page, "overview");
    await page.goto(at(name, "runs"));
    await page.getByRole("row", { name: /Done/ }).first().waitFor();
    await inspect(page, "runs");
    await page.goto(at(name, "failures"));
    await page.getByRole("row", { name: /broken\.pdf/ }).waitFor();
    await inspect(page, "failures");
    await page.goto(at(`${name} away`, "failures"));
    await page.getByText("No single document failed").waitFor();
    await inspect(page, "failures-none");
    await page.goto(at(name, "schedule"));
    await page.getByLabel("What is gone: How").selectOption("cron");
    await page.getByRole("button", { name: "Add a window" }).click();
    await page.getByRole("list", { name: "Next runs: What is gone" }).getByRole("listitem").first().waitFor();
    await workedOut(page);
    await inspect(page, "schedule");
    await page.getByLabel("What is gone: Cron line").fill("99 2 * * *");
    const wrong = page.getByText("cannot be the minute");
    await wrong.waitFor();
    await wrong.evaluate((element) => element.scrollIntoView({ block: "center" }));
    await workedOut(page);
    await inspect(page, "schedule-fault");
    await page.goto(at(name, "settings"));
    await page.getByRole("button", { name: "Check the connection" }).click();
    await announced(page, "Each step went well.").waitFor();
    await page.getByText("More settings").click();
    await inspect(page, "settings");
    await page.goto(at("HR files", "settings"));
    await page.getByText(/only its operator changes them/).waitFor();
    await inspect(page, "settings-closed");
    await page.goto(at(name, "owners"));
    await page.getByRole("combobox", { name: "E-mail addresses" }).waitFor();
    await inspect(page, "owners");
    await page.goto(at(name, "changes"));
    await page.getByText("As it was added").waitFor();
    await inspect(page, "changes");
    await page.goto(at(name));
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Read everything again" }).click();
    await page.getByRole("dialog").getByText(/Judged by the run/).waitFor();
    await inspect(page, "backfill");
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Pause", exact: true }).click();
    await page.getByRole("dialog").getByText(/Nothing of it is read/).waitFor();
    await inspect(page, "pause");
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Remove" }).click();
    await page.getByRole("dialog").getByText("This cannot be undone").waitFor();
    await inspect(page, "remove");
    await page.goto(at("No such source"));
    await page.getByText("There is no source named").waitFor();
    await inspect(page, "missing");

    await page.goto(`${VOUCH_URL}/sources/add`);
    await page.getByRole("button", { name: "Web site" }).waitFor();
    await inspect(page, "add-kind");
    await page.goto(`${VOUCH_URL}/sources/add?kind=sql`);
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByText("This is needed.").first().waitFor();
    await inspect(page, "add-faults");
    await page.goto(`${VOUCH_URL}/sources/add?kind=web`);
    await page.getByLabel("Name of the source").fill(`${name} added`);
    await page.getByLabel("URL").fill(`${VOUCH_SITE}/sitemap.xml`);
    await page.getByRole("button", { name: "Continue" }).click();
    await allowEveryone(page);
    await inspect(page, "add-access");
    await page.getByRole("button", { name: "Continue" }).click();
    await announced(page, "Each step went well.").waitFor();
    await inspect(page, "add-check");
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("list", { name: "Next runs: What changed" }).getByRole("listitem").first().waitFor();
    await workedOut(page);
    await inspect(page, "add-schedule");
    for (const each of [name, `${name} away`, `${name} slow`]) {
      await call(page, "POST", `/sources/${encodeURIComponent(each)}/runs/stop`);
      await call(page, "PATCH", `/sources/${encodeURIComponent(each)}`, { state: "paused" });
    }
    await page.goto(at(`${name} away`));
    await activity(page, "paused").waitFor();
    await overview(page);
    await inspect(page, "paused");
  },
};

export const expected = {
  changes_settings_and_sees_the_history: [/status of 422/],
  finds_no_source_of_another_owner: [/status of 404/],
  looks_at_every_sources_page: [/status of 4(04|22)/],
};
