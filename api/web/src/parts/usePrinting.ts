import { useSyncExternalStore } from "react";
import { flushSync } from "react-dom";

let printing = false;
const listeners = new Set<() => void>();

function set(now: boolean): void {
  // The browser takes its picture of the page as soon as this event has been heard.
  flushSync(() => {
    printing = now;
    for (const listener of listeners) listener();
  });
}
const begin = (): void => set(true);
const end = (): void => set(false);

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) {
    window.addEventListener("beforeprint", begin);
    window.addEventListener("afterprint", end);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    window.removeEventListener("beforeprint", begin);
    window.removeEventListener("afterprint", end);
  };
}

/** Whether the page is being printed, for what stands on paper only. */
export function usePrinting(): boolean {
  return useSyncExternalStore(subscribe, () => printing);
}
