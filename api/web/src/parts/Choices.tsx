import { Link } from "@tanstack/react-router";
import classes from "./Choices.module.css";

interface Choice<Value> {
  value: Value;
  name: string;
  count?: number;
}

interface ChoicesProps<Value> {
  name: string;
  of: readonly Choice<Value>[];
  current: Value;
  to: string;
  params?: Record<string, string>;
  search: (value: Value) => object;
  /** Parts of a page rather than filters of a list. */
  tabs?: boolean;
}

/** Filters of a list, or parts of a page, side by side: each is an address of its own. */
export function Choices<Value extends string | undefined>({
  name,
  of,
  current,
  to,
  params,
  search,
  tabs,
}: ChoicesProps<Value>) {
  return (
    <nav className={tabs ? classes.tabs : classes.choices} aria-label={name}>
      {of.map(({ value, name: label, count }) => (
        <Link
          key={value ?? ""}
          to={to}
          params={params as never}
          search={search(value) as never}
          replace
          className={tabs ? classes.tab : classes.choice}
          activeProps={{}}
          data-current={value === current || undefined}
          aria-current={value === current ? (tabs ? "page" : "true") : undefined}
        >
          {label}
          {count !== undefined && <span className={classes.count}>{count.toLocaleString("en")}</span>}
        </Link>
      ))}
    </nav>
  );
}
