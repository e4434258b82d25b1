import { useQueryClient } from "@tanstack/react-query";
import { conversationsKey, deleteConversation } from "../api/conversations";
import { Confirm } from "../parts/Confirm";
import { words } from "../words/ask";
import type { DialogProps } from "./ConversationMenu";

export function DeleteDialog({ conversation, onClose, onDeleted }: DialogProps) {
  const queryClient = useQueryClient();
  return (
    <Confirm
      opened
      danger
      title={words.history.removeTitle}
      action={words.history.remove}
      onClose={onClose}
      onConfirm={async () => {
        await deleteConversation(conversation.id);
        onDeleted();
        await queryClient.invalidateQueries({ queryKey: conversationsKey });
      }}
    >
      {words.history.removeBody(conversation.title)}
    </Confirm>
  );
}
