// Journeys of people through the web client: node journeys.mjs NAME
// Given: VOUCH_URL, VOUCH_CHROMIUM, VOUCH_WEB (where the packages are), VOUCH_PICTURES.

import assert from "node:assert/strict";
import { join } from "node:path";
import { open, VOUCH_PICTURES } from "./browser.mjs";
import * as ask from "./journeys/ask.mjs";

const areas = [ask];
const name = process.argv[2] ?? "";
const area = areas.find(({ journeys }) => name in journeys);
assert.ok(area, `there is no journey ${name}`);
const { browser, page, faults } = await open(area.expected?.[name]);
try {
  await area.journeys[name](page);
  assert.deepEqual(faults, []);
} catch (error) {
  await page.screenshot({ path: join(VOUCH_PICTURES, "failure.png") });
  console.error(error.message, faults.join("\n"));
  process.exitCode = 1;
} finally {
  await browser.close();
}
