import { Button, Skeleton, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { Link } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { memo, useState } from "react";
import { conversationsKey, conversationsPage } from "../api/conversations";
import { problemOf } from "../api/http";
import type { ConversationSummary } from "../api/types";
import { ProblemNotice } from "../parts/ProblemNotice";
import { useList } from "../parts/useList";
import { useNow } from "../shell/now";
import { periodOf } from "../shell/time";
import { words } from "../words/ask";
import { words as shell } from "../words/shell";
import { ConversationMenu } from "./ConversationMenu";
import classes from "./History.module.css";

const SEARCH_FROM = 8;
const SEARCH_AFTER_MS = 250;

interface HistoryProps {
  currentId: string | null;
  onOpened: () => void;
  onDeleted: (id: string) => void;
}

/** In the server's order, cut where a group begins: those pinned, then by the day of the last question. */
export function grouped(conversations: ConversationSummary[], now: Date): [string, ConversationSummary[]][] {
  const groups = new Map<string, ConversationSummary[]>();
  for (const conversation of conversations) {
    const name = conversation.pinned ? words.history.pinned : periodOf(conversation.updated_at, now);
    groups.set(name, [...(groups.get(name) ?? []), conversation]);
  }
  return [...groups];
}

interface RowProps extends HistoryProps {
  conversation: ConversationSummary;
}

function Row({ conversation, currentId, onOpened, onDeleted }: RowProps) {
  const current = conversation.id === currentId;
  return (
    <li data-current={current || undefined}>
      <Link
        to="/c/$conversationId"
        params={{ conversationId: conversation.id }}
        className={classes.link}
        title={conversation.title}
        aria-current={current ? "page" : undefined}
        onClick={onOpened}
      >
        {conversation.title}
      </Link>
      <ConversationMenu conversation={conversation} onDeleted={onDeleted} className={classes.menu} />
    </li>
  );
}

/** The conversations of this person, searched by the server in titles and questions. */
export const History = memo(function History(props: HistoryProps) {
  const now = useNow();
  const [search, setSearch] = useState("");
  const [wanted] = useDebouncedValue(search.trim(), SEARCH_AFTER_MS);
  const list = useList([...conversationsKey, wanted], (cursor) => conversationsPage(wanted, cursor));

  if (list.pending) {
    return (
      <div className={classes.list} role="status" aria-label={words.history.loading}>
        {[80, 65, 72].map((width) => (
          <Skeleton key={width} h={14} my={12} w={`${width}%`} />
        ))}
      </div>
    );
  }
  if (list.error) {
    return (
      <div className={classes.list}>
        <ProblemNotice problem={problemOf(list.error)} onRetry={list.again} />
      </div>
    );
  }
  const searchable = search !== "" || list.rows.length >= SEARCH_FROM;
  return (
    <nav className={classes.list} aria-label={words.conversations}>
      {searchable && (
        <TextInput
          size="sm"
          mb={8}
          type="search"
          aria-label={words.history.search}
          placeholder={words.history.placeholder}
          leftSection={<Search aria-hidden size={15} />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      )}
      {list.rows.length === 0 && (
        <p className={classes.none} role="status">
          {wanted ? words.history.notFound : words.history.none}
        </p>
      )}
      {grouped(list.rows, now).map(([name, group]) => (
        <section key={name} aria-label={name}>
          <h2 className={classes.period}>{name}</h2>
          <ul>
            {group.map((conversation) => (
              <Row key={conversation.id} conversation={conversation} {...props} />
            ))}
          </ul>
        </section>
      ))}
      {list.hasMore && (
        <Button fullWidth size="compact-sm" variant="subtle" loading={list.loadingMore} onClick={list.more}>
          {shell.more}
        </Button>
      )}
    </nav>
  );
});
