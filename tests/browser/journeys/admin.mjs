// What administrators do: change the policy and see it take effect, give roles, make keys, look after models and money.

import assert from "node:assert/strict";
import { ask, inspect, signIn, VOUCH_URL, VOUCH_WIDTH, watch } from "../browser.mjs";

const DAAN = "Daan Rooshof";
const DAAN_ADDRESS = "daan.rooshof@averholt.example";
const WILLEM = "willem.terborgh@averholt.example";
const JOANNA = "Joanna Krasik";
const REPORTS_TO = "To whom does Rasmus Thyholt report?";
const SAMPLE = "Anna Meyer pays from DE89370400440532013000.";

/** Signs in without the first page, and opens one of the administration. */
async function administer(page, path, email = DAAN_ADDRESS) {
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
  await page.waitForLoadState("networkidle");
}

/** Another person at another computer. */
async function beside(page) {
  const context = await page.context().browser().newContext({ viewport: { width: 1360, height: 800 } });
  context.setDefaultTimeout(30_000);
  const other = await context.newPage();
  return { other, faults: await watch(other, []) };
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

async function look(page, pages) {
  for (const [name, path] of Object.entries(pages)) {
    await visit(page, `/admin${path}`);
    await inspect(page, `admin ${name}`);
  }
}

export const journeys = {
  async changes_a_policy_and_sees_it_take_effect(page) {
    const { other: joanna, faults } = await beside(page);
    await signIn(joanna, JOANNA);
    await ask(joanna, REPORTS_TO);
    const before = joanna.getByRole("article").last();
    assert.match(await before.innerText(), /Mirjam Haldern/);
    assert.match(await before.innerText(), /scribe/);

    await signIn(page, DAAN);
    await page.getByRole("link", { name: "Administration" }).click();
    await page.getByRole("link", { name: "Data policy", exact: true }).click();
    await page.getByRole("button", { name: "Change the policy" }).click();
    await page.getByLabel("Persons, Outside").selectOption("block");
    await page.getByText("1 entry changed").waitFor();

    await page.getByLabel("Sample text").fill(SAMPLE);
    await page.getByRole("button", { name: "Try before and after" }).click();
    const now = page.getByRole("region", { name: "As it holds, to Outside" });
    const then = page.getByRole("region", { name: "As you changed it, to Outside" });
    await then.getByText("The text does not go there at all").waitFor();
    await now.getByText("The text goes there like this").waitFor();
    assert.match(await now.innerText(), /\[PERSON_/);
    await page.getByRole("button", { name: "Count" }).click();
    await page.getByText(/^Looked at \d+ passages?/).waitFor();

    await page.getByRole("button", { name: "Save as a new version" }).click();
    const confirm = dialog(page, "Save version 2?");
    await because(confirm, "Names stay in the house");
    await confirm.getByRole("button", { name: "Save as a new version" }).click();
    await said(page, /Version 2 of the policy holds/);

    await ask(joanna, REPORTS_TO, /Answer ready|No evidence found/);
    const after = joanna.getByRole("article").last();
    assert.doesNotMatch(await after.innerText(), /scribe/);

    await page.getByRole("link", { name: "Policy versions" }).first().click();
    await page.getByRole("link", { name: "Version 2" }).click();
    const changed = page.getByRole("region", { name: "Changed since version 1" });
    await changed.getByRole("row", { name: /Persons Outside Redact Block/ }).waitFor();
    await page.getByRole("link", { name: "Changes", exact: true }).click();
    await page.getByRole("row", { name: /Version 2/ }).filter({ hasText: "Names stay in the house" }).waitFor();
    assert.deepEqual(faults, []);
    await joanna.context().close();
  },

  async makes_a_reviewer_with_a_second_person(page) {
    await administer(page, "/admin/people?text=willem");
    await page.getByRole("link", { name: "Willem Terborgh" }).click();
    await page.getByRole("button", { name: "Change", exact: true }).click();
    const change = dialog(page, "Change Willem Terborgh");
    await change.getByLabel("Administrator").check();
    await change.getByRole("button", { name: "Save" }).click();
    await said(page, /Willem Terborgh was changed/);

    await page.getByRole("link", { name: "Role requests" }).click();
    await page.getByRole("button", { name: "Ask for a reviewer" }).click();
    const asking = dialog(page, "Ask for a reviewer");
    await asking.getByLabel("E-mail address").fill("femke.oudhof@averholt.example");
    await because(asking, "She helps with the audit");
    await asking.getByRole("button", { name: "Ask", exact: true }).click();
    await said(page, /Another administrator decides/);
    const row = page.getByRole("row", { name: /femke/ });
    await row.getByText("Another administrator has to approve.").waitFor();
    assert.equal(await row.getByRole("button", { name: "Approve" }).count(), 0);

    const { other: willem, faults } = await beside(page);
    await administer(willem, "/admin", WILLEM);
    await willem.getByRole("link", { name: /requests? to decide/ }).click();
    await willem.getByRole("row", { name: /femke/ }).getByRole("button", { name: "Approve" }).click();
    await dialog(willem, /Approve the role/).getByRole("button", { name: "Approve" }).click();
    await said(willem, /has the role now/);
    assert.deepEqual(faults, []);
    await willem.context().close();

    await visit(page, "/admin/people?role=reviewer");
    await page.getByRole("row", { name: /Femke Oudhof/ }).waitFor();
  },

  async gives_a_program_a_key(page) {
    await administer(page, "/admin/services");
    await page.getByRole("button", { name: "Add a service account" }).click();
    const adding = dialog(page, "Add a service account");
    await adding.getByLabel("Name").fill("planner");
    await adding.getByRole("button", { name: "Add a service account" }).click();
    await page.getByRole("heading", { level: 1, name: "planner" }).waitFor();

    await page.getByRole("button", { name: "Make a key" }).click();
    const making = dialog(page, "Make a key");
    await making.getByLabel("Name").fill("nightly");
    await making.getByRole("button", { name: "Make a key" }).click();
    await making.getByText("Name at least one scope.").first().waitFor();
    await making.getByRole("checkbox", { name: "ask" }).check();
    await making.getByRole("button", { name: "Make a key" }).click();
    const once = page.getByRole("region", { name: "The new key" });
    const key = await once.locator("code").innerText();
    const reply = await fetch(`${VOUCH_URL}/v1/search`, {
      method: "POST",
      headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
      body: JSON.stringify({ query: "seal kit" }),
    });
    assert.equal(reply.status, 200);
    await once.getByRole("button", { name: "I have it" }).click();
    await page.reload();
    await page.getByRole("row", { name: /nightly/ }).waitFor();
    assert.ok(!(await page.content()).includes(key));

    await page.getByRole("button", { name: "Let it act for somebody" }).click();
    const giving = dialog(page, "Let it act for somebody");
    await giving.getByLabel("E-mail address").fill("joanna.krasik@averholt.example");
    await because(giving, "Her plans");
    await giving.getByRole("button", { name: "Let it act for somebody" }).click();
    await page.getByRole("row", { name: /joanna\.krasik.*Her plans/ }).waitFor();
    await page.getByRole("row", { name: /nightly/ }).getByRole("button", { name: "End" }).click();
    await dialog(page, /End the key/).getByRole("button", { name: "End" }).click();
    await page.getByText("It has no key, so nothing can use it.").waitFor();
  },

  async looks_after_models_and_money(page) {
    await administer(page, "/admin/models");
    await page.getByRole("img", { name: /Time line of retirements/ }).waitFor();
    await page.getByRole("row", { name: /scribe-before/ }).first().getByText("Retires soon").waitFor();
    await page.getByRole("link", { name: "scribe", exact: true }).first().click();
    await page.getByRole("button", { name: "Check now" }).click();
    await page.getByText("It answers, as another version", { exact: true }).waitFor();

    await page.getByRole("link", { name: "Change", exact: true }).click();
    await page.getByLabel("Region").fill("eu-west-1");
    await because(page, "Moved nearer");
    await page.getByLabel("Pinned version").fill("scribe-latest");
    await page.getByRole("button", { name: "Save" }).click();
    await page.locator("input[name=model]:focus").waitFor();
    await page.getByLabel("Pinned version").fill("scribe-2026-02-01");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("model: scribe-2026-01-01 → scribe-2026-02-01").waitFor();

    await page.getByRole("link", { name: "Budgets" }).click();
    await page.getByRole("button", { name: "Set a budget" }).click();
    const setting = dialog(page, "Set a budget");
    await setting.getByLabel("For").selectOption("model");
    await setting.getByLabel("Whose").fill("nobody-knows");
    await setting.getByLabel("At most").fill("20");
    await because(setting, "Plan 2027");
    await setting.getByRole("button", { name: "Set a budget" }).click();
    await setting.locator("input[name=name]:focus").waitFor();
    await setting.getByLabel("Whose").fill("scribe");
    await setting.getByRole("button", { name: "Set a budget" }).click();
    const row = page.getByRole("row", { name: /scribe.*20\.00 USD per month/ });
    await row.getByRole("button", { name: "Remove" }).click();
    const removing = dialog(page, /Remove the budget/);
    await because(removing, "No longer needed");
    await removing.getByRole("button", { name: "Remove" }).click();
    await row.waitFor({ state: "detached" });

    await page.getByRole("link", { name: "Chargeback" }).click();
    await page.getByLabel("By", { exact: true }).selectOption("model");
    const cost = page.getByRole("row", { name: /scribe/ }).first();
    await cost.waitFor();
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download as CSV" }).click(),
    ]);
    assert.match(file.suggestedFilename(), /chargeback-\d{4}-\d{2}-model\.csv/);

    // A number leads to the calls that it counts.
    const number = cost.getByRole("link", { name: /^\d+$/ }).first();
    const calls = await number.innerText();
    await number.click();
    await page.getByRole("heading", { name: "Model calls", level: 1 }).waitFor();
    await page.getByRole("status").filter({ hasText: new RegExp(`^${calls} calls?, [\\d.]+ USD$`) }).waitFor();
    assert.equal(await page.getByLabel("Model", { exact: true }).inputValue(), "scribe");
    assert.equal(await page.getByRole("row").count(), 1 + Number(calls));
    await page.getByRole("button", { name: "Show all of this month" }).click();
    await page.waitForFunction(() => window.location.search === "");
    assert.equal(await page.getByLabel("Model", { exact: true }).inputValue(), "");
  },

  async erases_at_a_persons_request(page) {
    const person = "rasmus.thyholt@averholt.example";
    await administer(page, `/admin/subjects?email=${person}`);
    await page.getByRole("radio", { name: /^As somebody who asks/ }).check();
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Export as a zip" }).click(),
    ]);
    assert.equal(file.suggestedFilename(), `${person}.zip`);
    await page.getByRole("button", { name: "Preview what would be erased" }).click();
    const found = page.getByRole("region", { name: /What would be erased/ });
    await found.getByRole("row", { name: /profile 1/ }).waitFor();
    await found.getByRole("button", { name: "Erase" }).click();
    const confirm = dialog(page, /Erase what is kept/);
    await confirm.getByLabel(/^Type .* to confirm/).fill(person);
    await confirm.getByRole("button", { name: "Erase" }).click();
    const done = page.getByRole("region", { name: "What was erased", exact: true });
    await done.getByRole("button", { name: "Verify" }).click();
    await done.getByText("As it was signed").waitFor();
    await visit(page, `/admin/people?text=${person}`);
    await page.getByText("Nobody is called that").waitFor();
  },

  async manages_with_the_keyboard_alone(page) {
    await administer(page, "/admin/budgets");
    const set = page.getByRole("button", { name: "Set a budget" });
    for (let presses = 0; presses < 60; presses += 1) {
      if (await set.evaluate((element) => element === document.activeElement)) break;
      await page.keyboard.press("Tab");
    }
    await page.keyboard.press("Enter");
    const setting = dialog(page, "Set a budget");
    await setting.waitFor();
    await page.keyboard.press("Escape");
    await setting.waitFor({ state: "detached" });
    await page.waitForFunction(() => document.activeElement?.textContent === "Set a budget");
  },

  async is_told_what_is_not_for_them(page) {
    await administer(page, "/admin", "joanna.krasik@averholt.example");
    assert.equal(await page.getByRole("link", { name: "Administration" }).count(), 0);
    await visit(page, "/admin/people");
    await page.getByText("This page is not for your roles").waitFor();
    await page.getByRole("link", { name: "Ask", exact: true }).click();
    await page.getByLabel("Your question").waitFor();
  },

  async ends_a_key_of_a_person(page) {
    const read = () => fetch(`${VOUCH_URL}/v1/sources`, { headers: { Authorization: `Bearer ${process.env.VOUCH_KEY}` } });
    assert.equal((await read()).status, 200);
    await administer(page, `/admin/people/${WILLEM}`);
    const row = page.getByRole("table", { name: "Sessions and keys" }).getByRole("row", { name: /Key of a program/ });
    await row.getByRole("button", { name: "End" }).click();
    await dialog(page, "End this key?").getByRole("button", { name: "End" }).click();
    await said(page, /It has ended/);
    await row.waitFor({ state: "detached" });
    assert.equal((await read()).status, 401);
  },

  async looks_at_every_admin_page(page) {
    await administer(page, "/admin");
    await inspect(page, "admin overview");
    await look(page, {
      people: "/people",
      person: "/people/joanna.krasik@averholt.example",
      "people who left": "/people?state=all",
      "person who left": "/people/lena.vos@averholt.example",
      "nobody found": "/people?text=zzz",
      "role requests": "/role-requests?show=all",
      services: "/services",
      service: "/services/crm-assistant",
      policy: "/policy",
      versions: "/policy/versions",
      version: "/policy/versions/1",
      models: "/models?show=retired",
      model: "/models/scribe-before",
      "new model": "/models/new",
      missing: "/models/no-such-model",
    });
    if (Number(VOUCH_WIDTH) < 500) {
      await page.getByRole("button", { name: "Menu" }).click();
      await page.getByRole("dialog", { name: "Menu" }).waitFor();
      await inspect(page, "admin menu");
    }
  },

  async looks_at_every_admin_page_of_what_is_used_and_leaves(page) {
    await administer(page, "/admin/budgets");
    await inspect(page, "admin budgets");
    await look(page, {
      chargeback: "/chargeback?by=model",
      calls: "/calls",
      "no calls": "/calls?department=nobody",
      destinations: "/destinations",
      destination: "/destinations/tickets",
      deliveries: "/deliveries",
      webhooks: "/webhooks",
      webhook: "/webhooks/pager",
      subjects: "/subjects?email=joanna.krasik@averholt.example",
      retention: "/retention",
      changes: "/changes",
      "changes of people": "/changes?kind=person",
    });
  },

  async looks_at_every_admin_state(page) {
    await administer(page, "/admin/policy");
    await page.getByRole("button", { name: "Change the policy" }).click();
    await page.getByLabel("Places, Outside").selectOption("redact");
    await page.getByRole("button", { name: "Try before and after" }).click();
    await page.getByRole("region", { name: "As you changed it, to Outside" }).waitFor();
    await inspect(page, "admin policy tried");
    await page.getByRole("button", { name: "Save as a new version" }).click();
    await dialog(page, /Save version/).waitFor();
    await inspect(page, "admin policy saving");
    await visit(page, "/admin/people");
    await page.getByRole("button", { name: "Add a person" }).click();
    await dialog(page, "Add a person").waitFor();
    await inspect(page, "admin adding a person");
    await visit(page, "/admin/subjects?email=joanna.krasik@averholt.example");
    await page.getByRole("button", { name: "Preview what would be erased" }).click();
    await page.getByRole("region", { name: /What would be erased/ }).waitFor();
    await page.getByText("The report is ready below").scrollIntoViewIfNeeded();
    await inspect(page, "admin erasure previewed");
    await visit(page, "/admin/models/scribe");
    await page.getByRole("button", { name: "Check now" }).click();
    await page.getByText("It answers, as another version", { exact: true }).waitFor();
    await page.getByText("It answers, as another version", { exact: true }).scrollIntoViewIfNeeded();
    await inspect(page, "admin model checked");
    await visit(page, "/admin/destinations");
    await page.getByRole("button", { name: "Add a destination" }).click();
    await dialog(page, "Add a destination").waitFor();
    await inspect(page, "admin adding a destination");
    await visit(page, "/admin/services/crm-assistant");
    await page.getByRole("button", { name: "Make a key" }).click();
    await dialog(page, "Make a key").waitFor();
    await inspect(page, "admin making a key");
    await visit(page, "/admin/budgets");
    await page.getByRole("button", { name: "Set a budget" }).click();
    await dialog(page, "Set a budget").waitFor();
    await inspect(page, "admin setting a budget");
  },
};

export const expected = {
  gives_a_program_a_key: [/status of 422/],
  looks_after_models_and_money: [/status of 4\d\d/],
  is_told_what_is_not_for_them: [/status of 403/],
  looks_at_every_admin_page: [/status of 404/],
};
