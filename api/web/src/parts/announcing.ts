import { useQueryClient, type QueryKey } from "@tanstack/react-query";
import { createContext, use, useCallback } from "react";

/** Says what was done: shown for a while, and read out. */
export type Announce = (text: string) => void;

interface Announcing {
  say: Announce;
  /** What any change in this area makes out of date. */
  stale: readonly QueryKey[];
}

export const AnnounceContext = createContext<Announcing>({ say: () => undefined, stale: [] });

export function useAnnounce(): Announce {
  return use(AnnounceContext).say;
}

/** Carries a change out, has everything that shows it looked at again, and says that it was made. */
export function useChange() {
  const client = useQueryClient();
  const { say, stale } = use(AnnounceContext);
  return useCallback(
    async <Made>(call: Promise<Made>, said: string, ...touched: QueryKey[]): Promise<Made> => {
      const made = await call;
      await Promise.all([...touched, ...stale].map((queryKey) => client.invalidateQueries({ queryKey })));
      say(said);
      return made;
    },
    [client, say, stale],
  );
}
