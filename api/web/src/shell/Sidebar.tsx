import { ActionIcon } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useLocation, useNavigate } from "@tanstack/react-router";
import { CircleHelp, LogOut } from "lucide-react";
import type { ReactNode } from "react";
import { forgetReadings, sessionQuery, signOut } from "../api/queries";
import { words } from "../words/shell";
import { areaAt, areasOf } from "./areas";
import { useFrame } from "./Frame";
import { initials } from "./initials";
import { SchemeToggle } from "./SchemeToggle";
import { useSignedIn } from "./session";
import classes from "./Sidebar.module.css";
import { Wordmark } from "./Wordmark";

function Areas() {
  const { closeMenu } = useFrame();
  const areas = areasOf(useSignedIn());
  const current = areaAt(useLocation().pathname);
  // Who has one area only needs no choice, unless they came to a page of another one.
  if (areas.every(({ id }) => id === current)) return null;
  return (
    <nav className={classes.areas} aria-label={words.areas}>
      {areas.map((area) => (
        <Link
          key={area.id}
          to={area.to}
          className={classes.area}
          activeProps={{}}
          data-current={area.id === current || undefined}
          aria-current={area.id === current ? "true" : undefined}
          onClick={closeMenu}
        >
          <area.icon aria-hidden size={17} />
          {area.name}
        </Link>
      ))}
    </nav>
  );
}

interface SidebarProps {
  onHelp?: () => void;
  children: ReactNode;
}

export function Sidebar({ onHelp, children }: SidebarProps) {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const session = useSignedIn();
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
      <Areas />
      {children}
      <div className={classes.foot}>
        <div className={classes.tools}>
          <SchemeToggle />
          {onHelp && (
            <ActionIcon variant="subtle" size={36} aria-label={words.help} title={words.help} onClick={onHelp}>
              <CircleHelp aria-hidden size={18} />
            </ActionIcon>
          )}
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
              aria-label={words.signOut}
              title={words.signOut}
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
