import { words as shell } from "../words/shell";
import { words } from "../words/sources";
import { drawn, HEIGHT, WIDTH } from "./course";
import { spanText } from "./durations";
import classes from "./Spark.module.css";
import type { CoursePoint } from "./types";

interface SparkProps {
  points: readonly CoursePoint[];
  /** Seconds. */
  bound: number | null;
  hours: number;
}

/** The staleness of the last time as a small line, with its bound. The number beside it says the same of now. */
export function Spark({ points, bound, hours }: SparkProps) {
  const { lines, bound: height, worst } = drawn(points, bound);
  const name =
    worst === null
      ? words.noSpark
      : words.spark(spanText(hours * 3600), spanText(worst), bound === null ? null : spanText(bound));
  return (
    <svg
      className={classes.spark}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={name}
      data-over={(bound !== null && worst !== null && worst > bound) || undefined}
    >
      <title>{worst === null ? shell.unknown : name}</title>
      {height !== null && <line className={classes.bound} x1={0} x2={WIDTH} y1={height} y2={height} />}
      {lines.map((line) => (
        <path key={line} className={classes.line} d={line} />
      ))}
    </svg>
  );
}
