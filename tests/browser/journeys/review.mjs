// What reviewers do: find an answer and read its trail, verify and export the log, label, sign off, hold and report.

import assert from "node:assert/strict";
import { inspect, VOUCH_HANDS, VOUCH_URL, VOUCH_WIDTH, watch } from "../browser.mjs";
import { measured, scroll } from "../measuring.mjs";

const ASTRID = "astrid.kjeldmose@averholt.example";
const FEMKE = "femke.oudhof@averholt.example";
const JOANNA = "joanna.krasik@averholt.example";
const INCIDENT = "How quickly must I report a security incident?";
const DELIVERY = "What is the standard delivery time for the AV-520?";
const REPORTS_TO = "To whom does Rasmus Thyholt report?";

/** Signs in without the first page, and opens one of reviewing. */
async function review(page, path, email = ASTRID) {
  await page.goto(VOUCH_URL);
  await page.getByRole("button", { name: /Joanna Krasik/ }).waitFor();
  await page.evaluate(async (who) => {
    const headers = { "X-Vouch": "1", "Content-Type": "application/json" };
    await fetch("/v1/session", { method: "POST", headers, body: JSON.stringify({ email: who }) });
  }, email);
  await visit(page, path);
}

async function visit(page, path) {
  await page.goto(`${VOUCH_URL}${path}`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await settled(page);
}

/** Until everything that the page asked for is there: its code, what it shows, and no place is held for more. */
async function settled(page) {
  await page.waitForLoadState("networkidle");
  await page.waitForFunction(() => !document.querySelector('main [role="status"][aria-label], main progress'));
}

/** Sends what a page would, and takes it where it was done already. */
async function send(page, method, path, body) {
  return page.evaluate(
    async ({ method, path, body }) => {
      const headers = { "X-Vouch": "1", "Content-Type": "application/json" };
      const reply = await fetch(path, { method, headers, body: JSON.stringify(body) });
      return reply.status === 204 ? {} : reply.json();
    },
    { method, path, body },
  );
}

/** Something in each list of reviewers: a review that was drawn, a rule, and a hold. */
async function furnish(page) {
  await send(page, "POST", "/v1/reviews/samples", { rule: "source", of: "People", size: 1 });
  await send(page, "PUT", "/v1/reviews/rules/looked-at", {
    rule: "random", every: "week", rate: 0.1, least: 1, most: 20, why: "Control 7",
  });
  const { answers } = await send(page, "GET", "/v1/review/answers?source=People");
  await send(page, "POST", "/v1/holds", { kind: "answer", target: answers[0].id, why: "Looked at" });
}

/** Takes away what stands in the way of others. */
async function clear(page) {
  const { rules } = await send(page, "GET", "/v1/reviews/rules");
  for (const { name, revision } of rules) {
    await send(page, "POST", `/v1/reviews/rules/${name}/end`, { revision, why: "Seen" });
  }
  const { holds } = await send(page, "GET", "/v1/holds");
  for (const { id } of holds) await send(page, "POST", `/v1/holds/${id}/lift`, { why: "Seen" });
}

async function said(page, pattern) {
  await page.getByRole("status").filter({ hasText: pattern }).first().waitFor();
}

function dialog(page, name) {
  return page.getByRole("dialog", { name });
}

async function because(box, why) {
  await box.getByRole("textbox", { name: "Reason" }).fill(why);
}

async function openAnswer(page, question) {
  await visit(page, "/review/answers");
  await page.getByRole("link", { name: question }).first().click();
  await page.getByRole("heading", { level: 1, name: question }).waitFor();
}

async function saved(page, button, path) {
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: button }).click()]);
  if (path) await file.saveAs(path);
  return file.suggestedFilename();
}

