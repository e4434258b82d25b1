import { useDebouncedCallback } from "@mantine/hooks";
import { useState } from "react";

/** A text of an address; the router reads "12" as a number. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function numberOf(value: unknown): number | undefined {
  const number = typeof value === "number" ? value : Number.parseInt(textOf(value) ?? "", 10);
  return Number.isSafeInteger(number) ? number : undefined;
}

export function oneOf<Value extends string>(value: unknown, of: readonly Value[]): Value | undefined {
  return of.find((each) => each === value);
}

const WAIT_MS = 300;

/** What is typed into a search box: at once in the box, a moment later in the address. What comes into the address from
 * elsewhere, by a link or a button that clears it, is in the box as well. */
export function useTyped(inAddress: string, toAddress: (text: string) => void) {
  const [typed, setTyped] = useState(inAddress);
  const [known, setKnown] = useState({ address: inAddress, passed: inAddress });
  if (known.address !== inAddress) {
    setKnown({ address: inAddress, passed: inAddress });
    if (known.passed !== inAddress) setTyped(inAddress);
  }
  const pass = useDebouncedCallback((text: string) => {
    setKnown((before) => ({ ...before, passed: text }));
    toAddress(text);
  }, WAIT_MS);
  return {
    value: typed,
    onChange: (event: { currentTarget: { value: string } }) => {
      setTyped(event.currentTarget.value);
      pass(event.currentTarget.value.trim());
    },
  };
}
