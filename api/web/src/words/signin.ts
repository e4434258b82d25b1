/** English of signing in. */

/** What the server says of a sign-in through the organisation that failed (api/identity/errors.py). */
const FAILURES: Record<string, { detail: string; hint: string }> = {
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

export const words = {
  lead: "Ask your organisation’s documents. Every sentence of an answer shows the passage that it stands on.",
  title: "Sign in",
  choosePassword: "Choose a password",
  choosePerson: "Choose whom to sign in as",
  linkOver: {
    title: "This link does not work any more",
    detail: "It was used already, or its time is over.",
    hint: "Ask the people who run Vouch for another one.",
  },
  goOn: (name: string) => `Go on as ${name}`,
  signingIn: "Signing you in…",
  demo: "This is a demo company. Each person may read different documents.",
  linkHow: "You can sign in with a personal link that works once. Ask the people who run Vouch for one.",
  linkWhere: "They create it on the machine where Vouch runs:",
  linkOpen: "Then open the link in this browser.",
  sso: (name: string) => (name ? `Sign in with ${name}` : "Sign in with your organisation"),
  version: (version: string) => `Vouch ${version}`,
  email: "E-mail address",
  password: "Password",
  signIn: "Sign in",
  newPassword: "New password",
  passwordHint: (shortest: number) =>
    `At least ${shortest} characters, for example several words that have nothing to do with you.`,
  again: "Once more",
  differs: "This is another one.",
  setPassword: "Set the password and sign in",
  failedTitle: "You are not signed in",
  failure: (reason: string) => (Object.hasOwn(FAILURES, reason) ? (FAILURES[reason] ?? OTHER) : OTHER),
} as const;
