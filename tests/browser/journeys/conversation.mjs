// What somebody does in a conversation that has grown long.

import assert from "node:assert/strict";
import { field, signIn, VOUCH_HANDS, VOUCH_URL } from "../browser.mjs";
import { measured, scroll, write } from "../measuring.mjs";

const QUESTION = "Above which expected total cost does a business trip need the approval of the department head first?";

/** Keeps what changes in the turns, by their place, and what is moved. How long ago something was is told anew by
 * itself. */
const WATCH_TURNS = () => {
  const thread = document.querySelector("article").parentElement;
  window.watched = { changes: [], shifts: [] };
  new MutationObserver((changes) => {
    for (const { type, target, attributeName, addedNodes, removedNodes } of changes) {
      const element = target.nodeType === Node.ELEMENT_NODE ? target : target.parentElement;
      if (element.closest("time")) continue;
      const turn = [...thread.children].indexOf(element.closest("article"));
      const name = (node) => node.ariaLabel ?? node.textContent.slice(0, 40);
      const what = attributeName ? `${attributeName} of ${name(element)}` : type;
      const came = [...addedNodes].map((node) => `+ ${name(node)}`);
      const went = [...removedNodes].map((node) => `- ${name(node)}`);
      window.watched.changes.push({ turn, what: [what, ...came, ...went].join(" ") });
    }
  }).observe(thread, { subtree: true, childList: true, attributes: true, characterData: true });
  new PerformanceObserver((list) => {
    const moved = list.getEntries().flatMap(({ sources }) => sources.map(({ node }) => node));
    const name = (node) => `${node?.nodeName} ${node?.textContent.slice(0, 40)}`;
    window.watched.shifts.push(...moved.filter((node) => thread.contains(node)).map(name));
  }).observe({ type: "layout-shift" });
};

const watched = (page) => page.evaluate(() => window.watched);

export const journeys = {
  async goes_on_in_a_long_conversation(page) {
    const { VOUCH_CONVERSATION, VOUCH_SENTENCES } = process.env;
    await signIn(page, "Joanna Krasik");
    await page.goto(`${VOUCH_URL}/c/${VOUCH_CONVERSATION}`);
    const turns = page.getByRole("article");
    await page.getByRole("region", { name: "Read on in these sources" }).waitFor();
    await page.waitForLoadState("networkidle");
    const before = await turns.count();
    assert.ok(before >= 20);
    assert.ok((await turns.locator("[data-citation]").count()) >= Number(VOUCH_SENTENCES));
    await page.evaluate(WATCH_TURNS);

    await field(page).focus();
    await measured(page, `${VOUCH_SENTENCES} sentences, typing`, () => write(page, QUESTION));
    assert.equal(await field(page).inputValue(), QUESTION);
    assert.deepEqual(await watched(page), { changes: [], shifts: [] });

    const thread = await turns.first().evaluateHandle((turn) => turn.parentElement.parentElement);
    if (VOUCH_HANDS === "keyboard") await page.keyboard.press("Shift+Tab");
    else {
      // Beside the text, where nothing tells more about itself.
      const { x, y } = await thread.asElement().boundingBox();
      await page.mouse.move(x + 40, y + 40);
    }
    await measured(page, `${VOUCH_SENTENCES} sentences, scrolling`, async () => {
      await scroll(page, "PageUp", () => thread.evaluate(({ scrollTop }) => scrollTop === 0));
      const end = ({ scrollTop, clientHeight, scrollHeight }) => scrollTop + clientHeight >= scrollHeight - 1;
      await scroll(page, "PageDown", () => thread.evaluate(end));
    });
    assert.deepEqual(await watched(page), { changes: [], shifts: [] });

    await field(page).focus();
    await measured(page, `${VOUCH_SENTENCES} sentences, an answer arriving`, async () => {
      await page.keyboard.press("Enter");
      await turns.nth(before).locator("[data-citation]").first().waitFor();
      await page.waitForFunction(() => !document.querySelector("article[aria-busy='true']"));
    });
    assert.equal(await turns.count(), before + 1);
    // Of the turns before, none can be answered again meanwhile, and the last leaves reading on to the new one.
    const { changes } = await watched(page);
    const of = (turn) => changes.filter((each) => each.turn === turn).map(({ what }) => what);
    assert.deepEqual(of(-1), [`childList + ${QUESTION.slice(0, 40)}`]);
    for (let place = 0; place < before; place += 1) {
      assert.equal(of(place).filter((what) => what === "disabled of Answer again").length, 2);
      const others = of(place).filter((what) => !what.endsWith(" of Answer again"));
      assert.deepEqual(others, place === before - 1 ? ["childList - Read on in these sources"] : []);
    }
  },
};
