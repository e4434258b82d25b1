import { Button } from "@mantine/core";
import { RotateCcw, TriangleAlert } from "lucide-react";
import type { Problem } from "../api/types";
import { words } from "../words/shell";
import classes from "./ProblemNotice.module.css";

interface ProblemNoticeProps {
  problem: Problem;
  onRetry?: () => void;
}

/** A failure in the server's own words: what happened, and what to do next. What is not there does not come with
 * another try. */
export function ProblemNotice({ problem, onRetry }: ProblemNoticeProps) {
  return (
    <div className={classes.notice} data-code={problem.code}>
      <TriangleAlert aria-hidden size={18} className={classes.sign} />
      <div>
        <p className={classes.title}>{problem.title}</p>
        {problem.detail && problem.detail !== problem.title && <p>{problem.detail}</p>}
        {problem.hint && <p>{problem.hint}</p>}
        {problem.trace_id && (
          <p className={classes.trace}>
            {words.reference} <code>{problem.trace_id}</code>
          </p>
        )}
        {onRetry && problem.status !== 404 && (
          <Button
            mt={10}
            size="compact-sm"
            variant="default"
            leftSection={<RotateCcw aria-hidden size={15} />}
            onClick={onRetry}
          >
            {words.retry}
          </Button>
        )}
      </div>
    </div>
  );
}
