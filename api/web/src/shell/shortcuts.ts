import { useEffect, useRef } from "react";

export interface Shortcuts {
  onEscape: () => void;
  onFocusQuestion: () => void;
  onHelp: () => void;
  onSource: (n: number) => void;
  /** Keys without Ctrl or Cmd can be switched off, for people who dictate or whose hands slip. */
  singleKeys: boolean;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

function inDialog(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("[role='dialog']") !== null;
}

export function handleShortcut(event: KeyboardEvent, shortcuts: Shortcuts): void {
  if (event.defaultPrevented || event.isComposing || event.altKey) return;
  if (event.key === "Escape") {
    if (!inDialog(event.target)) shortcuts.onEscape();
    return;
  }
  if (event.ctrlKey || event.metaKey) {
    if (event.key.toLowerCase() === "k" && !event.shiftKey) {
      event.preventDefault();
      shortcuts.onFocusQuestion();
    }
    return;
  }
  if (!shortcuts.singleKeys || isTyping(event.target)) return;
  if (event.key === "?" && !inDialog(event.target)) {
    event.preventDefault();
    shortcuts.onHelp();
  } else if (/^[1-9]$/.test(event.key)) {
    event.preventDefault();
    shortcuts.onSource(Number(event.key));
  }
}

export function useShortcuts(shortcuts: Shortcuts): void {
  const latest = useRef(shortcuts);
  useEffect(() => {
    latest.current = shortcuts;
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => handleShortcut(event, latest.current);
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
}
