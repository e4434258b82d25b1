import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { EyeOff } from "lucide-react";
import { useMemo } from "react";
import { sharedQuery, type SharedConversation } from "../api/conversations";
import type { AnswerOfShare } from "../api/types";
import { AnswerBody } from "../chat/AnswerBody";
import { AnswerFacts } from "../chat/AnswerFacts";
import { AnswerSources } from "../chat/AnswerSources";
import { AskFrame } from "../chat/AskFrame";
import { ChatContext, type ChatActions } from "../chat/ChatContext";
import { QUOTES_ID } from "../chat/CitationChip";
import { Disagreements } from "../chat/Disagreements";
import { PanelDrawer, panelFor, usePanel, WIDE } from "../chat/panel";
import { PrintedQuotes } from "../chat/PrintedQuotes";
import { Page } from "../parts/Page";
import { Failed, Loading } from "../parts/States";
import { useMedia } from "../shell/Frame";
import { Moment } from "../shell/Moment";
import { useShortcuts } from "../shell/shortcuts";
import { words } from "../words/ask";
import classes from "./SharedPage.module.css";

function nothing(): void {
  // Who reads what others share can neither ask nor change anything in it.
}

function SharedAnswer({ turn, shown }: { turn: AnswerOfShare; shown: number | null }) {
  if (turn.status !== "answered") {
    return <p className={classes.note}>{turn.status === "abstained" ? words.shared.abstained : words.shared.refused}</p>;
  }
  if (turn.sentences.length === 0) return <p className={classes.note}>{words.shared.nothingOf}</p>;
  return (
    <>
      <AnswerFacts answer={turn} />
      <AnswerBody turnKey={turn.answer_id} sentences={turn.sentences} shown={shown} />
      <Disagreements turnKey={turn.answer_id} answer={turn} />
      <AnswerSources turnKey={turn.answer_id} sentences={turn.sentences} sources={turn.sources} />
      <PrintedQuotes answer={turn} />
    </>
  );
}

function Turn({ turn, shown }: { turn: AnswerOfShare; shown: number | null }) {
  return (
    <article className={classes.turn}>
      {turn.question === null ? (
        <h2 className={classes.hidden}>
          <EyeOff aria-hidden size={16} /> {words.shared.hiddenQuestion}
        </h2>
      ) : (
        <h2>{turn.question}</h2>
      )}
      <SharedAnswer turn={turn} shown={shown} />
    </article>
  );
}

function titleOf(shared: SharedConversation | undefined): string {
  if (!shared) return words.conversation;
  return shared.title ?? words.shared.hiddenTitle;
}

/** A conversation that somebody shares, as this reader may read it at this moment. */
export function SharedPage() {
  const { shareId = "" } = useParams({ strict: false });
  const shared = useQuery(sharedQuery(shareId));
  const { target, setTarget, open, close } = usePanel();
  const wide = useMedia(WIDE);
  const actions = useMemo<ChatActions>(() => ({ open, ask: nothing, edit: nothing }), [open]);
  useShortcuts({
    singleKeys: false,
    onEscape: () => target && close(),
    onFocusQuestion: nothing,
    onHelp: nothing,
    onSource: nothing,
  });
  const turns = shared.data?.turns ?? [];
  const turn = turns.find((one) => one.answer_id === target?.turnKey);
  const panel =
    target && turn ? panelFor(target, turn.sentences, { answerId: turn.answer_id, shareId }, close, setTarget) : null;
  const shown = target?.kind === "citation" ? target.citation.evidence : null;
  return (
    <ChatContext value={actions}>
      <AskFrame panel={wide && panel}>
        <div className={classes.page}>
          <Page
            key={shareId}
            title={titleOf(shared.data)}
            about={
              shared.data && (
                <>
                  {words.shared.openedBy(shared.data.by)} <Moment at={shared.data.shared_at} />. {words.shared.asYouMay}
                </>
              )
            }
            up={{ to: "/shared", name: words.shared.up }}
          >
            {shared.isPending && <Loading name={words.loadingConversation} />}
            {shared.isError && <Failed error={shared.error} onRetry={() => void shared.refetch()} />}
            {turns.map((one) => (
              <Turn key={one.answer_id} turn={one} shown={one === turn ? shown : null} />
            ))}
          </Page>
        </div>
        <div id={QUOTES_ID} />
      </AskFrame>
      {!wide && <PanelDrawer panel={panel} onClose={close} />}
    </ChatContext>
  );
}
