import { Link, type LinkProps } from "@tanstack/react-router";
import { ProblemError } from "../../api/http";
import { Page } from "../../parts/Page";
import { Empty } from "../../parts/States";
import { words } from "../../words/admin";
import classes from "../../parts/form.module.css";

const said = words.missingPage;

export function isMissing(error: unknown): error is ProblemError {
  return error instanceof ProblemError && error.problem.status === 404;
}

interface MissingPageProps {
  what: keyof typeof said.titles;
  error: ProblemError;
  list: { to: NonNullable<LinkProps["to"]>; name: string };
}

/** In the place of the page of something that is not there. What the server advises is meant for its terminal. */
export function MissingPage({ what, error, list }: MissingPageProps) {
  return (
    <Page title={said.titles[what]} up={list}>
      <Empty
        title={error.message}
        action={
          <Link to={list.to} className={classes.more}>
            {said.list(list.name)}
          </Link>
        }
      >
        {said.hint}
      </Empty>
    </Page>
  );
}
