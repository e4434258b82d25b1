import { useEffect, useRef } from "react";
import { words } from "../../words/sources";
import classes from "./Add.module.css";

export const STEPS = ["kind", "settings", "access", "check", "schedule"] as const;
export type StepName = (typeof STEPS)[number];

/** Where in the adding of a source one is. It takes the focus when a step begins, so that it is read out. */
export function StepHeading({ at }: { at: StepName }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const place = STEPS.indexOf(at);
  useEffect(() => {
    if (place > 0) heading.current?.focus();
  }, [place]);
  return (
    <>
      <ol className={classes.steps} aria-label={words.add.stepsName}>
        {STEPS.map((step, number) => (
          <li
            key={step}
            data-done={number < place || undefined}
            data-current={number === place || undefined}
            aria-current={number === place ? "step" : undefined}
          >
            {words.add.steps[step]}
          </li>
        ))}
      </ol>
      <h2 className={classes.heading} ref={heading} tabIndex={-1}>
        {words.add.step(place + 1, STEPS.length, words.add.steps[at])}
      </h2>
    </>
  );
}
