// The same journeys without a pointer: a press of the mouse becomes Tab and arrows until what is meant has the focus,
// and then Enter or Space. What the keyboard does not reach, or what does not show that it has the focus, fails.

import assert from "node:assert/strict";

const LIMIT = 250;

/** What takes the focus for `element`: itself, what it labels, or what it is a part of. */
const CONTROL = (element) => {
  const focusable = "a[href], button, input, select, textarea, summary, [tabindex]";
  if (element.matches(focusable)) return element;
  return element.closest("label")?.control ?? element.closest(focusable) ?? element.querySelector(focusable) ?? element;
};

const ABOUT = (control) => ({
  name: `${control.tagName} ${control.ariaLabel ?? control.textContent.trim().slice(0, 80)}`,
  type: control.getAttribute("role") ?? (control.tagName === "INPUT" ? control.type : control.tagName.toLowerCase()),
  focused: control === document.activeElement,
  off: control.matches(":disabled"),
  behind: Boolean(
    document.activeElement?.compareDocumentPosition(control) & Node.DOCUMENT_POSITION_PRECEDING,
  ),
});

/** Whether one can see that it has the focus: on itself or on the card around it. Text fields show a caret. */
const SHOWN = (control) => {
  if (!control.matches("a, button, summary")) return true;
  const outlined = (element) => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
    return (outlineStyle !== "none" && parseFloat(outlineWidth) >= 1) || boxShadow !== "none";
  };
  const card = control.closest("li");
  return outlined(control) || (card !== null && outlined(card));
};

const GROUPED = (control) =>
  control === document.activeElement ||
  (document.activeElement?.type === "radio" && document.activeElement.name === control.name);

async function tab(page, reached, about) {
  const key = about.behind ? "Shift+Tab" : "Tab";
  for (let presses = 0; presses < LIMIT; presses += 1) {
    if (await reached()) return;
    await page.keyboard.press(key);
  }
  assert.fail(`${LIMIT} presses of ${key} did not reach ${about.name}`);
}

/** Brings the focus to what `locator` finds, by keys only. */
async function reach(locator) {
  const page = locator.page();
  await locator.waitFor({ state: "attached" });
  const control = (await (await locator.elementHandle()).evaluateHandle(CONTROL)).asElement();
  await control.waitForElementState("enabled");
  const about = await control.evaluate(ABOUT);
  const focused = () => control.evaluate((element) => element === document.activeElement);
  if (about.type === "radio") {
    await tab(page, () => control.evaluate(GROUPED), about);
    for (let presses = 0; presses < 20 && !(await focused()); presses += 1) await page.keyboard.press("ArrowDown");
  } else if (about.type === "menuitem") {
    for (let presses = 0; presses < 20 && !(await focused()); presses += 1) await page.keyboard.press("ArrowDown");
  } else {
    await tab(page, focused, about);
  }
  assert.ok(await focused(), `the keyboard did not reach ${about.name}`);
  assert.ok(about.type === "menuitem" || (await control.evaluate(SHOWN)), `no focus is seen on ${about.name}`);
  return { control, type: about.type };
}

const withKeys = {
  async click() {
    const { type } = await reach(this);
    if (type === "radio") return;
    await this.page().keyboard.press(type === "checkbox" || type === "switch" ? "Space" : "Enter");
  },

  async hover() {
    await reach(this);
  },

  async check() {
    const { control } = await reach(this);
    if (!(await control.isChecked())) await this.page().keyboard.press("Space");
    assert.ok(await control.isChecked());
  },

  async uncheck() {
    const { control } = await reach(this);
    if (await control.isChecked()) await this.page().keyboard.press("Space");
    assert.ok(!(await control.isChecked()));
  },

  async press(key) {
    await reach(this);
    await this.page().keyboard.press(key);
  },

  async selectOption(wanted) {
    const { control } = await reach(this);
    const found = ([select, sought]) =>
      [...select.options].find((each) => each.value === sought || each.label === sought)?.label;
    const label = await (await this.page().waitForFunction(found, [control, wanted])).jsonValue();
    await this.page().keyboard.type(label);
    assert.equal(await control.evaluate((select) => select.selectedOptions[0]?.label), label);
  },
};

/** From here on every locator of `page` is used with the keyboard. Text is still put into fields at once. */
export function withoutPointer(page) {
  const locator = Object.getPrototypeOf(page.locator("body"));
  const { fill } = locator;
  Object.assign(locator, withKeys, {
    async fill(text) {
      await reach(this);
      await fill.call(this, text);
    },
  });
  page.mouse.click = page.mouse.move = () => assert.fail("there is no pointer");
}
