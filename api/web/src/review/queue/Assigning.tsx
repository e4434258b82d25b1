import { Button, TextInput } from "@mantine/core";
import { UserCheck } from "lucide-react";
import { useState } from "react";
import { useAct } from "../../parts/useAct";
import { useSignedIn } from "../../shell/session";
import { words } from "../../words/review";
import type { Review } from "../types";
import { assign } from "./data";
import classes from "./queue.module.css";

const said = words.review;
const QUEUE = ["review", "queue"];

/** Who looks at it. */
export function Assigning({ review }: { review: Review }) {
  const me = useSignedIn().person?.email ?? "";
  const { run, running, problem } = useAct();
  const [email, setEmail] = useState(review.assignee ?? "");
  if (review.state !== "open" && review.state !== "assigned") return null;
  const give = (to: string) =>
    run(() => assign(review, to), to ? said.assigned : said.givenBack, QUEUE, ["review", "counts"]);
  return (
    <section className={classes.panel} aria-label={said.assign}>
      <h2>{said.assign}</h2>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          void give(email.trim());
        }}
      >
        <TextInput
          label={said.assignTo}
          description={review.assignee ? said.assignHint : undefined}
          type="email"
          maxLength={320}
          error={problem}
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <div className={classes.row}>
          {(review.assignee ?? email.trim()) && (
            <Button type="submit" variant="default" loading={running}>
              {email.trim() ? said.assign : said.giveBack}
            </Button>
          )}
          {review.assignee !== me && (
            <Button
              variant="default"
              leftSection={<UserCheck aria-hidden size={15} />}
              loading={running}
              onClick={() => void give(me)}
            >
              {said.take}
            </Button>
          )}
        </div>
      </form>
    </section>
  );
}
