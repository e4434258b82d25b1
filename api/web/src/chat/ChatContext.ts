import { createContext, useContext } from "react";
import type { Citation, Passage } from "../api/types";

/** What the source panel shows: a citation of a turn, or one of the nearest passages. */
export type PanelTarget =
  | { kind: "citation"; turnKey: string; citation: Citation }
  | { kind: "passage"; turnKey: string; passage: Passage };

export interface ChatActions {
  target: PanelTarget | null;
  open: (target: PanelTarget) => void;
  ask: (question: string, replaces?: string) => void;
  edit: (question: string) => void;
  asking: boolean;
}

export const ChatContext = createContext<ChatActions | null>(null);

export function useChat(): ChatActions {
  const actions = useContext(ChatContext);
  if (!actions) throw new Error("useChat needs a ChatContext above it.");
  return actions;
}
