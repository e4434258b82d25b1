import { Loader, UnstyledButton } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ArrowRight } from "lucide-react";
import { useEffect, useRef } from "react";
import { problemOf } from "../api/http";
import { forgetReadings, sessionQuery, signIn } from "../api/queries";
import type { DemoPerson, Session } from "../api/types";
import { ProblemNotice } from "../chat/ProblemNotice";
import { initials } from "../shell/initials";
import { SchemeToggle } from "../shell/SchemeToggle";
import { Wordmark } from "../shell/Wordmark";
import classes from "./SignInPage.module.css";

interface PersonCardProps {
  person: DemoPerson;
  waiting: boolean;
  disabled: boolean;
  onChoose: () => void;
}

function PersonCard({ person, waiting, disabled, onChoose }: PersonCardProps) {
  return (
    <li>
      <UnstyledButton className={classes.card} disabled={disabled} onClick={onChoose}>
        <span className={classes.initials} aria-hidden>
          {waiting ? <Loader size={18} /> : initials(person.name)}
        </span>
        <span className={classes.who}>
          <span className={classes.name}>{person.name}</span>
          <span className={classes.title}>{person.title}</span>
          <span className={classes.about}>{person.about}</span>
        </span>
        <ArrowRight aria-hidden size={18} className={classes.arrow} />
      </UnstyledButton>
    </li>
  );
}

function HowToGetALink() {
  return (
    <div className={classes.how}>
      <p>You sign in with a personal link that works once. Ask the people who run Vouch for one.</p>
      <p>They create it on the machine where Vouch runs:</p>
      <pre>
        <code>vouch people link you@example.com</code>
      </pre>
      <p>Then open the link in this browser.</p>
    </div>
  );
}

interface SignInPageProps {
  session: Session;
  /** The token of a one-time link, or nothing. */
  link: string;
}

export function SignInPage({ session, link }: SignInPageProps) {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const entering = useMutation({
    mutationFn: signIn,
    onSuccess: async (next) => {
      forgetReadings(queryClient);
      queryClient.setQueryData(sessionQuery.queryKey, next);
      await navigate({ to: "/", replace: true });
    },
  });
  const { mutate } = entering;
  const linkTaken = useRef(false);
  useEffect(() => {
    if (!link || linkTaken.current) return;
    linkTaken.current = true;
    // Out of the address, so that the token stays neither in the history nor on the screen.
    window.history.replaceState(window.history.state, "", window.location.pathname);
    mutate({ link });
  }, [link, mutate]);

  const chosen = entering.variables;
  const withLink = chosen !== undefined && "link" in chosen;
  const { demo } = session;
  return (
    <div className={classes.page}>
      <header className={classes.bar}>
        <Wordmark />
        <SchemeToggle />
      </header>
      <main className={classes.main}>
        <div className={classes.intro}>
          <h1>{session.organisation}</h1>
          <p>Ask your organisation’s documents. Every sentence of an answer shows the passage that it stands on.</p>
        </div>
        <section className={classes.choose} aria-labelledby="signin-title">
          <h2 id="signin-title">{demo.open ? "Choose whom to sign in as" : "Sign in"}</h2>
          {entering.isPending && withLink && <p role="status">Signing you in…</p>}
          <div role="alert">
            {entering.isError && (
              <div className={classes.problem}>
                <ProblemNotice problem={problemOf(entering.error)} />
              </div>
            )}
          </div>
          {demo.open ? (
            <>
              <p className={classes.note}>
                {demo.reason || "This is a demo company. Each person may read different documents."}
              </p>
              <ul className={classes.people}>
                {demo.people.map((person) => (
                  <PersonCard
                    key={person.email}
                    person={person}
                    disabled={entering.isPending}
                    waiting={entering.isPending && !withLink && chosen?.email === person.email}
                    onChoose={() => mutate({ email: person.email })}
                  />
                ))}
              </ul>
            </>
          ) : (
            <>
              {demo.reason && <p className={classes.note}>{demo.reason}</p>}
              <HowToGetALink />
            </>
          )}
        </section>
      </main>
      <footer className={classes.foot}>Vouch {session.version}</footer>
    </div>
  );
}
