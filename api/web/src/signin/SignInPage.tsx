import { Button, Loader, UnstyledButton } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { ArrowRight } from "lucide-react";
import { useEffect, useRef } from "react";
import { problemOf } from "../api/http";
import { forgetReadings, sessionQuery, setPassword, signIn, type SignInBody } from "../api/queries";
import type { DemoPerson, Problem, Session } from "../api/types";
import { ProblemNotice } from "../parts/ProblemNotice";
import { initials } from "../shell/initials";
import { SchemeToggle } from "../shell/SchemeToggle";
import { Wordmark } from "../shell/Wordmark";
import { words } from "../words/signin";
import { NewPasswordForm, PasswordForm } from "./PasswordForms";
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
      <p>{words.linkHow}</p>
      <p>{words.linkWhere}</p>
      <pre>
        <code>vouch people link you@example.com</code>
      </pre>
      <p>{words.linkOpen}</p>
    </div>
  );
}

/** Links that set a password begin like this; all others sign in by themselves. */
const SETS_PASSWORD = "vp_";

type Entering = SignInBody | { link: string; newPassword: string };

interface SignInPageProps {
  session: Session;
  /** The token of a one-time link, or nothing. */
  link: string;
  /** What went wrong at the organisation's sign-in, or nothing. */
  failure: Problem | null;
}

export function SignInPage({ session, link, failure }: SignInPageProps) {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const entering = useMutation({
    mutationFn: (given: Entering) =>
      "newPassword" in given ? setPassword({ link: given.link, password: given.newPassword }) : signIn(given),
    onSuccess: async (next) => {
      forgetReadings(queryClient);
      queryClient.setQueryData(sessionQuery.queryKey, next);
      await navigate({ to: "/", replace: true });
    },
  });
  const { mutate } = entering;
  const setsPassword = link.startsWith(SETS_PASSWORD);
  const linkTaken = useRef(false);
  useEffect(() => {
    if (!link || linkTaken.current) return;
    linkTaken.current = true;
    // Out of the address, so that the token stays neither in the history nor on the screen.
    window.history.replaceState(window.history.state, "", window.location.pathname);
    if (!setsPassword) mutate({ link });
  }, [link, setsPassword, mutate]);

  // A link that is opened where this page already stands changes the address alone: the page begins anew with it.
  useEffect(() => {
    const begin = (): void => {
      if (window.location.hash) window.location.reload();
    };
    window.addEventListener("hashchange", begin);
    return () => window.removeEventListener("hashchange", begin);
  }, []);

  const chosen = entering.variables;
  const withLink = chosen !== undefined && "link" in chosen;
  const { demo, ways } = session;
  const note = setsPassword ? "" : demo.reason || (demo.open ? words.demo : "");
  const failed = entering.isError ? problemOf(entering.error) : entering.isIdle ? failure : null;
  const problem = failed?.status === 401 && withLink ? { ...failed, ...words.linkOver } : failed;
  return (
    <div className={classes.page}>
      <header className={classes.bar}>
        <Wordmark />
        <SchemeToggle />
      </header>
      <main className={classes.main}>
        <div className={classes.intro}>
          <h1>{session.organisation}</h1>
          <p>{words.lead}</p>
        </div>
        <section className={classes.choose} aria-labelledby="signin-title">
          <h2 id="signin-title">
            {setsPassword ? words.choosePassword : demo.open ? words.choosePerson : words.title}
          </h2>
          {note && <p className={classes.note}>{note}</p>}
          {entering.isPending && withLink && <p role="status">{words.signingIn}</p>}
          <div role="alert">
            {problem && (
              <div className={classes.problem}>
                <ProblemNotice problem={problem} />
              </div>
            )}
          </div>
          {problem && session.person && (
            <Button component={Link} to="/" size="md" variant="default" fullWidth mb={18}>
              {words.goOn(session.person.name)}
            </Button>
          )}
          {setsPassword ? (
            <NewPasswordForm waiting={entering.isPending} onChoose={(newPassword) => mutate({ link, newPassword })} />
          ) : demo.open ? (
            <ul className={classes.people}>
              {demo.people.map((person) => (
                <PersonCard
                  key={person.email}
                  person={person}
                  disabled={entering.isPending}
                  waiting={entering.isPending && chosen !== undefined && "email" in chosen && chosen.email === person.email}
                  onChoose={() => mutate({ email: person.email })}
                />
              ))}
            </ul>
          ) : (
            <>
              {ways.sso && (
                <Button component="a" href={ways.sso.start} size="md" fullWidth mb={18}>
                  {words.sso(ways.sso.name)}
                </Button>
              )}
              {ways.passwords && (
                <PasswordForm waiting={entering.isPending} onEnter={(email, password) => mutate({ email, password })} />
              )}
              {!ways.sso && <HowToGetALink />}
            </>
          )}
        </section>
      </main>
      <footer className={classes.foot}>{words.version(session.version)}</footer>
    </div>
  );
}
