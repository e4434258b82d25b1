// What an employee does: asks, follows citations, returns to what was asked.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  ask,
  chip,
  field,
  focusedBy,
  inspect,
  isInView,
  outcome,
  signIn,
  VOUCH_PICTURES,
  VOUCH_URL,
  VOUCH_WIDTH,
} from "../browser.mjs";

const JOANNA = "Joanna Krasik";
const SEAL_KIT = "Which seal kit fits the AV-240?";
const LIST_PRICE = "What is the list price of the AV-240-H in the price list 2026?";
const LEAVE = "How many days of annual leave do I get after 9 years of service?";
const SALARY = "What is the salary of Rasmus Thyholt?";
const NOT_KNOWN = "Does Averholt pay for a gym membership?";

/** The latest conversation as it stands once its sources have changed or gone, and may not all be read any more. */
async function withEveryState(page) {
  const of = "**/v1/conversations/*";
  await page.route(of, async (route) => {
    const response = await route.fetch();
    const told = await response.json();
    const [turn] = told.turns;
    const [{ text, citations }] = turn.sentences;
    const other = turn.sentences.at(-1).citations[0];
    const changed = { ...other, current: false };
    const withheld = { text: null, citations: [] };
    turn.sentences = [
      { text, citations },
      { text, citations: [citations[0], { ...other, n: 2 }] },
      { text: "The lead time is 4 weeks.", citations: [{ ...changed, n: 2 }] },
      { ...withheld, withheld: "document gone" },
      { ...withheld, withheld: "access revoked" },
    ];
    const edited = (citation, daysAgo) => ({
      ...citation,
      document: { ...citation.document, modified_at: new Date(Date.now() - daysAgo * 86_400_000).toISOString() },
    });
    turn.conflicts = [{ sides: [edited(citations[0], 2), edited({ ...changed, n: 2 }, 400)], later: 0 }];
    await route.fulfill({ response, json: { ...told, turns: [turn] } });
  });
  await page.reload();
  await page.getByText(/its document has gone/).waitFor();
  await page.unroute(of);
}

