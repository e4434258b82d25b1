const ALONE = "data-print-alone";

/** Prints one turn without the others. */
export function printAlone(turnKey: string): void {
  const turn = document.querySelector(`[data-turn="${CSS.escape(turnKey)}"]`);
  const thread = turn?.parentElement;
  if (!turn || !thread) return;
  const clear = (): void => {
    for (const each of [turn, thread]) each.removeAttribute(ALONE);
  };
  for (const each of [turn, thread]) each.setAttribute(ALONE, "");
  window.addEventListener("afterprint", clear, { once: true });
  window.print();
}
