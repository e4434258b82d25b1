interface TrustedTypesWindow {
  trustedTypes?: { createPolicy(name: string, rules: { createHTML(text: string): string }): unknown };
}

/** Lets style text through, which the component library sets as inner HTML, and nothing that could hold an element. */
export function styleTextOnly(text: string): string {
  if (text.includes("<")) throw new TypeError("Vouch never turns text into HTML.");
  return text;
}

/** Must run before anything renders. Browsers without Trusted Types simply go without. */
export function installTrustedTypes(): void {
  (window as TrustedTypesWindow).trustedTypes?.createPolicy("default", { createHTML: styleTextOnly });
}
