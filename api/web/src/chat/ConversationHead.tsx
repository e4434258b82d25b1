import { useQuery } from "@tanstack/react-query";
import { Pin } from "lucide-react";
import { namedQuery } from "../api/conversations";
import { ConversationMenu } from "../history/ConversationMenu";
import { words } from "../words/ask";
import classes from "./ConversationHead.module.css";

interface ConversationHeadProps {
  id: string;
  onDeleted: (id: string) => void;
}

/** What this conversation is called, and what can be done with it. */
export function ConversationHead({ id, onDeleted }: ConversationHeadProps) {
  const { data } = useQuery(namedQuery(id));
  return (
    <header className={classes.head}>
      <h1 className={classes.title} title={data?.title}>
        {data?.pinned && <Pin role="img" aria-label={words.history.pinned} size={14} className={classes.pin} />}
        {data?.title ?? words.conversation}
      </h1>
      {data && <ConversationMenu conversation={data} onDeleted={onDeleted} />}
    </header>
  );
}