async function tabTo(page, target, limit = 120) {
  for (let presses = 0; presses < limit; presses += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  assert.fail("the keyboard did not get there");
}

function inNumber(text) {
  return Number.parseInt(text.replaceAll(",", ""), 10);
}

/** Keeps what happens to the rows of a table: how many there are at most, how often those of one page give way to a gap,
 * and whatever else changes once they are there. How long ago something was is told anew by itself. */
const WATCH_ROWS = (box) => {
  const table = box.querySelector("table");
  const count = () => [...table.tBodies].reduce((sum, page) => sum + page.rows.length, 0);
  const isGap = (row) => row.querySelector("td[style]") !== null;
  const gaps = new Map();
  const watched = { most: count(), gaps: 0, changes: [] };
  new MutationObserver((changes) => {
    const given = new Set();
    const changed = new Set();
    for (const { type, target, addedNodes, removedNodes } of changes) {
      if (target.parentElement === table && target.tagName === "TBODY") {
        changed.add(target);
        if ([...addedNodes].some(isGap)) gaps.set(target, (gaps.get(target) ?? 0) + 1);
        if ([...addedNodes, ...removedNodes].some(isGap)) given.add(target);
      } else if (!(target === table && removedNodes.length === 0) && !target.parentElement?.closest("time")) {
        watched.changes.push(`${type} in ${target.nodeName}`);
      }
    }
    // The rows of a page come and go all together, for a gap.
    for (const page of changed) if (!given.has(page)) watched.changes.push("rows of a page anew");
    watched.gaps = Math.max(0, ...gaps.values());
    watched.most = Math.max(watched.most, count());
  }).observe(table, { subtree: true, childList: true, attributes: true, characterData: true });
  window.watched = watched;
};

/** Whether the first record of all, which is the last row, is in view. Asked while it scrolls, so it costs little. */
const SEES_FIRST = () => {
  const number = document.querySelector("tbody:last-child tr:last-child th");
  return number?.textContent === "1" && number.getBoundingClientRect().top < window.innerHeight;
};

export const journeys = {
  async finds_an_answer_verifies_the_log_and_exports_it(page) {
    await review(page, "/review");
    await page.getByRole("link", { name: "Find an answer" }).click();
    await page.getByLabel("Source", { exact: true }).selectOption("People");
    await said(page, /fits?$/);
    assert.match(page.url(), /source=People/);
    await page.getByRole("link", { name: REPORTS_TO }).first().click();

    const trail = page.getByRole("list", { name: "Trail" });
    await trail.getByRole("heading", { name: "Access decision" }).waitFor();
    await trail.getByText("As the log has it").first().waitFor();
    await trail.getByText(/^scribe-20\d\d/).first().waitFor();
    assert.match(await trail.innerText(), /mirjam|\[PERSON_/i);
    await page.getByRole("link", { name: "Evidence", exact: true }).click();
    await page.getByRole("group", { name: "Snapshot" }).locator("mark").first().waitFor();
    await page.getByRole("link", { name: "Replay", exact: true }).click();
    await page.getByText("Matches the log", { exact: true }).first().waitFor();
    await page.getByRole("link", { name: "Compare", exact: true }).click();
    await page.getByText("Everything cited still stands").waitFor();
    await page.getByRole("button", { name: "Read the source itself now" }).click();
    await page.getByRole("heading", { name: "As its source has it now" }).first().waitFor();

    await page.getByRole("link", { name: "Trail", exact: true }).click();
    await page.getByRole("table", { name: "Records of the log" }).getByRole("link").first().click();
    await page.getByRole("button", { name: "Show the proof" }).click();
    await page.getByRole("list", { name: "Inclusion proof" }).getByRole("listitem").first().waitFor();

    await page.getByRole("link", { name: "Log", exact: true }).click();
    const note = await page.getByRole("group", { name: "The note as it was signed" }).innerText();
    await page.getByLabel("Checkpoints that you kept").fill(note);
    await page.getByRole("button", { name: "Verify now" }).click();
    await page.getByRole("heading", { name: "The log is whole" }).waitFor();
    assert.equal(await saved(page, "Download the first key", process.env.VOUCH_KEY), "vouch.key");

    await page.getByRole("link", { name: "Export", exact: true }).last().click();
    await page.getByLabel("With a table for spreadsheets").check();
    assert.match(await saved(page, "Make the export", process.env.VOUCH_WHOLE), /^vouch-log-.*\.zip$/);
    await page.getByText("vouch audit verify --export").waitFor();

    await visit(page, "/review/records?kind=ask.outcome");
    await page.getByRole("row").nth(1).waitFor();
    await page.getByRole("link", { name: "Export these" }).click();
    await page.getByRole("radio", { name: "What fits a search", checked: true }).waitFor();
    await saved(page, "Make the export", process.env.VOUCH_SELECTION);
  },

  async labels_an_answer_that_another_signs_off(page) {
    await review(page, "/review/samples");
    await page.getByRole("button", { name: "Draw a sample" }).click();
    const drawing = dialog(page, "Draw a sample");
    await drawing.getByLabel("Which answers").selectOption("feedback");
    await drawing.getByRole("button", { name: "Count first" }).click();
    await drawing.getByText("1 answer may be drawn; 1 would be.").waitFor();
    await drawing.getByRole("button", { name: "Draw", exact: true }).click();
    await said(page, /1 answer is in the queue now/);
    await page.getByRole("row", { name: /With a thumb down/ }).getByRole("link", { name: "1" }).click();
    await page.getByRole("table", { name: "Queue" }).getByRole("link").first().click();

    await page.getByRole("button", { name: "Show the answer here" }).click();
    await page.getByText(INCIDENT).waitFor();
    await page.getByRole("button", { name: "Take it" }).click();
    await said(page, /The review is assigned/);
    await page.getByRole("radio", { name: "Partly correct" }).check();
    await page.getByLabel("How severe is it?").selectOption("medium");
    await page.getByRole("button", { name: "Save the label" }).click();
    await said(page, /The label is saved/);
    await page.getByRole("textbox", { name: "Note" }).fill("It leaves out whom to call.");
    await page.getByRole("button", { name: "Add the note" }).click();
    await said(page, /The note is added/);
    await page.getByText("Somebody else signs it off.").waitFor();

    const context = await page.context().browser().newContext({ viewport: { width: 1360, height: 800 } });
    context.setDefaultTimeout(30_000);
    const femke = await context.newPage();
    const faults = await watch(femke, []);
    await review(femke, new URL(page.url()).pathname, FEMKE);
    await femke.getByRole("button", { name: "Sign off" }).click();
    await dialog(femke, /Sign this review off/).getByRole("button", { name: "Sign off" }).click();
    await said(femke, /The review is signed off/);
    await femke.getByRole("row", { name: /Signed off.*femke/ }).waitFor();
    assert.deepEqual(faults, []);
    await context.close();

    await visit(page, "/review/rules");
    await page.getByRole("button", { name: "Set a rule" }).click();
    const setting = dialog(page, "Set a standing rule");
    await setting.getByLabel("Name").fill("weekly");
    await because(setting, "Control 7");
    await setting.getByRole("button", { name: "Save" }).click();
    const row = page.getByRole("row", { name: /weekly.*At random/ });
    await row.getByRole("button", { name: "End" }).click();
    const ending = dialog(page, /End the rule weekly/);
    await because(ending, "Another control holds");
    await ending.getByRole("button", { name: "End" }).click();
    await page.getByText("No rule is set").waitFor();
  },

  async finds_what_somebody_asked_by_their_address(page) {
    await review(page, "/review/answers");
    await page.getByRole("button", { name: "Find by address" }).click();
    const finding = dialog(page, "Find a person by their address");
    await finding.getByLabel("E-mail address").fill(JOANNA);
    await because(finding, "A complaint of hers");
    await finding.getByRole("button", { name: "Look up" }).click();
    await said(page, /narrowed to this person/);
    assert.match(page.url(), /person=[0-9a-f]{32}/);
    await openAnswer(page, INCIDENT);
    await page.getByRole("button", { name: "Who is this?" }).first().click();
    const asking = dialog(page, /Look up the person/);
    await because(asking, "The same complaint");
    await asking.getByRole("button", { name: "Look up" }).click();
    await said(page, /Joanna Krasik, joanna\.krasik@/);
  },

  async holds_an_answer_and_lifts_it(page) {
    await review(page, "/review");
    await openAnswer(page, INCIDENT);
    await page.getByRole("button", { name: "Hold", exact: true }).click();
    const holding = dialog(page, "Hold this answer?");
    await because(holding, "Case 14");
    await holding.getByRole("button", { name: "Hold", exact: true }).click();
    await said(page, /The answer is held/);
    await page.getByText("Held", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Hold", exact: true }).waitFor({ state: "detached" });
    // What opened the dialog has gone: the keyboard goes on at the title.
    await page.waitForFunction(() => document.activeElement?.tagName === "H1");
    await page.getByRole("link", { name: "Holds", exact: true }).click();
    const row = page.getByRole("row", { name: /Case 14/ });
    await row.getByRole("button", { name: "Lift" }).click();
    const lifting = dialog(page, "Lift this hold?");
    await because(lifting, "Closed");
    await lifting.getByRole("button", { name: "Lift" }).click();
    await said(page, /The hold is lifted/);
    await page.getByRole("link", { name: "Also lifted ones" }).click();
    await row.getByText("Lifted", { exact: true }).waitFor();
  },

  async takes_a_report_along(page) {
    await review(page, "/review/dashboards");
    const verified = page.getByRole("region", { name: "Sentences that were verified" });
    await verified.getByRole("img").waitFor();
    await verified.getByRole("row").nth(1).getByRole("link", { name: / of / }).click();
    await page.getByRole("heading", { level: 1, name: "Records that are counted" }).waitFor();
    assert.match(page.url(), /sentences.*shown/);
    await page.getByRole("row").nth(1).waitFor();
    await visit(page, "/review/weekly");
    await page.getByRole("row", { name: /^Questions \d/ }).waitFor();
    assert.match(await saved(page, "Download as PDF"), /\.pdf$/);
    await page.getByText(/^Saved as vouch-weekly/).waitFor();
    await page.getByRole("link", { name: "Data map" }).click();
    await page.getByText(/Nothing was sent that today’s policy forbids/).waitFor();
    assert.match(await saved(page, "Download as CSV"), /\.csv$/);
  },

  async reviews_with_the_keyboard_alone(page) {
    await review(page, "/review/answers");
    // No sample has drawn it.
    const answer = page.getByRole("link", { name: DELIVERY }).first();
    await answer.waitFor();
    await tabTo(page, answer);
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement?.tagName === "H1");
    const queue = page.getByRole("button", { name: "Queue for review" });
    await queue.waitFor();
    await tabTo(page, queue);
    await page.keyboard.press("Enter");
    await dialog(page, /Put this answer into the queue/).waitFor();
    await page.keyboard.press("Escape");
    await dialog(page, /Put this answer into the queue/).waitFor({ state: "detached" });
    await page.waitForFunction(() => document.activeElement?.textContent === "Queue for review");
    const compare = page.getByRole("link", { name: "Compare", exact: true });
    await tabTo(page, compare);
    await page.keyboard.press("Enter");
    await page.getByText("This answer cites nothing").waitFor();
  },

  async prints_a_trail(page) {
    await review(page, "/review");
    await openAnswer(page, REPORTS_TO);
    await page.getByRole("list", { name: "Trail" }).getByRole("heading", { name: "Access decision" }).waitFor();
    await settled(page);
    await page.pdf({ path: process.env.VOUCH_PRINTED, format: "A4" });
  },

  async reads_the_log_from_its_end_to_its_beginning(page) {
    await review(page, "/review");
    const asked = [];
    page.on("request", (request) => {
      const { pathname, searchParams } = new URL(request.url());
      if (pathname === "/v1/audit/events") asked.push(searchParams);
    });
    await visit(page, "/review/records");
    const rows = page.locator("tbody tr");
    // Records are numbered from 1 and shown from the newest on.
    const newest = await rows.first().locator("th").innerText();
    const records = inNumber(newest);
    assert.ok(records >= 2000, `the log has ${records} records only`);
    const table = page.getByRole("group", { name: "Records", exact: true });
    await table.evaluate(WATCH_ROWS);
    await tabTo(page, table);
    if (VOUCH_HANDS === "pointer") await table.hover();
    await measured(page, `${records} records of the log`, () => scroll(page, "PageDown", () => page.evaluate(SEES_FIRST)));
    const shown = page.getByRole("status").filter({ hasText: / shown$/ }).last();
    assert.equal(inNumber(await shown.innerText()), records);
    const pages = Math.ceil(records / Number(asked[0].get("limit")));
    assert.equal(asked.length, pages);
    assert.equal(new Set(asked.map((each) => each.get("cursor"))).size, pages);
    for (const wide of [table, page.locator("html")]) {
      assert.ok(await wide.evaluate(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth), "it scrolls sideways");
    }
    // What is far out of sight is a gap of its height, and comes back. A page that came ahead is one before it is seen.
    await page.waitForFunction(() => document.querySelectorAll("tbody tr").length < 150);
    assert.ok((await page.evaluate(() => window.watched.gaps)) <= 2);
    await page.keyboard.press("Home");
    await page.waitForFunction((text) => document.querySelector("tbody th")?.innerText === text, newest);
    assert.equal(asked.length, pages);
    const { most, changes } = await page.evaluate(() => window.watched);
    assert.deepEqual(changes, []);
    assert.ok(most < records / 4, `${most} rows were in the page at once`);
  },

  async follows_a_number_to_what_it_counts(page) {
    await review(page, "/review/weekly");
    const row = page.getByRole("row", { name: /^Shown, with a verified citation/ });
    const number = row.getByRole("link").first();
    const counted = await number.innerText();
    assert.ok(Number(counted) > 0);
    await number.click();
    await page.getByRole("heading", { name: "Records that are counted", level: 1 }).waitFor();
    await page.getByText("sentences · shown").waitFor();
    const together = page.locator("dt", { hasText: "Together" }).locator("xpath=following-sibling::dd");
    await page.waitForFunction(() => document.querySelectorAll("tbody tr").length > 0);
    assert.equal(await together.innerText(), counted);
    const added = await page.locator("tbody tr td:last-child").allInnerTexts();
    assert.equal(String(added.reduce((sum, each) => sum + Number(each), 0)), counted);
    await page.getByRole("link", { name: "Dashboards", exact: true }).click();
    await page.getByRole("region", { name: "Sentences that were verified" }).getByRole("link", { name: /^\d+ of \d+$/ }).first().click();
    await page.getByText("sentences · shown").waitFor();
    await page.getByRole("link", { name: "Model calls", exact: true }).click();
    await page.getByRole("link", { name: /^Open the answer/ }).first().waitFor();
    // Whose calls these are is not for who opens answers.
    assert.equal(await page.getByLabel("Person", { exact: true }).count(), 0);
    await page.getByRole("link", { name: /^Open the answer/ }).first().click();
    await page.getByRole("list", { name: "Trail" }).waitFor();
  },

  async is_told_that_reviewing_is_not_for_them(page) {
    await review(page, "/", JOANNA);
    assert.equal(await page.getByRole("link", { name: "Review", exact: true }).count(), 0);
    await visit(page, "/review/answers");
    await page.getByText("This page is not for your roles").waitFor();
  },

  async looks_at_every_review_page(page) {
    const pages = {
      overview: "",
      answers: "/answers",
      "no answer": "/answers?outcome=failed",
      queue: "/queue",
      samples: "/samples",
      rules: "/rules",
      records: "/records",
      record: "/records/1",
      "no record": "/records/999999",
      log: "/log",
      export: "/export?kind=ask.outcome",
      flagged: "/flagged",
      holds: "/holds?show=lifted",
      dashboards: "/dashboards",
      weekly: "/weekly",
      listed: `/weekly/rows?listed=${encodeURIComponent('["held"]')}`,
      counted: `/weekly/records?counted=${encodeURIComponent('[["sentences","shown"]]')}`,
      calls: "/calls",
      "data map": "/data-map",
      missing: "/answers/no-such-answer",
    };
    await review(page, "/review");
    for (const name of ["queue", "samples", "rules", "holds"]) {
      await visit(page, `/review${pages[name]}`);
      await inspect(page, `review ${name} before`);
    }
    await furnish(page);
    for (const [name, path] of Object.entries(pages)) {
      await visit(page, `/review${path}`);
      await inspect(page, `review ${name}`);
    }
    await openAnswer(page, REPORTS_TO);
    await page.getByRole("link", { name: "In the queue: open its review" }).waitFor();
    await inspect(page, "review trail");
    await page.getByRole("link", { name: "Search the log by this answer" }).scrollIntoViewIfNeeded();
    await inspect(page, "review trail end");
    const shows = {
      Evidence: page.getByRole("group", { name: "Snapshot" }).locator("mark"),
      Replay: page.getByText("Matches the log", { exact: true }),
      Compare: page.getByText("Everything cited still stands"),
    };
    for (const [tab, shown] of Object.entries(shows)) {
      await page.getByRole("link", { name: tab, exact: true }).click();
      await shown.first().waitFor();
      await settled(page);
      await inspect(page, `review ${tab.toLowerCase()}`);
    }
    await openAnswer(page, DELIVERY);
    await page.getByRole("button", { name: "Queue for review" }).click();
    await dialog(page, /Put this answer/).waitFor();
    await inspect(page, "review queueing");
    await visit(page, "/review/log");
    await page.getByRole("button", { name: "Verify now" }).click();
    await page.getByRole("heading", { name: "The log is whole" }).waitFor();
    await inspect(page, "review log verified");
    await visit(page, "/review/samples");
    await page.getByRole("button", { name: "Draw a sample" }).click();
    await dialog(page, "Draw a sample").waitFor();
    await inspect(page, "review drawing");
    await visit(page, "/review/queue");
    await page.getByRole("table", { name: "Queue" }).getByRole("link").first().click();
    await page.getByRole("button", { name: "Show the answer here" }).waitFor();
    await settled(page);
    await inspect(page, "review one");
    await page.getByRole("button", { name: "Show the answer here" }).click();
    await page.getByText(REPORTS_TO).first().waitFor();
    await settled(page);
    await inspect(page, "review one answer");
    await page.getByRole("region", { name: "What happened" }).scrollIntoViewIfNeeded();
    await inspect(page, "review one end");
    await clear(page);
    if (Number(VOUCH_WIDTH) < 500) {
      await visit(page, "/review");
      await page.getByRole("button", { name: "Menu" }).click();
      await page.getByRole("dialog", { name: "Menu" }).waitFor();
      await inspect(page, "review menu");
    }
  },
};

export const expected = {
  is_told_that_reviewing_is_not_for_them: [/status of 403/],
  looks_at_every_review_page: [/status of 404/, /status of (409|422)/],
};
