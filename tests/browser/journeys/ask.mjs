// What an employee does: asks, follows citations, returns to what was asked.

import assert from "node:assert/strict";
import {
  ask,
  chip,
  field,
  focusedBy,
  inspect,
  isInView,
  outcome,
  signIn,
  VOUCH_URL,
  VOUCH_WIDTH,
} from "../browser.mjs";

const JOANNA = "Joanna Krasik";
const SEAL_KIT = "Which seal kit fits the AV-240?";
const LIST_PRICE = "What is the list price of the AV-240-H in the price list 2026?";
const NOT_KNOWN = "Does Averholt pay for a gym membership?";

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
    await page.getByRole("heading", { name: question }).waitFor();
    await chip(page, 1).click();
    await page.locator("[data-cited]").first().waitFor({ state: "attached" });

    const history = page.getByRole("navigation", { name: "Conversations" });
    await history.getByRole("button", { name: /^Delete/ }).first().click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }).click();
    await page.getByRole("heading", { name: /What would you like to know/ }).waitFor();
    await history.getByRole("link").waitFor({ state: "detached" });
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
    await page.getByRole("alert").filter({ hasText: /\S/ }).waitFor();
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

  async looks_at_every_state(page) {
    const narrow = Number(VOUCH_WIDTH) < 500;
    await page.goto(VOUCH_URL);
    await page.getByRole("button", { name: /Joanna Krasik/ }).waitFor();
    await inspect(page, "sign-in");
    await page.getByRole("button", { name: /Joanna Krasik/ }).click();
    await page.getByRole("list", { name: "Suggested questions" }).waitFor();
    await page.getByText(/documents? in/).click();
    await inspect(page, "welcome");
    await ask(page, SEAL_KIT);
    await inspect(page, "answer");
    await chip(page, 1).click();
    await page.locator("rect[data-cited]").first().waitFor({ state: "attached" });
    await inspect(page, "page");
    await page.locator("#source-panel").getByText("Text", { exact: true }).click();
    await page.locator("mark[data-cited]").first().waitFor();
    await inspect(page, "passage");
    await page.getByRole("button", { name: "Close the source" }).click();
    await page.locator("#source-panel").waitFor({ state: "detached" });
    await ask(page, LIST_PRICE);
    await inspect(page, "table answer");
    await chip(page.getByRole("article").last(), 1).click();
    await page.locator("tr[data-marked]").first().waitFor();
    await inspect(page, "table");
    await page.getByRole("button", { name: "Close the source" }).click();
    await page.locator("#source-panel").waitFor({ state: "detached" });
    await ask(page, NOT_KNOWN, /No evidence found/);
    await inspect(page, "no evidence");
    if (narrow) {
      await page.getByRole("button", { name: "Menu" }).click();
      await page.getByRole("dialog", { name: "Menu" }).waitFor();
      await inspect(page, "menu");
    }
    await page.getByRole("button", { name: "Help and keys" }).click();
    await page.getByRole("dialog", { name: "How Vouch works" }).waitFor();
    await inspect(page, "help");
  },
};

/** Texts on the console that a journey provokes. */
export const expected = {
  tries_again_after_a_failure: [/status of 503/],
  signs_in_with_a_link: [/status of 40[0-9]/],
};
