import { Skeleton } from "@mantine/core";
import { Inbox, Lock, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { problemOf } from "../api/http";
import { ProblemNotice } from "./ProblemNotice";
import { words } from "../words/shell";
import classes from "./States.module.css";

/** In the place of what is being loaded. */
export function Loading({ rows = 6, name = words.loading }: { rows?: number; name?: string }) {
  return (
    <div className={classes.loading} role="status" aria-label={name}>
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} h={16} w={`${92 - ((row * 17) % 40)}%`} />
      ))}
    </div>
  );
}

interface EmptyProps {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  icon?: LucideIcon;
}

/** Where there is nothing, why that is so and what to do next. */
export function Empty({ title, children, action, icon: Icon = Inbox }: EmptyProps) {
  return (
    <div className={classes.empty}>
      <Icon aria-hidden size={26} />
      <p className={classes.title}>{title}</p>
      {children && <p>{children}</p>}
      {action}
    </div>
  );
}

/** What went wrong, in the server's words; forbidden pages say whom to ask. */
export function Failed({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const problem = problemOf(error);
  if (problem.status === 403) return <Forbidden detail={problem.detail} />;
  return (
    <div className={classes.failed}>
      <ProblemNotice problem={problem} onRetry={onRetry} />
    </div>
  );
}

export function Forbidden({ detail }: { detail?: string }) {
  return (
    <Empty icon={Lock} title={words.forbiddenTitle}>
      {detail ? `${detail} ` : ""}
      {words.forbidden}
    </Empty>
  );
}
