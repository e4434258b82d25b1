import { useState } from "react";
import { useStoppable } from "../../parts/useStoppable";
import { download, type Received } from "./download";

/** A file that is being received: how far it is, what it became, or what went wrong. */
export function useDownload() {
  const { run, stop, running, stopped, failure } = useStoppable();
  const [far, setFar] = useState<Received | null>(null);
  const [made, setMade] = useState<{ name: string; bytes: number } | null>(null);
  const start = (path: string, given: { name: string; json?: unknown }) => {
    setFar(null);
    setMade(null);
    return run(async (signal) => setMade(await download(path, { ...given, signal, tell: setFar })));
  };
  return { start, stop, running, far, made, failure, cancelled: stopped };
}
