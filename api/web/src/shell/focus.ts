const RETURNED_MS = 50;

/** Where what opened a dialog has gone meanwhile, the keyboard goes on at the title of the page. */
export function goOnAtTitle(): void {
  window.setTimeout(() => {
    if (document.activeElement === document.body) document.querySelector<HTMLElement>("main h1")?.focus();
  }, RETURNED_MS);
}
