export interface PerFrame<Item> {
  /** Passed on with the others of its frame; with `now` at once, and what waited before it. */
  put: (item: Item, now: boolean) => void;
  drop: () => void;
}

/** Gathers what arrives within one frame, so that the page is rendered once for all of it. */
export function perFrame<Item>(pass: (items: Item[]) => void): PerFrame<Item> {
  let waiting: Item[] = [];
  let frame: number | null = null;
  const flush = (): void => {
    if (frame !== null) cancelAnimationFrame(frame);
    frame = null;
    const items = waiting;
    waiting = [];
    if (items.length > 0) pass(items);
  };
  return {
    put: (item, now) => {
      waiting.push(item);
      // A page that nobody sees has no frames.
      if (now || document.hidden) flush();
      else frame ??= requestAnimationFrame(flush);
    },
    drop: () => {
      waiting = [];
      if (frame !== null) cancelAnimationFrame(frame);
      frame = null;
    },
  };
}
