import { Skeleton, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArrowUpRight, TriangleAlert } from "lucide-react";
import { sourcesQuery } from "../api/queries";
import type { Session, SourceSummary } from "../api/types";
import { words } from "../words/ask";
import { useChat } from "./ChatContext";
import classes from "./Welcome.module.css";

function Sources({ sources }: { sources: SourceSummary[] }) {
  const documents = sources.reduce((total, source) => total + source.documents, 0);
  const late = sources.filter((source) => source.stale).length;
  return (
    <p className={classes.lead}>
      <Link to="/indexed">{words.welcome.sources(documents, sources.length)}</Link>
      {late > 0 && (
        <Link to="/indexed" search={{ only: "late" }} className={classes.late}>
          <TriangleAlert aria-hidden size={14} />
          {words.welcome.late(late)}
        </Link>
      )}
    </p>
  );
}

/** What a new conversation starts with: questions this person may want to ask, and what there is to read. */
export function Welcome({ session }: { session: Session }) {
  const { ask } = useChat();
  const sources = useQuery(sourcesQuery);
  const suggestions = session.suggestions;
  return (
    <div className={classes.welcome}>
      <h1>{words.welcome.title(session.person?.name.split(" ")[0])}</h1>
      <p className={classes.lead}>{words.welcome.lead(session.organisation)}</p>
      {suggestions.length > 0 && (
        <ul className={classes.suggestions} aria-label={words.welcome.suggestions}>
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
        {sources.isPending && <Skeleton h={18} w={260} aria-label={words.welcome.loadingSources} />}
        {sources.data && sources.data.length > 0 && <Sources sources={sources.data} />}
        {sources.data?.length === 0 && <p className={classes.lead}>{words.welcome.nothing}</p>}
      </div>
    </div>
  );
}
