/** English of what every area shares. All texts of the application stand in this folder, an area a file. */

const PLURAL = new Intl.PluralRules("en");
const NUMBER = new Intl.NumberFormat("en");

/** "1 document", "2,000 documents". */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${NUMBER.format(number)} ${PLURAL.select(number) === "one" ? one : many}`;
}

export const words = {
  soon: "within a minute",
  due: "in a moment",
  loading: "Loading",
  loadingVouch: "Loading Vouch",
  menu: "Menu",
  areas: "Areas",
  pages: "Pages of this area",
  help: "Help and keys",
  signOut: "Sign out",
  close: "Close",
  cancel: "Cancel",
  retry: "Try again",
  save: "Save",
  back: "Back",
  more: "Show more",
  loadingMore: "Loading more",
  copy: "Copy",
  copied: "Copied",
  reference: "Reference:",
  reason: "Reason",
  reasonHint: "Kept with the change, for whoever asks later.",
  none: "none",
  never: "never",
  unknown: "unknown",
  yes: "yes",
  no: "no",
  forbiddenTitle: "This page is not for your roles",
  forbidden: "Ask an administrator for the role that it needs. Nothing of it was loaded.",
  missingTitle: "There is nothing at this address",
  missing: "It may have been moved or removed.",
  goAsk: "Go to your questions",
  goHome: "Go to the first page",
  shown: (shown: number, total: number | null) =>
    total === null ? `${NUMBER.format(shown)} shown` : `${NUMBER.format(shown)} of ${NUMBER.format(total)} shown`,
  area: { ask: "Ask", sources: "Sources", review: "Review", admin: "Administration" },
} as const;
