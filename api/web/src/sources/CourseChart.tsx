import { useId } from "react";
import { calendarTime } from "../shell/time";
import { words } from "../words/sources";
import { drawn, HEIGHT, roundTop, WIDTH } from "./course";
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
  const { lines, bound: height, top, worst } = drawn(points, bound, roundTop);
  const above = useId();
  const over = bound !== null && worst !== null && worst > bound;
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
        {over && (
          <>
            <clipPath id={above}>
              <rect x={0} y={0} width={WIDTH} height={height ?? 0} />
            </clipPath>
            <g className={classes.over} clipPath={`url(#${above})`}>
              {lines.map((line) => (
                <path key={line} className={classes.line} d={line} />
              ))}
            </g>
          </>
        )}
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
        {over && (
          <span className={classes.entry}>
            <span className={classes.key} data-what="over" aria-hidden />
            {words.overview.overLine}
          </span>
        )}
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
