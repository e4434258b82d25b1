import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { LibraryBig, SquarePen, Users } from "lucide-react";
import { History } from "../history/History";
import { useFrame } from "../shell/Frame";
import { words } from "../words/ask";
import classes from "./Conversations.module.css";

interface ConversationsProps {
  currentId: string | null;
  onNew: () => void;
  onDeleted: (id: string) => void;
}

const PAGES = [
  { to: "/shared", name: words.shared.link, icon: Users },
  { to: "/indexed", name: words.indexed.link, icon: LibraryBig },
] as const;

/** The sidebar of Ask: a new conversation, what else there is to read, and the conversations before. */
export function Conversations({ currentId, onNew, onDeleted }: ConversationsProps) {
  const { closeMenu } = useFrame();
  return (
    <>
      <div className={classes.top}>
        <Button
          fullWidth
          variant="default"
          leftSection={<SquarePen aria-hidden size={16} />}
          onClick={() => {
            closeMenu();
            onNew();
          }}
        >
          {words.newConversation}
        </Button>
        {PAGES.map(({ to, name, icon: Icon }) => (
          <Link
            key={to}
            to={to}
            className={classes.page}
            activeProps={{ "aria-current": "page", "data-current": true }}
            onClick={closeMenu}
          >
            <Icon aria-hidden size={16} />
            {name}
          </Link>
        ))}
      </div>
      <History currentId={currentId} onOpened={closeMenu} onDeleted={onDeleted} />
    </>
  );
}
