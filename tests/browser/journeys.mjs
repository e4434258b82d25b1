// Journeys of people through the web client: node journeys.mjs NAME
// Given: VOUCH_URL, VOUCH_CHROMIUM, VOUCH_WEB (where the packages are), VOUCH_PICTURES.
// A module of the folder journeys/ exports `journeys`, and as `expected` the texts on the console that one provokes.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { open, VOUCH_PICTURES } from "./browser.mjs";

const folder = new URL("./journeys/", import.meta.url);
const modules = readdirSync(folder).filter((name) => name.endsWith(".mjs"));
const areas = await Promise.all(modules.map((name) => import(new URL(name, folder))));
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
