import { ActionIcon, Button, Skeleton, VisuallyHidden } from "@mantine/core";
import { useDisclosure, useLocalStorage } from "@mantine/hooks";
import { useNavigate, useParams } from "@tanstack/react-router";
import { SquarePen } from "lucide-react";
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef } from "react";
import type { Session } from "../api/types";
import { Frame, useMedia } from "../shell/Frame";
import { useShortcuts } from "../shell/shortcuts";
import { words } from "../words/ask";
import { AskingContext, ChatContext, type ChatActions } from "./ChatContext";
import classes from "./ChatPage.module.css";
import { QUOTES_ID } from "./CitationChip";
import { Composer, type ComposerHandle } from "./Composer";
import { ConversationHead } from "./ConversationHead";
import { Conversations } from "./Conversations";
import { announcement, evidenceOf } from "./conversation";
import { PanelDrawer, panelFor, usePanel, WIDE } from "./panel";
import { ProblemNotice } from "../parts/ProblemNotice";
import { TurnView } from "./TurnView";
import { useConversation } from "./useConversation";
import { Welcome } from "./Welcome";

const HelpDialog = lazy(async () => ({ default: (await import("../shell/HelpDialog")).HelpDialog }));

export function ChatPage({ session }: { session: Session }) {
  const { conversationId } = useParams({ strict: false });
  const id = conversationId ?? null;
  const navigate = useNavigate();
  const onNamed = useCallback(
    (name: string) => void navigate({ to: "/c/$conversationId", params: { conversationId: name }, replace: true }),
    [navigate],
  );
  const conversation = useConversation(id, onNamed);
  const { state, asking, stop, ask: send, clear } = conversation;

  const { target, setTarget, open, close } = usePanel();
  const [helpOpened, help] = useDisclosure(false);
  const [singleKeys, setSingleKeys] = useLocalStorage({ key: "vouch-single-keys", defaultValue: true });
  const wide = useMedia(WIDE);
  const question = useRef<ComposerHandle>(null);
  const thread = useRef<HTMLDivElement>(null);

  const ask = useCallback(
    (text: string, replaces?: string) => {
      question.current?.write("");
      setTarget(null);
      send(text, replaces);
      // On a touch screen the keyboard would cover the answer.
      if (window.matchMedia("(hover: none)").matches) question.current?.blur();
      else question.current?.focus();
    },
    [send, setTarget],
  );
  const edit = useCallback((text: string) => {
    question.current?.write(text);
    question.current?.focus();
  }, []);
  const startNew = useCallback(() => {
    setTarget(null);
    question.current?.write("");
    clear();
    void navigate({ to: "/" });
    question.current?.focus();
  }, [clear, navigate, setTarget]);
  const onDeleted = useCallback((gone: string) => gone === state.id && startNew(), [state.id, startNew]);

  // What belongs to another conversation does not stay open beside this one.
  const before = useRef(id);
  useEffect(() => {
    if (before.current !== id && before.current !== null) setTarget(null);
    before.current = id;
  }, [id, setTarget]);

  const lastKey = state.turns.at(-1)?.key;
  useEffect(() => {
    if (!lastKey) return undefined;
    const toTop = (): void => thread.current?.lastElementChild?.scrollIntoView({ block: "start" });
    toTop();
    // The field of the question may grow smaller only now, and the thread taller.
    const frame = requestAnimationFrame(toTop);
    return () => cancelAnimationFrame(frame);
  }, [lastKey]);

  useShortcuts({
    singleKeys,
    onEscape: () => {
      if (asking) stop();
      else if (target) close();
    },
    onFocusQuestion: () => {
      if (question.current?.hasFocus() && state.turns.length > 0) startNew();
      else question.current?.focus();
    },
    onHelp: help.open,
    onSource: (n) => {
      const turn = state.turns.findLast((one) => one.sentences.length > 0);
      const citation = turn && evidenceOf(turn.sentences, n)[0];
      if (turn && citation) open({ kind: "citation", turnKey: turn.key, citation });
    },
  });

  const actions = useMemo<ChatActions>(() => ({ open, ask, edit }), [open, ask, edit]);
  const targetTurn = state.turns.find((turn) => turn.key === target?.turnKey);
  const shown = target?.kind === "citation" ? target.citation.evidence : null;
  const last = state.turns.at(-1);
  const empty = state.turns.length === 0 && !conversation.loading && !conversation.problem;
  const panel =
    target && targetTurn
      ? panelFor(target, targetTurn.sentences, { answerId: targetTurn.answer?.answer_id ?? null }, close, setTarget)
      : null;
  return (
    <ChatContext value={actions}>
      <AskingContext value={asking}>
        <Frame
          sideName={words.sidebar}
          side={<Conversations currentId={state.id} onNew={startNew} onDeleted={onDeleted} />}
          action={
            <ActionIcon variant="subtle" size={40} aria-label={words.newConversation} onClick={startNew}>
              <SquarePen aria-hidden size={20} />
            </ActionIcon>
          }
          onHelp={help.open}
          panel={wide && panel}
          panelName={words.source.panel}
        >
          {state.id !== null && state.turns.length > 0 ? (
            <ConversationHead id={state.id} onDeleted={onDeleted} />
          ) : (
            !empty && <VisuallyHidden component="h1">{words.conversation}</VisuallyHidden>
          )}
          <div className={classes.scroll}>
            <div className={classes.column} ref={thread}>
              {empty && <Welcome session={session} />}
              {conversation.loading && (
                <div role="status" aria-label={words.loadingConversation} className={classes.loading}>
                  <Skeleton h={24} w="70%" mb={24} />
                  <Skeleton h={15} mb={12} />
                  <Skeleton h={15} mb={12} w="94%" />
                  <Skeleton h={15} w="60%" />
                </div>
              )}
              {conversation.problem && (
                <div className={classes.loading}>
                  <ProblemNotice
                    problem={
                      conversation.problem.status === 404
                        ? { ...conversation.problem, ...words.missing }
                        : conversation.problem
                    }
                    onRetry={conversation.retryLoad}
                  />
                  <Button mt="md" variant="default" onClick={startNew}>
                    {words.startNew}
                  </Button>
                </div>
              )}
              {state.turns.map((turn) => (
                <TurnView
                  key={turn.key}
                  turn={turn}
                  shown={turn === targetTurn ? shown : null}
                  last={turn === last && !asking}
                />
              ))}
            </div>
          </div>
          <div className={classes.dock}>
            <div className={classes.composer}>
              <Composer handle={question} onAsk={ask} onStop={stop} asking={asking} />
            </div>
          </div>
          <VisuallyHidden aria-live="polite" role="status">
            {last ? announcement(last) : ""}
          </VisuallyHidden>
          <div id={QUOTES_ID} />
        </Frame>
        {!wide && <PanelDrawer panel={panel} onClose={close} />}
        {helpOpened && (
          <Suspense fallback={null}>
            <HelpDialog opened onClose={help.close} singleKeys={singleKeys} onSingleKeys={setSingleKeys} />
          </Suspense>
        )}
      </AskingContext>
    </ChatContext>
  );
}
