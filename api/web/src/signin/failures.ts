import type { Problem } from "../api/types";

/** What the server says of a sign-in through the organisation that failed (api/identity/errors.py). */
const REASONS: Record<string, { detail: string; hint: string }> = {
  unknown: { detail: "Your account is not known here.", hint: "Ask the people who run Vouch to add you." },
  unverified: {
    detail: "Your account has no confirmed e-mail address.",
    hint: "Confirm it with your organisation’s sign-in, or ask for help.",
  },
  mismatch: {
    detail: "Your account is not the one that is known here.",
    hint: "Ask the people who run Vouch to connect your new account.",
  },
  disabled: { detail: "Your account here was closed.", hint: "Ask the people who run Vouch if that is a mistake." },
  expired: { detail: "This sign-in took too long, or began in another browser.", hint: "Start again." },
  declined: { detail: "The sign-in was not completed.", hint: "Start again." },
  overage: {
    detail: "Your sign-in did not say which groups you are in.",
    hint: "Ask the people who run Vouch for help.",
  },
  unavailable: { detail: "Your organisation’s sign-in does not answer.", hint: "Try again in a minute." },
};

const OTHER = {
  detail: "The sign-in could not be verified.",
  hint: "Start again; if it stays, tell the people who run Vouch.",
};

/** The failure that the address tells of. The words are ours: only the reason and the reference come from there. */
export function failureOf(search: string): Problem | null {
  const query = new URLSearchParams(search);
  const reason = query.get("problem");
  if (reason === null) return null;
  const reference = query.get("reference") ?? "";
  const words = Object.hasOwn(REASONS, reason) ? (REASONS[reason] ?? OTHER) : OTHER;
  return {
    title: "You are not signed in",
    status: 403,
    code: "sign_in_failed",
    ...words,
    ...(/^[0-9a-f]{32}$/.test(reference) ? { trace_id: reference } : {}),
  };
}
