import { calendarTime } from "../shell/time";
import { words } from "../words/sources";
import { drawn, HEIGHT, WIDTH } from "./course";
import classes from "./CourseChart.module.css";
import { spanText } from "./durations";
import type { CoursePoint } from "./types";

interface CourseChartProps {
  name: string;
  points: readonly CoursePoint[];
  /** Seconds. */
  bound: number | null;
}

/** Staleness over time against its bound. The table beside it says the same in numbers. */
export function CourseChart({ name, points, bound }: CourseChartProps) {
  const { lines, bound: height, top, worst } = drawn(points, bound);
  const [first, last] = [points[0], points.at(-1)];
  return (
    <figure className={classes.figure}>
      <div className={classes.scale} aria-hidden>
        <span>{spanText(top)}</span>
        <span>{spanText(top / 2)}</span>
        <span>0</span>
      </div>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={worst === null ? `${name}: ${words.noSpark}` : `${name}: ${spanText(worst)}`}
      >
        {[0, 50, 100].map((y) => (
          <line key={y} className={classes.grid} x1={0} x2={WIDTH} y1={y} y2={y} />
        ))}
        {height !== null && <line className={classes.bound} x1={0} x2={WIDTH} y1={height} y2={height} />}
        {lines.map((line) => (
          <path key={line} className={classes.line} d={line} />
        ))}
      </svg>
      <div className={classes.times} aria-hidden>
        <span>{first && calendarTime(first.at)}</span>
        <span>{last && calendarTime(last.at)}</span>
      </div>
      <figcaption>
        <span className={classes.entry}>
          <span className={classes.key} data-what="line" aria-hidden />
          {words.overview.worst}
        </span>
        {bound !== null && (
          <span className={classes.entry}>
            <span className={classes.key} data-what="bound" aria-hidden />
            {words.overview.boundLine}: {spanText(bound)}
          </span>
        )}
      </figcaption>
    </figure>
  );
}
