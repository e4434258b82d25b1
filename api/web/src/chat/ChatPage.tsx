import { ActionIcon, Button, Skeleton, VisuallyHidden } from "@mantine/core";
import { useDisclosure, useLocalStorage, useMediaQuery } from "@mantine/hooks";
import { useNavigate, useParams } from "@tanstack/react-router";
import { Menu, SquarePen } from "lucide-react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Session } from "../api/types";
import { SourcePanel } from "../evidence/SourcePanel";
import { HelpDialog } from "../shell/HelpDialog";
import { useShortcuts } from "../shell/shortcuts";
import { SideDrawer } from "../shell/SideDrawer";
import { Sidebar } from "../shell/Sidebar";
import { Wordmark } from "../shell/Wordmark";
import { ChatContext, type ChatActions, type PanelTarget } from "./ChatContext";
import classes from "./ChatPage.module.css";
import { QUOTES_ID } from "./CitationChip";
import { Composer } from "./Composer";
import { announcement, evidenceOf } from "./conversation";
import { ProblemNotice } from "./ProblemNotice";
import { TurnView } from "./TurnView";
import { useConversation } from "./useConversation";
import { Welcome } from "./Welcome";

const WIDE = "(min-width: 75em)";
const WITH_SIDEBAR = "(min-width: 56em)";

function useMedia(query: string): boolean {
  return useMediaQuery(query, undefined, { getInitialValueInEffect: false });
}

