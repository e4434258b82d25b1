import type { QueryKey } from "@tanstack/react-query";
import { useState } from "react";
import { problemOf } from "../api/http";
import { useChange } from "./announcing";

/** A button that changes something at once: whether it is at it, and in the server's words why it could not. */
export function useAct() {
  const change = useChange();
  const [running, setRunning] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const run = async <Made>(call: () => Promise<Made>, said: string, ...touched: QueryKey[]): Promise<Made | null> => {
    setRunning(true);
    setProblem(null);
    try {
      return await change(call(), said, ...touched);
    } catch (error) {
      const { detail, title, hint } = problemOf(error);
      setProblem([detail ?? title, hint].filter(Boolean).join(" "));
      return null;
    } finally {
      setRunning(false);
    }
  };
  return { run, running, problem };
}
