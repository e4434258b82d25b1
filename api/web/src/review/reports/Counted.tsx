import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Pattern } from "../search";

/** A number of a week that leads to the records that it counts, where the log has them. */
export function Counted({ week, counted, children }: { week: string; counted: readonly Pattern[]; children: ReactNode }) {
  if (counted.length === 0) return children;
  return (
    <Link to="/review/weekly/records" search={{ week, counted: [...counted] }}>
      {children}
    </Link>
  );
}