export function ChatPage({ session }: { session: Session }) {
  const { conversationId } = useParams({ strict: false });
  const id = conversationId ?? null;
  const navigate = useNavigate();
  const onNamed = useCallback(
    (name: string) => void navigate({ to: "/c/$conversationId", params: { conversationId: name }, replace: true }),
    [navigate],
  );
  const conversation = useConversation(id, onNamed);
  const { state, asking, stop } = conversation;

  const [draft, setDraft] = useState("");
  const [target, setTarget] = useState<PanelTarget | null>(null);
  const [menuOpened, menu] = useDisclosure(false);
  const [helpOpened, help] = useDisclosure(false);
  const [singleKeys, setSingleKeys] = useLocalStorage({ key: "vouch-single-keys", defaultValue: true });
  const wide = useMedia(WIDE);
  const withSidebar = useMedia(WITH_SIDEBAR);
  const question = useRef<HTMLTextAreaElement>(null);
  const opener = useRef<HTMLElement | null>(null);
  const thread = useRef<HTMLDivElement>(null);

  const open = useCallback((next: PanelTarget) => {
    const focused = document.activeElement;
    if (focused instanceof HTMLElement && !focused.closest("#source-panel")) opener.current = focused;
    setTarget(next);
  }, []);
  const close = useCallback(() => {
    setTarget(null);
    if (opener.current?.isConnected) opener.current.focus();
  }, []);
  const ask = useCallback(
    (text: string, replaces?: string) => {
      setDraft("");
      setTarget(null);
      conversation.ask(text, replaces);
      // On a touch screen the keyboard would cover the answer.
      if (window.matchMedia("(hover: none)").matches) question.current?.blur();
      else question.current?.focus();
    },
    [conversation],
  );
  const edit = useCallback((text: string) => {
    setDraft(text);
    const field = question.current;
    field?.focus();
    requestAnimationFrame(() => field?.setSelectionRange(text.length, text.length));
  }, []);
  const startNew = useCallback(() => {
    setTarget(null);
    setDraft("");
    menu.close();
    conversation.clear();
    void navigate({ to: "/" });
    question.current?.focus();
  }, [conversation, menu, navigate]);

  // What belongs to another conversation does not stay open beside this one.
  const before = useRef(id);
  useEffect(() => {
    if (before.current !== id && before.current !== null) setTarget(null);
    before.current = id;
  }, [id]);

  const lastKey = state.turns.at(-1)?.key;
  useEffect(() => {
    if (lastKey) thread.current?.lastElementChild?.scrollIntoView({ block: "start" });
  }, [lastKey]);

  useShortcuts({
    singleKeys,
    onEscape: () => {
      if (asking) stop();
      else if (target) close();
    },
    onFocusQuestion: () => {
      if (document.activeElement === question.current && state.turns.length > 0) startNew();
      else question.current?.focus();
    },
    onHelp: help.open,
    onSource: (n) => {
      const turn = state.turns.findLast((one) => one.sentences.length > 0);
      const citation = turn && evidenceOf(turn.sentences, n)[0];
      if (turn && citation) open({ kind: "citation", turnKey: turn.key, citation });
    },
  });

  const actions = useMemo<ChatActions>(() => ({ target, open, ask, edit, asking }), [target, open, ask, edit, asking]);
  const targetTurn = state.turns.find((turn) => turn.key === target?.turnKey);
  const last = state.turns.at(-1);
  const empty = state.turns.length === 0 && !conversation.loading && !conversation.problem;

  const panel = target && targetTurn && (
    <SourcePanel
      shown={
        target.kind === "passage"
          ? { passage: target.passage }
          : {
              evidence: {
                answerId: targetTurn.answer?.answer_id ?? null,
                citation: target.citation,
                siblings: evidenceOf(targetTurn.sentences, target.citation.n),
              },
            }
      }
      onClose={close}
      onStep={(citation) => setTarget({ kind: "citation", turnKey: targetTurn.key, citation })}
    />
  );
  const sidebar = (
    <Sidebar
      session={session}
      currentId={state.id}
      onNew={startNew}
      onHelp={() => {
        menu.close();
        help.open();
      }}
      onOpened={menu.close}
      onDeleted={(gone) => gone === state.id && startNew()}
    />
  );

  return (
    <ChatContext value={actions}>
      <div className={classes.page} data-panel={(wide && panel && true) || undefined}>
        {withSidebar ? (
          <aside className={classes.sidebar} aria-label="Your conversations and settings">
            {sidebar}
          </aside>
        ) : (
          <SideDrawer name="Menu" side="left" size={300} opened={menuOpened} onClose={menu.close}>
            {sidebar}
          </SideDrawer>
        )}

        <main className={classes.main}>
          {!withSidebar && (
            <header className={classes.topbar}>
              <ActionIcon variant="subtle" size={40} aria-label="Menu" aria-expanded={menuOpened} onClick={menu.open}>
                <Menu aria-hidden size={21} />
              </ActionIcon>
              <Wordmark />
              <ActionIcon variant="subtle" size={40} aria-label="New conversation" onClick={startNew}>
                <SquarePen aria-hidden size={20} />
              </ActionIcon>
            </header>
          )}
          {!empty && <VisuallyHidden component="h1">Conversation</VisuallyHidden>}
          <div className={classes.scroll}>
            <div className={classes.column} ref={thread}>
              {empty && <Welcome session={session} />}
              {conversation.loading && (
                <div role="status" aria-label="Loading the conversation" className={classes.loading}>
                  <Skeleton h={24} w="70%" mb={24} />
                  <Skeleton h={15} mb={12} />
                  <Skeleton h={15} mb={12} w="94%" />
                  <Skeleton h={15} w="60%" />
                </div>
              )}
              {conversation.problem && (
                <div className={classes.loading}>
                  <ProblemNotice problem={conversation.problem} onRetry={conversation.retryLoad} />
                  <Button mt="md" variant="subtle" onClick={startNew}>
                    Start a new conversation
                  </Button>
                </div>
              )}
              {state.turns.map((turn) => (
                <TurnView key={turn.key} turn={turn} />
              ))}
            </div>
          </div>
          <div className={classes.dock}>
            <div className={classes.composer}>
              <Composer
                value={draft}
                onChange={setDraft}
                onAsk={ask}
                onStop={stop}
                asking={asking}
                inputRef={question}
              />
            </div>
          </div>
          <VisuallyHidden aria-live="polite" role="status">
            {last ? announcement(last) : ""}
          </VisuallyHidden>
          <div id={QUOTES_ID} />
        </main>

        {wide ? (
          panel && (
            <aside className={classes.panel} aria-label="Source">
              {panel}
            </aside>
          )
        ) : (
          <SideDrawer
            name="Source"
            side="right"
            size="min(100%, 540px)"
            opened={Boolean(panel)}
            onClose={close}
          >
            {panel}
          </SideDrawer>
        )}
      </div>
      <HelpDialog opened={helpOpened} onClose={help.close} singleKeys={singleKeys} onSingleKeys={setSingleKeys} />
    </ChatContext>
  );
}
