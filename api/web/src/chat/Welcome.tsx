import { Skeleton, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ArrowUpRight } from "lucide-react";
import { sourcesQuery } from "../api/queries";
import type { Session, SourceSummary } from "../api/types";
import { Moment } from "../shell/Moment";
import { useChat } from "./ChatContext";
import { count } from "./conversation";
import classes from "./Welcome.module.css";

function SourcesTable({ sources }: { sources: SourceSummary[] }) {
  return (
    <details className={classes.details}>
      <summary>
        {count(
          sources.reduce((total, source) => total + source.documents, 0),
          "document",
        )}{" "}
        in {count(sources.length, "source")} that you may read
      </summary>
      <div className={classes.scroll} role="group" aria-label="Sources that you may read" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Source</th>
              <th scope="col">Kind</th>
              <th scope="col">Documents</th>
              <th scope="col">Last confirmed</th>
            </tr>
          </thead>
          <tbody>
            {sources.map((source) => (
              <tr key={source.name}>
                <th scope="row">{source.name}</th>
                <td>{source.kind}</td>
                <td>{source.documents}</td>
                <td>{source.last_confirmed_at ? <Moment at={source.last_confirmed_at} /> : "not yet"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

/** What a new conversation starts with: questions this person may want to ask, and what there is to read. */
export function Welcome({ session }: { session: Session }) {
  const { ask } = useChat();
  const sources = useQuery(sourcesQuery);
  const firstName = session.person?.name.split(" ")[0];
  const suggestions = session.suggestions;
  return (
    <div className={classes.welcome}>
      <h1>{firstName ? `What would you like to know, ${firstName}?` : "What would you like to know?"}</h1>
      <p className={classes.lead}>
        Vouch answers from the documents of {session.organisation} that you may read, and shows the passage behind every
        sentence.
      </p>
      {suggestions.length > 0 && (
        <ul className={classes.suggestions} aria-label="Suggested questions">
          {suggestions.map((suggestion) => (
            <li key={suggestion}>
              <UnstyledButton className={classes.suggestion} onClick={() => ask(suggestion)}>
                <span>{suggestion}</span>
                <ArrowUpRight aria-hidden size={17} />
              </UnstyledButton>
            </li>
          ))}
        </ul>
      )}
      <div className={classes.sources}>
        {sources.isPending && <Skeleton h={18} w={260} aria-label="Loading the sources" />}
        {sources.data && sources.data.length > 0 && <SourcesTable sources={sources.data} />}
        {sources.data?.length === 0 && (
          <p className={classes.lead}>There is no document yet that you may read. Ask an administrator for access.</p>
        )}
      </div>
    </div>
  );
}
