import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { ListPlus, Lock, Printer } from "lucide-react";
import { useState } from "react";
import { useChange } from "../../parts/announcing";
import { api, reply } from "../../api/client";
import { Confirm } from "../../parts/Confirm";
import { may } from "../../shell/areas";
import { useSignedIn } from "../../shell/session";
import { words } from "../../words/review";
import type { Trail } from "../types";
import { trailQuery } from "./data";

const said = words.answer;

/** What can be done with an answer as a whole. */
export function Actions({ trail }: { trail: Trail }) {
  const session = useSignedIn();
  const change = useChange();
  const [asking, setAsking] = useState<"queue" | "hold" | null>(null);
  const close = () => setAsking(null);
  const answer = trail.answer_id;
  const look = trailQuery(answer).queryKey;
  const held = trail.holds.some(({ kind }) => kind === "answer");
  return (
    <>
      <Button variant="default" leftSection={<Printer aria-hidden size={15} />} onClick={() => window.print()}>
        {said.print}
      </Button>
      {trail.kept && !held && may(session, ["review.hold"]) && (
        <Button variant="default" leftSection={<Lock aria-hidden size={15} />} onClick={() => setAsking("hold")}>
          {said.hold}
        </Button>
      )}
      {trail.review ? (
        <Button component={Link} to={`/review/queue/${trail.review.id}`} variant="default">
          {said.queuedAt}
        </Button>
      ) : (
        trail.kept && (
          <Button leftSection={<ListPlus aria-hidden size={15} />} onClick={() => setAsking("queue")}>
            {said.queue}
          </Button>
        )
      )}
      <Confirm
        reason
        opened={asking === "queue"}
        title={said.queueTitle}
        action={said.queue}
        onClose={close}
        onConfirm={(why) =>
          change(reply(api.POST("/v1/reviews", { body: { answer, why } })), said.queued, ["review", "queue"], look)
        }
      >
        {said.queueText}
      </Confirm>
      <Confirm
        reason
        opened={asking === "hold"}
        title={said.holdTitle}
        action={said.hold}
        onClose={close}
        onConfirm={(why) =>
          change(
            reply(api.POST("/v1/holds", { body: { kind: "answer", target: answer, why } })),
            said.held,
            ["review", "holds"],
            look,
          )
        }
      >
        {said.holdText}
      </Confirm>
    </>
  );
}
