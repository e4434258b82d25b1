// What every journey does in the browser, and what must not happen on any page.
// Given: VOUCH_URL, VOUCH_CHROMIUM, VOUCH_WEB (where the packages are), VOUCH_PICTURES; VOUCH_HANDS=keyboard does
// without a pointer.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { withoutPointer } from "./keyboard.mjs";

export const {
  VOUCH_URL,
  VOUCH_CHROMIUM,
  VOUCH_WEB,
  VOUCH_PICTURES,
  VOUCH_SCHEME = "light",
  VOUCH_WIDTH = "1360",
  VOUCH_HANDS = "pointer",
} = process.env;
const require = createRequire(join(VOUCH_WEB, "package.json"));
const { chromium } = require("playwright-core");
const { AxeBuilder } = require("@axe-core/playwright");

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const COLOURS = ["color-contrast", "link-in-text-block"];
const STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Everything that must not happen on any page. `expected` lists console texts that a journey provokes. */
export async function watch(page, expected) {
  const faults = [];
  page.on("console", (message) => {
    const text = message.text();
    if (message.type() === "error" && !expected.some((pattern) => pattern.test(text))) faults.push(`console: ${text}`);
  });
  page.on("pageerror", (error) => faults.push(`page error: ${error.stack ?? error.message}`));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol !== "data:" && url.hostname !== "127.0.0.1") faults.push(`request leaves the machine: ${url}`);
  });
  await page.exposeFunction("reportViolation", (text) => faults.push(`policy violation: ${text}`));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      window.reportViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
    });
  });
  return faults;
}

export async function signIn(page, name) {
  await page.goto(VOUCH_URL);
  await page.getByRole("button", { name: new RegExp(name) }).click();
  await field(page).waitFor();
}

export function field(page) {
  return page.getByLabel("Your question");
}

export function chip(page, n) {
  return page.locator(`[data-citation="${n}"]`).first();
}

/** Waits for the outcome that is announced, and returns what was said. */
export async function outcome(page, pattern) {
  const live = page.getByRole("status").filter({ hasText: pattern });
  await live.waitFor({ state: "attached" });
  return live.textContent();
}

export async function ask(page, question, expected = /Answer ready/) {
  await field(page).fill(question);
  await field(page).press("Enter");
  await page.getByRole("heading", { name: question }).last().waitFor();
  return outcome(page, expected);
}

export async function focusedBy(page, key, wanted, limit = 60) {
  for (let presses = 0; presses < limit; presses += 1) {
    if (await page.evaluate((selector) => document.activeElement?.matches(selector) ?? false, wanted)) return;
    await page.keyboard.press(key);
  }
  assert.fail(`${limit} presses of ${key} did not reach ${wanted}`);
}

export async function isInView(locator) {
  return locator.evaluate((element) => {
    const box = element.getBoundingClientRect();
    return box.bottom > 0 && box.top < window.innerHeight && box.width > 0;
  });
}

export async function inspect(page, state) {
  await page.screenshot({ path: join(VOUCH_PICTURES, `${VOUCH_SCHEME}-${VOUCH_WIDTH}-${state}.png`) });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(overflow <= 0, `${state}: the page is ${overflow} px wider than its window`);
  if (Number(VOUCH_WIDTH) > 1360) return;
  // No page has frames: one run in the page itself. What is dark differs from what is light by its colours.
  const axe = new AxeBuilder({ page }).setLegacyMode();
  const { violations } = await (VOUCH_SCHEME === "dark" ? axe.withRules(COLOURS) : axe.withTags(STANDARDS)).analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
  assert.deepEqual(found, [], `${state}: accessibility`);
}

/** A browser without a history, and a page in it that is watched from its first request on. */
export async function open(expected = []) {
  const browser = await chromium.launch({ executablePath: VOUCH_CHROMIUM, args: FLAGS });
  const context = await browser.newContext({
    viewport: { width: Number(VOUCH_WIDTH), height: 800 },
    colorScheme: VOUCH_SCHEME,
    reducedMotion: "reduce",
    hasTouch: Number(VOUCH_WIDTH) < 500,
  });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  if (VOUCH_HANDS === "keyboard") withoutPointer(page);
  return { browser, page, faults: await watch(page, expected) };
}
