import { ActionIcon, Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { CircleHelp, LogOut, SquarePen } from "lucide-react";
import { forgetReadings, sessionQuery, signOut } from "../api/queries";
import type { Session } from "../api/types";
import { History } from "../history/History";
import { initials } from "./initials";
import { SchemeToggle } from "./SchemeToggle";
import classes from "./Sidebar.module.css";
import { Wordmark } from "./Wordmark";

interface SidebarProps {
  session: Session;
  currentId: string | null;
  onNew: () => void;
  onHelp: () => void;
  onOpened: () => void;
  onDeleted: (id: string) => void;
}

export function Sidebar({ session, currentId, onNew, onHelp, onOpened, onDeleted }: SidebarProps) {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const leaving = useMutation({
    mutationFn: signOut,
    onSuccess: (elsewhere) => {
      if (elsewhere) window.location.assign(elsewhere);
    },
    onSettled: async (elsewhere) => {
      if (elsewhere) return;
      await queryClient.refetchQueries({ queryKey: sessionQuery.queryKey });
      await navigate({ to: "/signin" });
      forgetReadings(queryClient);
    },
  });
  const person = session.person;
  return (
    <div className={classes.sidebar}>
      <div className={classes.head}>
        <Wordmark />
        <span className={classes.organisation}>{session.organisation}</span>
      </div>
      <div className={classes.new}>
        <Button fullWidth variant="default" leftSection={<SquarePen aria-hidden size={16} />} onClick={onNew}>
          New conversation
        </Button>
      </div>
      <History currentId={currentId} onOpened={onOpened} onDeleted={onDeleted} />
      <div className={classes.foot}>
        <div className={classes.tools}>
          <SchemeToggle />
          <ActionIcon variant="subtle" size={36} aria-label="Help and keys" title="Help and keys" onClick={onHelp}>
            <CircleHelp aria-hidden size={18} />
          </ActionIcon>
        </div>
        {person && (
          <div className={classes.person}>
            <span className={classes.initials} aria-hidden>
              {initials(person.name)}
            </span>
            <span className={classes.name}>
              <strong>{person.name}</strong>
              <span>{person.email}</span>
            </span>
            <ActionIcon
              variant="subtle"
              size={36}
              aria-label="Sign out"
              title="Sign out"
              loading={leaving.isPending}
              onClick={() => leaving.mutate()}
            >
              <LogOut aria-hidden size={18} />
            </ActionIcon>
          </div>
        )}
      </div>
    </div>
  );
}
