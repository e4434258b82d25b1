import { useSyncExternalStore } from "react";

const TICK_MS = 30_000;

let now = new Date();
let timer: number | undefined;
const listeners = new Set<() => void>();

function tick(): void {
  now = new Date();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) timer = window.setInterval(tick, TICK_MS);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) window.clearInterval(timer);
  };
}

/** The time, twice a minute: what is "just now" does not stay so for ever. One clock serves the whole page. */
export function useNow(): Date {
  return useSyncExternalStore(subscribe, () => now);
}
