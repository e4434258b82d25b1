import { useEffect, useRef, useState } from "react";
import { download, type Received } from "./download";

/** A file that is being received: how far it is, what it became, or what went wrong. */
export function useDownload() {
  const stopping = useRef<AbortController | null>(null);
  const [far, setFar] = useState<Received | null>(null);
  const [running, setRunning] = useState(false);
  const [made, setMade] = useState<{ name: string; bytes: number } | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [cancelled, setCancelled] = useState(false);
  useEffect(() => () => stopping.current?.abort(), []);
  const start = async (path: string, given: { name: string; json?: unknown }) => {
    const controller = new AbortController();
    stopping.current = controller;
    setRunning(true);
    setFar(null);
    setMade(null);
    setFailure(null);
    setCancelled(false);
    try {
      setMade(await download(path, { ...given, signal: controller.signal, tell: setFar }));
    } catch (error) {
      if (controller.signal.aborted) setCancelled(true);
      else setFailure(error);
    } finally {
      setRunning(false);
    }
  };
  return { start, stop: () => stopping.current?.abort(), running, far, made, failure, cancelled };
}
