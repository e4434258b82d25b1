import { useEffect, useRef, useState } from "react";

/** Something that takes a while and can be left: whether it is at it, whether it was stopped, and what went wrong. What
 * came before is left when it begins anew, and all of it when the page goes. */
export function useStoppable() {
  const [state, setState] = useState<"idle" | "running" | "stopped">("idle");
  const [failure, setFailure] = useState<unknown>(null);
  const call = useRef<AbortController | null>(null);
  useEffect(() => () => call.current?.abort(), []);
  const run = async (work: (signal: AbortSignal) => Promise<void>): Promise<void> => {
    call.current?.abort();
    const abort = new AbortController();
    call.current = abort;
    setState("running");
    setFailure(null);
    try {
      await work(abort.signal);
      if (!abort.signal.aborted) setState("idle");
    } catch (error) {
      if (abort.signal.aborted) {
        setState((now) => (call.current === abort ? "stopped" : now));
      } else {
        setState("idle");
        setFailure(error);
      }
    }
  };
  return {
    running: state === "running",
    stopped: state === "stopped",
    failure,
    run,
    stop: () => call.current?.abort(),
  };
}
