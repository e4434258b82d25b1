import { ActionIcon, Menu, VisuallyHidden } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Download, Ellipsis, Pencil, Pin, PinOff, Trash2, Users } from "lucide-react";
import { lazy, Suspense, useRef, useState } from "react";
import { changeConversation } from "../api/conversations";
import { problemOf } from "../api/http";
import { conversationQuery } from "../api/queries";
import type { ConversationSummary } from "../api/types";
import { ProblemNotice } from "../parts/ProblemNotice";
import { ActionMenu } from "../parts/ActionMenu";
import { words } from "../words/ask";
import classes from "./ConversationMenu.module.css";

const RenameDialog = lazy(async () => ({ default: (await import("./RenameDialog")).RenameDialog }));
const ShareDialog = lazy(async () => ({ default: (await import("./ShareDialog")).ShareDialog }));
const DeleteDialog = lazy(async () => ({ default: (await import("./DeleteDialog")).DeleteDialog }));

const DIALOGS = { rename: RenameDialog, share: ShareDialog, remove: DeleteDialog };

interface ConversationMenuProps {
  conversation: ConversationSummary;
  onDeleted: (id: string) => void;
  className?: string;
}

/** What can be done with a conversation. Its dialogs are loaded when they are wanted. */
export function ConversationMenu({ conversation, onDeleted, className }: ConversationMenuProps) {
  const queryClient = useQueryClient();
  const [dialog, setDialog] = useState<keyof typeof DIALOGS | null>(null);
  const [said, setSaid] = useState("");
  const button = useRef<HTMLButtonElement>(null);
  const { id, title, pinned } = conversation;
  const pinning = useMutation({
    mutationFn: () => changeConversation(queryClient, id, { pinned: !pinned }),
    onSuccess: (changed) => setSaid(changed.pinned ? words.history.pinnedNow : words.history.unpinnedNow),
  });
  const exporting = useMutation({
    mutationFn: async () => {
      const [found, text] = await Promise.all([queryClient.query(conversationQuery(id)), import("../chat/answer-text")]);
      text.saveAs(text.fileNameOf(found.title), text.conversationAsMarkdown(found, new Date()));
    },
    onSuccess: () => setSaid(words.history.exported),
  });
  const failure = pinning.error ?? exporting.error;
  const Dialog = dialog && DIALOGS[dialog];
  const close = (): void => {
    setDialog(null);
    button.current?.focus();
  };
  return (
    <>
      <ActionMenu
        position="bottom-end"
        width={200}
        target={
          <ActionIcon
            ref={button}
            className={className}
            variant="subtle"
            color="gray"
            size={30}
            aria-label={words.history.menu(title)}
            loading={pinning.isPending || exporting.isPending}
          >
            <Ellipsis aria-hidden size={17} />
          </ActionIcon>
        }
      >
        <Menu.Item leftSection={<Pencil aria-hidden size={15} />} onClick={() => setDialog("rename")}>
          {words.history.rename}
        </Menu.Item>
        <Menu.Item
          leftSection={pinned ? <PinOff aria-hidden size={15} /> : <Pin aria-hidden size={15} />}
          onClick={() => pinning.mutate()}
        >
          {pinned ? words.history.unpin : words.history.pin}
        </Menu.Item>
        <Menu.Item leftSection={<Users aria-hidden size={15} />} onClick={() => setDialog("share")}>
          {words.history.share}
        </Menu.Item>
        <Menu.Item leftSection={<Download aria-hidden size={15} />} onClick={() => exporting.mutate()}>
          {words.history.exportIt}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item
          className={classes.danger}
          leftSection={<Trash2 aria-hidden size={15} />}
          onClick={() => setDialog("remove")}
        >
          {words.history.remove}
        </Menu.Item>
      </ActionMenu>
      <VisuallyHidden role="status">{said}</VisuallyHidden>
      {failure && (
        <div className={classes.failure}>
          <ProblemNotice problem={problemOf(failure)} />
        </div>
      )}
      {Dialog && (
        <Suspense fallback={null}>
          <Dialog
            conversation={conversation}
            onClose={close}
            onSaid={setSaid}
            onDeleted={() => {
              setDialog(null);
              onDeleted(id);
            }}
          />
        </Suspense>
      )}
    </>
  );
}

export interface DialogProps {
  conversation: ConversationSummary;
  onClose: () => void;
  /** Tells what was done, to whoever does not see it. */
  onSaid: (text: string) => void;
  onDeleted: () => void;
}
