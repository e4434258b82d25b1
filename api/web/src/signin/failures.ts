import type { Problem } from "../api/types";
import { words } from "../words/signin";

/** The failure that the address tells of. The words are ours: only the reason and the reference come from there. */
export function failureOf(search: string): Problem | null {
  const query = new URLSearchParams(search);
  const reason = query.get("problem");
  if (reason === null) return null;
  const reference = query.get("reference") ?? "";
  return {
    title: words.failedTitle,
    status: 403,
    code: "sign_in_failed",
    ...words.failure(reason),
    ...(/^[0-9a-f]{32}$/.test(reference) ? { trace_id: reference } : {}),
  };
}
