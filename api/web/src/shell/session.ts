import { createContext, use } from "react";
import type { Session } from "../api/types";

export const SessionContext = createContext<Session | null>(null);

/** The session of the person who is signed in. Only below a page that needs one. */
export function useSignedIn(): Session {
  const session = use(SessionContext);
  if (!session) throw new Error("Nobody is signed in here.");
  return session;
}
