import classes from "./Chart.module.css";
import type { Part } from "./figures";

const HEIGHT = 90;
const STEP = 24;
const WIDE = 16;
export const SHADES = 5;

interface ChartProps {
  name: string;
  parts: readonly Part[];
  /** The value of a whole column; without it that of the highest one. */
  top?: number;
  /** How the value of a whole column is written beside it. */
  scaleOf?: (value: number) => string;
}

/** Columns week by week, of one part or of several on top of each other. The table beside it says the same in numbers. */
export function Chart({ name, parts, top, scaleOf }: ChartProps) {
  const weeks = parts[0]?.points.map(({ week }) => week) ?? [];
  const heights = weeks.map((_, at) => parts.reduce((sum, part) => sum + (part.points[at]?.value ?? 0), 0));
  const highest = top ?? Math.max(1e-9, ...heights);
  const width = Math.max(1, weeks.length) * STEP;
  return (
    <figure className={classes.figure}>
      {scaleOf && (
        <div className={classes.top} aria-hidden>
          {scaleOf(highest)}
        </div>
      )}
      <svg viewBox={`0 0 ${width} ${HEIGHT + 1}`} preserveAspectRatio="none" role="img" aria-label={name}>
        {[0, HEIGHT / 2, HEIGHT].map((y) => (
          <line key={y} className={classes.grid} x1={0} x2={width} y1={y + 0.5} y2={y + 0.5} />
        ))}
        {weeks.map((week, at) => {
          let bottom = HEIGHT;
          return parts.map((part, index) => {
            const high = ((part.points[at]?.value ?? 0) / highest) * HEIGHT;
            bottom -= high;
            return (
              <rect
                key={`${week} ${part.name}`}
                className={classes.column}
                data-shade={index % SHADES}
                x={at * STEP + (STEP - WIDE) / 2}
                y={bottom}
                width={WIDE}
                height={high}
              />
            );
          });
        })}
      </svg>
      <div className={classes.weeks} aria-hidden>
        <span>{weeks[0]}</span>
        <span>{weeks.at(-1)}</span>
      </div>
    </figure>
  );
}

/** The sign of a part of a chart, beside its name in the table. */
export function Shade({ index }: { index: number }) {
  return (
    <svg className={classes.shade} viewBox="0 0 10 10" aria-hidden>
      <rect className={classes.column} data-shade={index % SHADES} width="10" height="10" rx="2" />
    </svg>
  );
}