export const journeys = {
  async follows_a_citation_into_a_pdf(page) {
    await signIn(page, JOANNA);
    const said = await ask(page, SEAL_KIT);
    assert.match(said, /Answer ready\. \d+ sentences?, \d+ sources?\./);
    const answer = page.getByRole("article").last();
    assert.match(await answer.innerText(), /SK-24/);
    assert.match(await answer.innerText(), /As of/);

    await chip(page, 1).click();
    const panel = page.getByRole("complementary", { name: "Source", exact: true });
    await panel.locator("rect[data-cited]").first().waitFor({ state: "attached" });
    assert.ok(await panel.getByAltText(/^Page \d+ of/).evaluate((image) => image.naturalWidth > 200));
    await panel.getByText("Text", { exact: true }).click();
    const cited = panel.locator("mark[data-cited]").first();
    await cited.waitFor();
    await page.waitForFunction(() => {
      const box = document.querySelector("mark[data-cited]")?.getBoundingClientRect();
      return box && box.top >= 0 && box.bottom <= window.innerHeight;
    });
    await panel.getByText("Whole document", { exact: true }).click();
    await panel.locator("mark[data-cited]").first().waitFor();
    await panel.getByRole("button", { name: "Close the source" }).click();
    await panel.waitFor({ state: "detached" });
  },

  async follows_a_citation_into_a_table(page) {
    await signIn(page, JOANNA);
    await ask(page, LIST_PRICE);
    await page.getByRole("article").getByRole("row", { name: /AV-240-H/ }).locator("[data-citation]").click();
    const row = page.locator("tr[data-marked]", { hasText: "AV-240-H" }).first();
    await row.waitFor();
    assert.ok(await isInView(row));
    assert.match(await row.innerText(), /14.?900/);
  },

  async uses_the_keyboard_alone(page) {
    await page.goto(VOUCH_URL);
    await page.getByRole("button", { name: /Joanna Krasik/ }).waitFor();
    await focusedBy(page, "Tab", "li:first-child > button");
    await page.keyboard.press("Enter");
    await field(page).waitFor();
    await page.keyboard.press("Control+k");
    await page.keyboard.type("Which seal kit");
    await page.keyboard.press("Shift+Enter");
    await page.keyboard.type("fits the AV-240?");
    assert.equal(await field(page).inputValue(), "Which seal kit\nfits the AV-240?");
    await page.keyboard.press("Enter");
    await outcome(page, /Answer ready/);

    await focusedBy(page, "Shift+Tab", "[data-citation='1']");
    const quote = page.getByRole("tooltip");
    await quote.waitFor();
    assert.ok((await quote.innerText()).length > 10);
    await page.keyboard.press("Escape");
    await quote.waitFor({ state: "detached" });
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement?.matches("#source-panel h2"));
    await page.locator("[data-cited]").first().waitFor({ state: "attached" });
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => document.activeElement?.matches("[data-citation='1']"));

    await page.keyboard.press("1");
    await page.waitForFunction(() => document.activeElement?.matches("#source-panel h2"));
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "How Vouch works" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("Control+k");
    assert.ok(await field(page).evaluate((element) => element === document.activeElement));
    await page.keyboard.press("Control+k");
    await page.getByRole("heading", { name: /What would you like to know/ }).waitFor();
  },

  async finds_no_evidence(page) {
    await signIn(page, JOANNA);
    const said = await ask(page, NOT_KNOWN, /No evidence found/);
    assert.match(said, /nearest source/);
    const nearest = page.getByRole("group", { name: "No evidence found" }).last();
    await nearest.getByRole("button").first().click();
    await page.locator("mark[data-cited]").first().waitFor();
  },

  async sees_no_salary(page) {
    await signIn(page, "Femke Oudhof");
    await ask(page, "What is the salary of Rasmus Thyholt?");
    const [salary] = /\d{2,3}[ ,.]?\d{3}/.exec(await page.getByRole("article").last().innerText()) ?? [];
    assert.ok(salary, "the head of HR reads the salary");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: /Choose whom/ }).waitFor();

    await signIn(page, "Daan Rooshof");
    await field(page).fill("What is the salary of Rasmus Thyholt?");
    await field(page).press("Enter");
    await outcome(page, /Answer ready|No evidence found/);
    await page.locator("article button").first().click();
    await page.locator("#source-panel [role='group']").waitFor();
    assert.ok(!(await page.locator("body").innerText()).includes(salary));
    assert.ok(!(await page.content()).includes(salary));
  },

  async returns_to_a_conversation(page) {
    await signIn(page, "Rasmus Thyholt");
    const question = "How many days of annual leave do I get after 9 years of service?";
    await ask(page, question);
    await page.waitForURL(/\/c\//);
    await page.reload();
    await page.getByRole("heading", { name: question, level: 2 }).waitFor();
    await chip(page, 1).click();
    await page.locator("[data-cited]").first().waitFor({ state: "attached" });

    const history = page.getByRole("navigation", { name: "Conversations" });
    await history.getByRole("button", { name: /^Actions for/ }).first().click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }).click();
    await page.getByRole("heading", { name: /What would you like to know/ }).waitFor();
    await history.getByRole("link").waitFor({ state: "detached" });
  },

  async says_what_it_thinks_of_an_answer(page) {
    await signIn(page, JOANNA);
    await ask(page, SEAL_KIT);
    const thumb = (name) => page.getByRole("button", { name, exact: true });
    await thumb("Good answer").click();
    await page.getByRole("heading", { name: "What was good?" }).waitFor();
    await thumb("Bad answer").click();
    await page.getByRole("heading", { name: "What was wrong?" }).waitFor();
    for (const reason of ["Out of date", "Bad source"]) await page.getByText(reason, { exact: true }).click();
    await page.getByLabel("Comment").fill("The 2025 list is not the one in use.");
    await page.getByRole("button", { name: "Save" }).click();
    await outcome(page, /Your feedback was saved/);
    await page.getByLabel("Comment").waitFor({ state: "detached" });
    assert.ok(await thumb("Bad answer").evaluate((element) => element === document.activeElement));

    await page.reload();
    await thumb("Bad answer").scrollIntoViewIfNeeded();
    await page.locator("button[aria-pressed='true'][aria-label='Bad answer']").click();
    assert.equal(await page.getByLabel("Comment").inputValue(), "The 2025 list is not the one in use.");
    assert.ok(await page.getByLabel("Bad source").isChecked());
    await page.getByRole("button", { name: "Withdraw" }).click();
    await outcome(page, /Your feedback was withdrawn/);
    assert.equal(await page.locator("button[aria-pressed='true']").count(), 0);
  },

  async keeps_and_shares_a_conversation(page) {
    await signIn(page, "Femke Oudhof");
    await ask(page, LEAVE);
    await ask(page, SALARY);
    const [salary] = /\d{2,3}[ ,.]?\d{3}/.exec(await page.getByRole("article").last().innerText()) ?? [];
    assert.ok(salary, "the head of HR reads the salary");

    const menu = page.locator("main").getByRole("button", { name: /^Actions for/ });
    const choose = async (name) => {
      await menu.click();
      await page.getByRole("menuitem", { name, exact: true }).click();
    };
    await choose("Rename");
    await page.getByRole("textbox", { name: "Name" }).fill("Leave and pay");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Leave and pay", level: 1 }).waitFor();
    await choose("Pin");
    const history = page.getByRole("navigation", { name: "Conversations" });
    await history.getByRole("region", { name: "Pinned" }).getByRole("link", { name: "Leave and pay" }).waitFor();

    const saved = page.waitForEvent("download");
    await choose("Export as Markdown");
    const file = await saved;
    assert.equal(file.suggestedFilename(), "leave-and-pay.md");
    const text = await readFile(await file.path(), "utf8");
    assert.match(text, /^# Leave and pay/);
    assert.match(text, /1\. Leave Policy \(Policies\/leave-policy\.docx\), as of /);
    assert.ok(text.includes(salary));

    await choose("Share");
    const dialog = page.getByRole("dialog", { name: "Share this conversation" });
    await dialog.getByLabel("E-mail address").fill("nobody@averholt.example");
    await page.keyboard.press("Enter");
    await dialog.getByText(/Nobody is named who may read/).waitFor();
    await dialog.getByLabel("E-mail address").fill("daan.rooshof@averholt.example");
    await page.keyboard.press("Enter");
    await dialog.getByText("Shared with daan.rooshof@averholt.example.").waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: /Choose whom/ }).waitFor();

    await signIn(page, "Daan Rooshof");
    await page.getByRole("link", { name: "Shared with you" }).click();
    await page.getByRole("link", { name: "Leave and pay" }).first().click();
    await page.getByRole("heading", { name: LEAVE, level: 2 }).waitFor();
    await page.getByText(/A sentence is withheld: access revoked/).first().waitFor();
    assert.ok(!(await page.content()).includes(salary));
    await chip(page, 1).click();
    await page.locator("tr[data-marked]").first().waitFor();
    await page.keyboard.press("Escape");
    const address = page.url();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: /Choose whom/ }).waitFor();

    await signIn(page, "Femke Oudhof");
    await history.getByRole("link", { name: "Leave and pay" }).first().click();
    await choose("Share");
    await dialog.getByRole("button", { name: /^End sharing with daan/ }).click();
    await dialog.getByText("It is shared with nobody.").waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: /Choose whom/ }).waitFor();
    await signIn(page, "Daan Rooshof");
    await page.goto(address);
    await page.locator("[data-code='not_found']").waitFor();
  },

  async sees_what_is_indexed(page) {
    await signIn(page, JOANNA);
    await page.getByRole("link", { name: "What is indexed" }).click();
    const sources = page.getByRole("table", { name: "Sources that you may read" });
    const row = sources.getByRole("row", { name: /^Products/ });
    const number = Number(await row.getByRole("link").innerText());
    await row.getByRole("link").click();
    const documents = page.getByRole("table", { name: "Documents that you may read" });
    await documents.waitFor();
    assert.equal(await documents.locator("tbody tr").count(), number);
    await page.getByLabel("Search titles").fill("SEAL");
    await page.waitForURL(/text=SEAL/);
    await page.waitForFunction(() => document.querySelectorAll("table:last-of-type tbody tr").length > 0);
    await page.reload();
    await documents.getByRole("row", { name: /seal-kit-compatibility/ }).waitFor();
    assert.equal(await page.getByLabel("Search titles").inputValue(), "SEAL");
    await page.getByText("Out of date", { exact: true }).click();
    await page.getByText("No source is out of date").waitFor();
  },

  async loads_the_chat_within_its_budget(page) {
    await signIn(page, JOANNA);
    const session = await page.context().newCDPSession(page);
    await session.send("Network.enable");
    await session.send("Network.setCacheDisabled", { cacheDisabled: true });
    const bytes = new Map();
    session.on("Network.responseReceived", ({ response: { url, headers } }) => {
      const length = headers["Content-Length"] ?? headers["content-length"];
      if (!new URL(url).pathname.startsWith("/v1/")) bytes.set(url, Number(length));
    });
    await page.reload({ waitUntil: "networkidle" });
    await page.getByRole("list", { name: "Suggested questions" }).waitFor();
    const total = [...bytes.values()].reduce((sum, length) => sum + length, 0);
    assert.ok(bytes.size > 3);
    assert.ok(total <= 300_000, `the chat loads ${total} bytes first`);
  },

  async takes_an_answer_along(page) {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await signIn(page, JOANNA);
    await ask(page, SEAL_KIT);
    const copied = async (name) => {
      await page.getByRole("button", { name: "Copy", exact: true }).click();
      await page.getByRole("menuitem", { name }).click();
      await outcome(page, /Copied with its citations/);
      return page.evaluate(() => navigator.clipboard.readText());
    };
    assert.match(await copied("Copy as text"), /SK-24.* \[1\]\n[^]*Sources\n\[1\] AV-200 Series/);
    assert.match(await copied("Copy as Markdown"), /^## Which seal kit[^]*### Sources\n\n1\. AV-200 Series[^]* > Seal kits/);

    await page.evaluate(() => {
      window.print = () => undefined;
    });
    await page.getByRole("button", { name: "Print" }).click();
    await page.emulateMedia({ media: "print" });
    await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
    const quote = page.locator("article blockquote").first();
    assert.match(await quote.innerText(), /Seal kits: SK-21/);
    assert.ok(await quote.isVisible());
    assert.ok(!(await field(page).isVisible()));
    assert.ok(!(await page.getByRole("button", { name: "Answer again" }).isVisible()));
    await page.screenshot({ path: join(VOUCH_PICTURES, "printed.png"), fullPage: true });
    await page.evaluate(() => window.dispatchEvent(new Event("afterprint")));
    assert.equal(await page.locator("article blockquote").count(), 0);
  },

  async reads_on_in_what_is_cited(page) {
    await signIn(page, JOANNA);
    await ask(page, LEAVE);
    const further = page.getByRole("region", { name: "Read on in these sources" });
    const section = further.getByRole("button").first();
    const heading = (await section.innerText()).split(" in ")[0].trim();
    await section.click();
    await page.getByRole("heading", { level: 2, name: new RegExp(`say about “${heading}`) }).waitFor();
    await outcome(page, /Answer ready|No evidence/);
    assert.equal(await page.getByRole("article").count(), 2);
  },

  async stops_an_answer(page) {
    await signIn(page, JOANNA);
    let held;
    const asked = new Promise((resolve) => {
      held = resolve;
    });
    await page.route("**/v1/ask", () => held());
    await field(page).fill(SEAL_KIT);
    await field(page).press("Enter");
    await asked;
    await page.getByRole("list", { name: "Progress" }).waitFor();
    await page.keyboard.press("Escape");
    await outcome(page, /^Stopped/);
    await page.unroute("**/v1/ask");
    await page.getByRole("button", { name: "Edit question" }).click();
    assert.equal(await field(page).inputValue(), SEAL_KIT);
    await field(page).press("Enter");
    await outcome(page, /Answer ready/);
  },

  async tries_again_after_a_failure(page) {
    await signIn(page, JOANNA);
    const problem = { title: "The audit log cannot be written", status: 503, detail: "No log, no answer.", hint: "Wait." };
    await page.route("**/v1/ask", (route) =>
      route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify(problem) }),
    );
    await ask(page, SEAL_KIT, /not answered/);
    await page.getByText("No log, no answer.").waitFor();
    await page.unroute("**/v1/ask");
    await page.getByRole("button", { name: "Try again" }).click();
    await outcome(page, /Answer ready/);
    assert.equal(await page.getByRole("article").count(), 1);
  },

  async signs_in_with_a_link(page) {
    const link = new URL(process.env.VOUCH_LINK);
    const address = `${VOUCH_URL}${link.pathname}${link.hash}`;
    await page.goto(address);
    await page.getByText("Daan Rooshof").waitFor();
    await field(page).waitFor();
    assert.ok(!page.url().includes("#"));
    await page.goto("about:blank");
    await page.goto(address);
    await page.getByRole("alert").filter({ hasText: "This link does not work any more" }).waitFor();
    await page.getByRole("link", { name: "Go on as Daan Rooshof" }).click();
    await field(page).waitFor();
  },

  async reads_what_a_model_wrote(page) {
    await signIn(page, JOANNA);
    await ask(page, SEAL_KIT);
    const answer = page.getByRole("article").last();
    assert.match(await answer.innerText(), /The AV-240 takes seal kit SK-24\./);
    const line = answer.getByRole("button", { name: /^Written by scribe \(small model\), checked sentence by sentence/ });
    assert.match(await line.innerText(), /2 sentences were dropped/);
    for (const invented of [/97/, /moon/]) assert.doesNotMatch(await answer.innerText(), invented);
    await inspect(page, "written");

    await line.focus();
    await page.keyboard.press("Enter");
    const told = answer.getByRole("group", { name: "How this answer was written" });
    const dropped = told.getByRole("listitem").filter({ hasText: "97" }).last();
    await dropped.waitFor();
    assert.match(await dropped.innerText(), /a number is not that of the source/);
    await dropped.scrollIntoViewIfNeeded();
    await inspect(page, "trail");
    await page.keyboard.press("Enter");
    await dropped.waitFor({ state: "detached" });

    await ask(page, "And which one fits the AV-520?");
    await page.getByText("Understood as: Which seal kit fits the AV-520?").waitFor();
    await ask(page, "To whom does Rasmus Thyholt report?");
    const named = page.getByRole("article").last();
    assert.match(await named.innerText(), /reports to Mirjam Haldern\./);
    await named.getByText(/^[1-9] values? restored$/).waitFor();
    await inspect(page, "values");

    await page.reload();
    await page.getByRole("article").first().getByRole("button", { name: /2 sentences were dropped/ }).waitFor();
  },

  async looks_at_every_ask_page(page) {
    const narrow = Number(VOUCH_WIDTH) < 500;
    const closed = () => page.getByRole("dialog").waitFor({ state: "detached" });
    const menu = async () => {
      if (!narrow) return;
      await page.getByRole("button", { name: "Menu" }).click();
      await page.getByRole("dialog", { name: "Menu" }).waitFor();
    };
    await page.goto(VOUCH_URL);
    await page.getByRole("button", { name: /Joanna Krasik/ }).waitFor();
    await inspect(page, "sign-in");
    await page.goto(`${VOUCH_URL}/signin#used-before`);
    await page.getByRole("alert").filter({ hasText: /\S/ }).waitFor();
    await inspect(page, "sign-in failed");
    await page.goto(VOUCH_URL);
    await page.getByRole("button", { name: /Joanna Krasik/ }).click();
    await page.getByRole("list", { name: "Suggested questions" }).waitFor();
    await page.getByText(/documents? in/).waitFor();
    await inspect(page, "welcome");
    await page.goto(`${VOUCH_URL}/shared`);
    await page.getByRole("heading", { name: "Shared with you" }).waitFor();
    await page.getByText("Nothing is shared with you").or(page.getByRole("table")).waitFor();
    await inspect(page, "shared");
    await page.goto(VOUCH_URL);
    await ask(page, SEAL_KIT);
    await page.getByRole("region", { name: "Read on in these sources" }).waitFor();
    await inspect(page, "answer");
    await chip(page, 1).click();
    await page.locator("rect[data-cited]").first().waitFor({ state: "attached" });
    await inspect(page, "page");
    await page.locator("#source-panel").getByText("Text", { exact: true }).click();
    await page.locator("mark[data-cited]").first().waitFor();
    await inspect(page, "passage");
    await page.getByRole("button", { name: "Close the source" }).click();
    await page.locator("#source-panel").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Bad answer" }).click();
    await page.getByRole("heading", { name: "What was wrong?" }).waitFor();
    await inspect(page, "feedback");
    await page.getByRole("button", { name: "Withdraw" }).click();
    await page.getByLabel("Comment").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Copy", exact: true }).click();
    await page.getByRole("menuitem", { name: "Copy as text" }).waitFor();
    await inspect(page, "copy");
    await page.keyboard.press("Escape");
    await ask(page, LIST_PRICE);
    await inspect(page, "table answer");
    await chip(page.getByRole("article").last(), 1).click();
    await page.locator("tr[data-marked]").first().waitFor();
    await inspect(page, "table");
    await page.getByRole("button", { name: "Close the source" }).click();
    await page.locator("#source-panel").waitFor({ state: "detached" });
    await ask(page, NOT_KNOWN, /No evidence found/);
    await inspect(page, "no evidence");
    const standsStill = await page.evaluate(() => document.documentElement.scrollHeight <= window.innerHeight);
    assert.ok(standsStill, "the thread scrolls, not the page around it");

    await withEveryState(page);
    await page.locator("main h2").first().scrollIntoViewIfNeeded();
    await inspect(page, "states");
    await page.getByRole("region", { name: "Sources disagree" }).scrollIntoViewIfNeeded();
    await inspect(page, "disagreement");
    await page.reload();
    await page.getByRole("group", { name: "No evidence found" }).waitFor();
    let answered;
    await page.route("**/v1/ask", async (route) => {
      await new Promise((resolve) => {
        answered = resolve;
      });
      const problem = { title: "The audit log cannot be written", status: 503, detail: "No log, no answer.", hint: "Wait." };
      await route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify(problem) });
    });
    await field(page).fill(LEAVE);
    await field(page).press("Enter");
    await page.getByRole("list", { name: "Progress" }).waitFor();
    await inspect(page, "asking");
    answered();
    await page.getByText("No log, no answer.").waitFor();
    await inspect(page, "failed");
    await page.unroute("**/v1/ask");

    const actions = page.locator("main").getByRole("button", { name: /^Actions for/ });
    await actions.click();
    await page.getByRole("menuitem", { name: "Rename" }).waitFor();
    await inspect(page, "conversation menu");
    await page.getByRole("menuitem", { name: "Rename" }).click();
    await page.getByRole("textbox", { name: "Name" }).waitFor();
    await inspect(page, "rename");
    await page.keyboard.press("Escape");
    await closed();
    await actions.click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }).waitFor();
    await inspect(page, "delete");
    await page.keyboard.press("Escape");
    await closed();
    await actions.click();
    await page.getByRole("menuitem", { name: "Share" }).click();
    const share = page.getByRole("dialog", { name: "Share this conversation" });
    await share.getByText("Everyone", { exact: true }).click();
    await share.getByRole("button", { name: "Share", exact: true }).click();
    await share.getByRole("button", { name: "End sharing with everyone here" }).waitFor();
    await inspect(page, "share");
    await page.keyboard.press("Escape");
    await closed();
    if (narrow) {
      await menu();
      await page.getByRole("dialog", { name: "Menu" }).getByRole("link", { name: SEAL_KIT }).first().waitFor();
      await inspect(page, "menu");
    }
    await page.getByRole("button", { name: "Help and keys" }).click();
    await page.getByRole("dialog", { name: "How Vouch works" }).waitFor();
    await inspect(page, "help");

    await page.goto(`${VOUCH_URL}/indexed?source=Products`);
    await page.getByRole("table", { name: "Documents that you may read" }).waitFor();
    await inspect(page, "indexed");
    await page.goto(`${VOUCH_URL}/indexed?only=late`);
    await page.getByText("No source is out of date").waitFor();
    await inspect(page, "indexed late");
    await page.goto(`${VOUCH_URL}/indexed?source=None`);
    await page.getByText("There is no such source that you may read").waitFor();
    await inspect(page, "indexed missing");
    await page.goto(`${VOUCH_URL}/indexed?source=Products&text=nothing+like+it`);
    await page.getByText("No document has these words in its title").waitFor();
    await inspect(page, "indexed none");
    await page.goto(`${VOUCH_URL}/c/none`);
    await page.locator("[data-code='not_found']").waitFor();
    await inspect(page, "conversation missing");
    await page.goto(VOUCH_URL);
    await field(page).waitFor();
    await menu();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("button", { name: /Femke Oudhof/ }).click();
    await field(page).waitFor();
    await page.goto(`${VOUCH_URL}/shared`);
    await page.getByRole("link", { name: SEAL_KIT }).first().waitFor();
    await inspect(page, "shared list");
    await page.getByRole("link", { name: SEAL_KIT }).first().click();
    await page.getByRole("article").first().waitFor();
    await inspect(page, "shared conversation");
    await chip(page, 1).click();
    await page.locator("#source-panel mark[data-cited]").first().waitFor();
    await inspect(page, "shared source");
    await page.goto(VOUCH_URL);
    await ask(page, SALARY);
    await chip(page, 1).click();
    await page.locator("#source-panel").getByText("Owner", { exact: true }).waitFor();
    await page.locator("#source-panel [data-cited]").first().waitFor();
    await inspect(page, "source with an owner");
  },
};

/** Texts on the console that a journey provokes. */
export const expected = {
  tries_again_after_a_failure: [/status of 503/],
  signs_in_with_a_link: [/status of 40[0-9]/],
  keeps_and_shares_a_conversation: [/status of 4(22|04)/],
  looks_at_every_ask_page: [/status of (40[0-9]|503)/],
};
