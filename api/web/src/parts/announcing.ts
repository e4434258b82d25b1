import { useQueryClient, type QueryKey } from "@tanstack/react-query";
import { createContext, use, useCallback } from "react";

/** Says what was done: shown for a while, and read out. */
export type Announce = (text: string) => void;

export const AnnounceContext = createContext<Announce>(() => undefined);

export function useAnnounce(): Announce {
  return use(AnnounceContext);
}

/** Carries a change out, has everything that shows it looked at again, and says that it was made. */
export function useChange() {
  const client = useQueryClient();
  const announce = useAnnounce();
  return useCallback(
    async <Made>(call: Promise<Made>, said: string, ...touched: QueryKey[]): Promise<Made> => {
      const made = await call;
      const stale = [...touched, ["admin", "changes"], ["admin", "attention"]];
      await Promise.all(stale.map((queryKey) => client.invalidateQueries({ queryKey })));
      announce(said);
      return made;
    },
    [client, announce],
  );
}
