// How quickly a page follows somebody's hands. It is told (pytest -s) and never asserted: machines differ.

import { appendFileSync } from "node:fs";
import { VOUCH_HANDS } from "./browser.mjs";

const { VOUCH_MEASURED } = process.env;

/** From now on the page counts its frames, its tasks over 50 ms, and how long a letter takes until it is painted. */
const BEGIN = () => {
  const found = { frames: [], tasks: [0], keys: [] };
  const observer = new PerformanceObserver((list) => found.tasks.push(...list.getEntries().map((each) => each.duration)));
  observer.observe({ type: "longtask" });
  let before;
  const frame = (now) => {
    if (before !== undefined) found.frames.push(now - before);
    before = now;
    asked = requestAnimationFrame(frame);
  };
  let asked = requestAnimationFrame(frame);
  const key = ({ key: { length }, timeStamp }) => {
    if (length !== 1) return;
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => found.keys.push(performance.now() - timeStamp);
      // Read once the frame is done.
      port2.postMessage(null);
    });
  };
  document.addEventListener("keydown", key, { capture: true });
  window.endMeasuring = () => {
    cancelAnimationFrame(asked);
    observer.disconnect();
    document.removeEventListener("keydown", key, { capture: true });
    return found;
  };
};

const ms = (value) => `${value.toFixed(1)} ms`;

function spread(values) {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return `${ms(at(0.5))} at the median, ${ms(at(0.95))} at 95 %`;
}

/** Does `work`, and writes how the page kept up with it. */
export async function measured(page, name, work) {
  await page.evaluate(BEGIN);
  await work();
  const { frames, tasks, keys } = await page.evaluate(() => window.endMeasuring());
  const told = [`${frames.length} frames, ${spread(frames)}`, `longest task ${ms(Math.max(...tasks))} (0: none over 50)`];
  if (keys.length > 0) told.push(`${keys.length} letters, ${spread(keys)}`);
  if (VOUCH_MEASURED) appendFileSync(VOUCH_MEASURED, `\n${name} (${VOUCH_HANDS}): ${told.join("; ")}`);
}

/** Writes `text` where the focus is, each letter once the one before is painted. */
export async function write(page, text) {
  for (const letter of text) {
    await page.keyboard.type(letter);
    await page.evaluate(() => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted))));
  }
}

/** Scrolls what is under the pointer, or around the focus, until `done`: as fast as the page takes it. */
export async function scroll(page, key, done) {
  const turn =
    VOUCH_HANDS === "keyboard"
      ? () => page.keyboard.press(key)
      : () => page.mouse.wheel(0, key === "PageUp" ? -240 : 240);
  while (!(await done())) for (let times = 0; times < 10; times += 1) await turn();
}
