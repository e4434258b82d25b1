import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useReducer, useRef, useState } from "react";
import { ask as send, type AskEvent } from "../api/ask";
import { conversationsKey, keepName } from "../api/conversations";
import { conversationQuery } from "../api/queries";
import { problemOf } from "../api/http";
import type { Answer, Problem } from "../api/types";
import { EMPTY, reduce, type ConversationState } from "./conversation";
import { perFrame } from "./perFrame";

export interface ConversationHandle {
  state: ConversationState;
  loading: boolean;
  problem: Problem | null;
  asking: boolean;
  ask: (question: string, replaces?: string) => void;
  stop: () => void;
  clear: () => void;
  retryLoad: () => void;
}

let turnCount = 0;

/** A new conversation is called by its first question until it is given another name. */
function firstName({ conversation_id, question, created_at }: Answer) {
  const title = question.split(/\s+/).join(" ");
  return { id: conversation_id, title, created_at, updated_at: created_at, pinned: false };
}

/** The conversation under `id` (null: a new one). `onNamed` is told once the server has given a new one its id. All
 * functions stay the same from one rendering to the next. */
export function useConversation(id: string | null, onNamed: (id: string) => void): ConversationHandle {
  const queryClient = useQueryClient();
  const [state, dispatch] = useReducer(reduce, EMPTY);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [attempt, setAttempt] = useState(0);
  const running = useRef<{ key: string; abort: AbortController } | null>(null);
  const current = useRef(state);
  const named = useRef(onNamed);
  useEffect(() => {
    current.current = state;
    named.current = onNamed;
  });

  const stop = useCallback(() => {
    const run = running.current;
    if (!run) return;
    running.current = null;
    run.abort.abort();
    dispatch({ type: "stop", key: run.key });
  }, []);

  useEffect(() => {
    if (current.current.id === id) return undefined;
    stop();
    setProblem(null);
    dispatch({ type: "clear" });
    if (id === null) return undefined;
    let wanted = true;
    queryClient
      .query(conversationQuery(id))
      .then((conversation) => {
        if (!wanted) return;
        keepName(queryClient, conversation);
        dispatch({ type: "load", conversation });
      })
      .catch((error: unknown) => {
        if (wanted) setProblem(problemOf(error));
      });
    return () => {
      wanted = false;
    };
  }, [id, attempt, queryClient, stop]);

  useEffect(() => stop, [stop]);

  const ask = useCallback(
    (question: string, replaces?: string) => {
      if (running.current) return;
      turnCount += 1;
      const key = `turn-${turnCount}`;
      const abort = new AbortController();
      const startedIn = current.current.id;
      running.current = { key, abort };
      dispatch({ type: "ask", key, question, replaces });
      const arrived = perFrame<AskEvent>((events) => dispatch({ type: "events", key, events }));
      abort.signal.addEventListener("abort", arrived.drop);
      send(
        { question, conversation_id: startedIn },
        (event) => {
          const ends = event.type === "final" || event.type === "error";
          arrived.put(event, ends);
          if (!ends) return;
          if (running.current?.key === key) running.current = null;
          void queryClient.invalidateQueries({ queryKey: conversationsKey });
          if (event.type === "final" && startedIn === null) {
            keepName(queryClient, firstName(event.answer));
            // The name must be known before the address changes, or the page would load what it already shows.
            current.current = { ...current.current, id: event.answer.conversation_id };
            named.current(event.answer.conversation_id);
          }
        },
        abort.signal,
      ).catch(() => {
        // Only a stop ends here, and what was shown stays as it is.
      });
    },
    [queryClient],
  );

  const clear = useCallback(() => {
    stop();
    dispatch({ type: "clear" });
  }, [stop]);

  const retryLoad = useCallback(() => setAttempt((number) => number + 1), []);
  const asking = state.turns.some((turn) => turn.phase === "asking");
  const loading = id !== null && state.id !== id && problem === null;
  return { state, loading, problem, asking, ask, stop, clear, retryLoad };
}
