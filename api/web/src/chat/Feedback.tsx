import { ActionIcon, VisuallyHidden } from "@mantine/core";
import { useIntersection } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ThumbsDown, ThumbsUp } from "lucide-react";
import { lazy, Suspense, useRef, useState } from "react";
import {
  feedbackQuery,
  giveFeedback,
  withdrawFeedback,
  type Feedback as Given,
  type FeedbackIn,
  type Rating,
} from "../api/conversations";
import { problemOf } from "../api/http";
import { words } from "../words/ask";
import classes from "./Feedback.module.css";
import { ProblemNotice } from "../parts/ProblemNotice";

const FeedbackForm = lazy(async () => ({ default: (await import("./FeedbackForm")).FeedbackForm }));

const SIGNS = { up: ThumbsUp, down: ThumbsDown };

/** What this person says of an answer: kept at the first press, with reasons and a comment for who wants to give them. */
export function Feedback({ answerId }: { answerId: string }) {
  const queryClient = useQueryClient();
  const { ref, entry } = useIntersection();
  const [opened, setOpened] = useState(false);
  const [said, setSaid] = useState("");
  const thumbs = useRef<HTMLDivElement>(null);
  const query = feedbackQuery(answerId);
  // A long conversation asks for what is in view only.
  const given = useQuery({ ...query, enabled: entry?.isIntersecting ?? false }).data ?? null;

  const close = (): void => {
    setOpened(false);
    const row = thumbs.current;
    (row?.querySelector<HTMLElement>("[aria-pressed='true']") ?? row?.querySelector("button"))?.focus();
  };
  const keep = async (now: Given | null, told: string): Promise<void> => {
    // What was asked for meanwhile must not arrive after what is said now, and take its place.
    await queryClient.cancelQueries({ queryKey: query.queryKey });
    queryClient.setQueryData(query.queryKey, now);
    setSaid(told);
  };
  const onSuccess = (saved: Given) => keep(saved, words.feedback.saved);
  const pressing = useMutation({
    // Pressed before it is known what was said of the answer: reasons given earlier stay.
    mutationFn: async (rating: Rating) => {
      const before = await queryClient.query({ ...query, staleTime: "static" });
      return before?.rating === rating ? before : giveFeedback(answerId, { rating, reasons: [], comment: "" });
    },
    onSuccess,
  });
  const saving = useMutation({ mutationFn: (next: FeedbackIn) => giveFeedback(answerId, next), onSuccess });
  const withdrawing = useMutation({
    mutationFn: () => withdrawFeedback(answerId),
    onSuccess: async () => {
      await keep(null, words.feedback.withdrawn);
      close();
    },
  });
  const press = (rating: Rating): void => {
    if (given?.rating === rating) {
      setOpened(!opened);
      return;
    }
    pressing.mutate(rating, { onSuccess: () => setOpened(true) });
  };
  const failure = pressing.error ?? saving.error ?? withdrawing.error;
  return (
    <>
      <div ref={ref} className={classes.thumbs} role="group" aria-label={words.feedback.name}>
        <div ref={thumbs}>
          {(["up", "down"] as const).map((rating) => {
            const Sign = SIGNS[rating];
            const pressed = given?.rating === rating;
            return (
              <ActionIcon
                key={rating}
                variant="subtle"
                size={26}
                aria-label={words.feedback[rating]}
                title={words.feedback[rating]}
                aria-pressed={pressed}
                aria-expanded={pressed ? opened : undefined}
                data-pressed={pressed || undefined}
                className={classes.thumb}
                loading={pressing.isPending && pressing.variables === rating}
                onClick={() => press(rating)}
              >
                <Sign aria-hidden size={16} fill={pressed ? "currentColor" : "none"} />
              </ActionIcon>
            );
          })}
        </div>
        <VisuallyHidden role="status">{said}</VisuallyHidden>
      </div>
      {failure && !(opened && given) && (
        <div className={classes.form}>
          <ProblemNotice problem={problemOf(failure)} />
        </div>
      )}
      {opened && given && (
        <Suspense fallback={null}>
          <FeedbackForm
            key={given.rating}
            given={given}
            saving={saving.isPending}
            withdrawing={withdrawing.isPending}
            problem={failure ? problemOf(failure) : null}
            onSave={(next) => saving.mutate(next, { onSuccess: close })}
            onWithdraw={() => withdrawing.mutate()}
            onClose={close}
          />
        </Suspense>
      )}
    </>
  );
}
