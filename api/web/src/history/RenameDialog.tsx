import { Button, Group, Modal, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState, type SubmitEvent } from "react";
import { changeConversation } from "../api/conversations";
import { problemOf } from "../api/http";
import { words } from "../words/ask";
import { words as shell } from "../words/shell";
import type { DialogProps } from "./ConversationMenu";

const LONGEST = 200;

export function RenameDialog({ conversation, onClose, onSaid }: DialogProps) {
  const queryClient = useQueryClient();
  const [title, setTitle] = useState(conversation.title);
  const [missing, setMissing] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const renaming = useMutation({
    mutationFn: () => changeConversation(queryClient, conversation.id, { title }),
    onSuccess: () => {
      onSaid(words.history.renamed);
      onClose();
    },
    onError: () => field.current?.focus(),
  });
  const save = (event: SubmitEvent): void => {
    event.preventDefault();
    setMissing(!title.trim());
    if (title.trim()) renaming.mutate();
    else field.current?.focus();
  };
  const problem = renaming.error && problemOf(renaming.error);
  return (
    <Modal
      opened
      onClose={onClose}
      title={words.history.renameTitle}
      centered
      closeButtonProps={{ "aria-label": shell.close }}
    >
      <form onSubmit={save} noValidate>
        <TextInput
          ref={field}
          data-autofocus
          label={words.history.name}
          maxLength={LONGEST}
          value={title}
          error={missing ? words.history.nameMissing : problem && [problem.detail, problem.hint].filter(Boolean).join(" ")}
          onChange={(event) => setTitle(event.currentTarget.value)}
        />
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={onClose}>
            {shell.cancel}
          </Button>
          <Button type="submit" loading={renaming.isPending}>
            {shell.save}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
