import { createContext, use } from "react";
import type { Citation, Passage } from "../api/types";

/** What the source panel shows: a citation of a turn, or one of the nearest passages. */
export type PanelTarget =
  | { kind: "citation"; turnKey: string; citation: Citation }
  | { kind: "passage"; turnKey: string; passage: Passage };

/** What a turn can do. All of them stay the same, so that no turn is rendered again while somebody types. */
export interface ChatActions {
  open: (target: PanelTarget) => void;
  ask: (question: string, replaces?: string) => void;
  edit: (question: string) => void;
}

export const ChatContext = createContext<ChatActions | null>(null);

/** Whether an answer is on its way, and no other question can be asked. */
export const AskingContext = createContext(false);

export function useChat(): ChatActions {
  const actions = use(ChatContext);
  if (!actions) throw new Error("useChat needs a ChatContext above it.");
  return actions;
}
