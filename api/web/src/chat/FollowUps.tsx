import { UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { CornerDownRight } from "lucide-react";
import { use } from "react";
import { followUpsQuery } from "../api/conversations";
import { words } from "../words/ask";
import { AskingContext, useChat } from "./ChatContext";
import classes from "./FollowUps.module.css";

/** Where to read on. Nothing is invented: these are headings of the documents that the answer cites. */
export function FollowUps({ answerId }: { answerId: string }) {
  const { ask } = useChat();
  const asking = use(AskingContext);
  const { data } = useQuery(followUpsQuery(answerId));
  if (!data || data.length === 0) return null;
  return (
    <section className={classes.further} aria-label={words.followUps.title}>
      <h3>{words.followUps.title}</h3>
      <p>{words.followUps.about}</p>
      <ul>
        {data.map(({ document, heading }) => (
          <li key={`${document.id}/${heading}`}>
            <UnstyledButton
              className={classes.question}
              disabled={asking}
              onClick={() => ask(words.followUps.question(heading, document.title))}
            >
              <CornerDownRight aria-hidden size={15} />
              <span>
                {heading} <span className={classes.from}>{words.followUps.from(document.title)}</span>
              </span>
            </UnstyledButton>
          </li>
        ))}
      </ul>
    </section>
  );
}
