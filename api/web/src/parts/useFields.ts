import { useCallback, useEffect, useRef, useState } from "react";
import { ProblemError } from "../api/http";

export type Errors<Values> = Partial<Record<keyof Values & string, string>>;

/** The field that a problem speaks of: the last part of the place before its colon ("entry.place: …"), or a field whose
 * own words it uses. */
export function fieldOf<Values extends object>(
  detail: string,
  values: Values,
  spoken: Partial<Record<keyof Values & string, RegExp>> = {},
): (keyof Values & string) | null {
  const names = Object.keys(values) as (keyof Values & string)[];
  const place = /^([\w.*]+):/.exec(detail)?.[1]?.split(".") ?? [];
  const said = /^[\w.*]+: (?:Value error, )?(\w+):/.exec(detail)?.[1];
  for (const part of [said, ...place.toReversed()]) {
    const name = names.find((each) => each === part);
    if (name) return name;
  }
  return names.find((each) => spoken[each]?.test(detail)) ?? null;
}

/** What a problem says of its field, without the place that it names. */
function wordsOf(detail: string): string {
  return detail.replace(/^[\w.*]+: (?:Value error, )?(?:\w+: )?/, "");
}

/** What stands in a form, and what the server said against it: at the field that it is about, which takes the focus. */
export function useFields<Values extends object>(
  initial: Values,
  spoken: Partial<Record<keyof Values & string, RegExp>> = {},
) {
  const [values, setValues] = useState(initial);
  const [errors, setErrors] = useState<Errors<Values>>({});
  const wanted = useRef<string | null>(null);
  useEffect(() => {
    if (wanted.current === null) return;
    document.getElementsByName(wanted.current)[0]?.focus();
    wanted.current = null;
  }, [errors]);
  const set = useCallback(<Name extends keyof Values>(name: Name, value: Values[Name]) => {
    setValues((before) => ({ ...before, [name]: value }));
    setErrors((before) => ({ ...before, [name]: undefined }));
  }, []);
  const reset = useCallback((to: Values) => {
    setValues(to);
    setErrors({});
  }, []);
  /** Rejects with what the server said, after it was put at its field. */
  const attempt = async <Made>(call: () => Promise<Made>): Promise<Made> => {
    setErrors({});
    try {
      return await call();
    } catch (failure) {
      const detail = failure instanceof ProblemError ? (failure.problem.detail ?? "") : "";
      const field = fieldOf(detail, values, spoken);
      if (field) {
        wanted.current = field;
        const error: Errors<Values> = {};
        error[field] = wordsOf(detail);
        setErrors(error);
      }
      throw failure;
    }
  };
  /** The properties of the input of a field that holds text. */
  const text = (name: keyof Values & string) => ({
    name,
    value: String(values[name]),
    error: errors[name],
    onChange: (event: { currentTarget: { value: string } }) =>
      set(name, event.currentTarget.value as Values[typeof name]),
  });
  return { values, errors, set, reset, attempt, text };
}
