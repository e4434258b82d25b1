/** Texts with what is marked in them. Places count Unicode code points, as the server does. */

export interface Marked {
  text: string;
  marked: boolean;
}

/** A text cut at the bounds of its spans. Those that overlap become one. */
export function marking(text: string, spans: readonly (readonly [start: number, end: number])[]): Marked[] {
  const points = Array.from(text);
  const pieces: Marked[] = [];
  let at = 0;
  for (const [start, end] of spans.toSorted(([a], [b]) => a - b)) {
    const from = Math.max(at, start);
    const to = Math.min(end, points.length);
    if (to <= from) continue;
    if (from > at) pieces.push({ text: points.slice(at, from).join(""), marked: false });
    pieces.push({ text: points.slice(from, to).join(""), marked: true });
    at = to;
  }
  if (at < points.length) pieces.push({ text: points.slice(at).join(""), marked: false });
  return pieces;
}
