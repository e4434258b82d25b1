import { words } from "../words/sources";
import { drawn, HEIGHT, isDot, WIDTH } from "./course";
import { spanText } from "./durations";
import classes from "./Spark.module.css";
import type { CoursePoint } from "./types";

interface SparkProps {
  points: readonly CoursePoint[];
  /** Seconds. */
  bound: number | null;
  hours: number;
}

/** The staleness of the last time as a small line, with its bound. The number beside it says the same of now.
 * Nothing where nothing is known. */
export function Spark({ points, bound, hours }: SparkProps) {
  const { lines, bound: height, worst } = drawn(points, bound);
  if (worst === null) return null;
  const name = words.spark(spanText(hours * 3600), spanText(worst), bound === null ? null : spanText(bound));
  return (
    <svg
      className={classes.spark}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={name}
      data-over={(bound !== null && worst > bound) || undefined}
    >
      <title>{name}</title>
      {height !== null && <line className={classes.bound} x1={0} x2={WIDTH} y1={height} y2={height} />}
      {lines.map((line) => (
        <path key={line} className={classes.line} data-dot={isDot(line) || undefined} d={line} />
      ))}
    </svg>
  );
}
