import { ActionIcon, Button, Group, Modal, Skeleton, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Search, Trash2 } from "lucide-react";
import { useState } from "react";
import { problemOf } from "../api/http";
import { conversationsQuery, deleteConversation } from "../api/queries";
import type { ConversationSummary } from "../api/types";
import { ProblemNotice } from "../chat/ProblemNotice";
import { useNow } from "../shell/now";
import { periodOf, type Period } from "../shell/time";
import classes from "./History.module.css";

const SEARCH_FROM = 8;

interface HistoryProps {
  currentId: string | null;
  onOpened: () => void;
  onDeleted: (id: string) => void;
}

function grouped(conversations: ConversationSummary[], now: Date): [Period, ConversationSummary[]][] {
  const groups = new Map<Period, ConversationSummary[]>();
  for (const conversation of conversations.toSorted((a, b) => b.updated_at.localeCompare(a.updated_at))) {
    const period = periodOf(conversation.updated_at, now);
    groups.set(period, [...(groups.get(period) ?? []), conversation]);
  }
  return [...groups];
}

interface DeleteDialogProps {
  conversation: ConversationSummary | null;
  onClose: () => void;
  onDeleted: (id: string) => void;
}

function DeleteDialog({ conversation, onClose, onDeleted }: DeleteDialogProps) {
  const queryClient = useQueryClient();
  const removal = useMutation({
    mutationFn: (id: string) => deleteConversation(id),
    onSuccess: async (_, id) => {
      onDeleted(id);
      onClose();
      await queryClient.invalidateQueries({ queryKey: conversationsQuery.queryKey });
    },
  });
  return (
    <Modal
      opened={conversation !== null}
      onClose={onClose}
      title="Delete this conversation?"
      centered
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <Text size="sm" mb="md">
        “{conversation?.title}” leaves your history. The record of its answers in the audit log stays, as your
        organisation requires.
      </Text>
      {removal.isError && <ProblemNotice problem={problemOf(removal.error)} />}
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onClose}>
          Keep
        </Button>
        <Button
          color="red"
          loading={removal.isPending}
          onClick={() => conversation && removal.mutate(conversation.id)}
        >
          Delete
        </Button>
      </Group>
    </Modal>
  );
}

/** The conversations of this person, newest first. */
export function History({ currentId, onOpened, onDeleted }: HistoryProps) {
  const conversations = useQuery(conversationsQuery);
  const now = useNow();
  const [search, setSearch] = useState("");
  const [deleting, setDeleting] = useState<ConversationSummary | null>(null);

  if (conversations.isPending) {
    return (
      <div className={classes.list} role="status" aria-label="Loading the history">
        {[80, 65, 72].map((width) => (
          <Skeleton key={width} h={14} my={12} w={`${width}%`} />
        ))}
      </div>
    );
  }
  if (conversations.isError) {
    return (
      <ProblemNotice problem={problemOf(conversations.error)} onRetry={() => void conversations.refetch()} />
    );
  }
  const wanted = search.trim().toLowerCase();
  const found = conversations.data.filter((conversation) => conversation.title.toLowerCase().includes(wanted));
  return (
    <nav className={classes.list} aria-label="Conversations">
      {conversations.data.length >= SEARCH_FROM && (
        <TextInput
          size="sm"
          mb={8}
          aria-label="Search your conversations"
          placeholder="Search"
          leftSection={<Search aria-hidden size={15} />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      )}
      {found.length === 0 && (
        <p className={classes.none}>{wanted ? "No conversation has these words." : "Your questions will appear here."}</p>
      )}
      {grouped(found, now).map(([period, group]) => (
        <section key={period} aria-label={period}>
          <h2 className={classes.period}>{period}</h2>
          <ul>
            {group.map((conversation) => (
              <li key={conversation.id} data-current={conversation.id === currentId || undefined}>
                <Link
                  to="/c/$conversationId"
                  params={{ conversationId: conversation.id }}
                  className={classes.link}
                  aria-current={conversation.id === currentId ? "page" : undefined}
                  onClick={onOpened}
                >
                  {conversation.title}
                </Link>
                <ActionIcon
                  className={classes.remove}
                  variant="subtle"
                  color="gray"
                  size={30}
                  aria-label={`Delete ${conversation.title}`}
                  onClick={() => setDeleting(conversation)}
                >
                  <Trash2 aria-hidden size={15} />
                </ActionIcon>
              </li>
            ))}
          </ul>
        </section>
      ))}
      <DeleteDialog conversation={deleting} onClose={() => setDeleting(null)} onDeleted={onDeleted} />
    </nav>
  );
}
