import { Button, Modal, SegmentedControl, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState, type SubmitEvent } from "react";
import { endShare, share, sharesQuery, type Share, type ShareIn } from "../api/conversations";
import { problemOf } from "../api/http";
import { Failed, Loading } from "../parts/States";
import { Moment } from "../shell/Moment";
import { words } from "../words/ask";
import { words as shell } from "../words/shell";
import type { DialogProps } from "./ConversationMenu";
import classes from "./ShareDialog.module.css";

const EVERYONE = "everyone";

/** Whom it is shared with, as they are called within a sentence unless another word for all is given. */
function nameOf({ person, group }: Pick<Share, "person" | "group">, all: string = words.share.everyoneWithin): string {
  return person ?? (group === EVERYONE ? all : (group ?? ""));
}

interface SharesProps {
  conversationId: string;
  onSaid: (text: string) => void;
}

/** With whom it is shared, and the end of that. */
function Shares({ conversationId, onSaid }: SharesProps) {
  const queryClient = useQueryClient();
  const query = sharesQuery(conversationId);
  const shares = useQuery(query);
  const ending = useMutation({
    mutationFn: (one: Share) => endShare(conversationId, one.id),
    onSuccess: async (_, one) => {
      onSaid(words.share.ended(nameOf(one)));
      await queryClient.invalidateQueries({ queryKey: query.queryKey });
    },
  });
  if (shares.isPending) return <Loading rows={2} name={words.share.loading} />;
  if (shares.isError) return <Failed error={shares.error} onRetry={() => void shares.refetch()} />;
  if (shares.data.length === 0) return <p className={classes.about}>{words.share.nobody}</p>;
  return (
    <>
      <ul className={classes.shares}>
        {shares.data.map((one) => (
          <li key={one.id}>
            <span className={classes.who}>
              {nameOf(one, words.share.everyoneName)}
              <span className={classes.about}>
                {words.share.answers(one.answers)}, <Moment at={one.shared_at} />
              </span>
            </span>
            <Button
              size="compact-sm"
              variant="default"
              aria-label={words.share.endOf(nameOf(one))}
              loading={ending.isPending && ending.variables.id === one.id}
              onClick={() => ending.mutate(one)}
            >
              {words.share.end}
            </Button>
          </li>
        ))}
      </ul>
      {ending.isError && <Failed error={ending.error} />}
    </>
  );
}

type With = "person" | "group" | "everyone";

/** Says what others will see, and lets them. */
export function ShareDialog({ conversation, onClose }: DialogProps) {
  const queryClient = useQueryClient();
  const [kind, setKind] = useState<With>("person");
  const [name, setName] = useState("");
  const [missing, setMissing] = useState(false);
  const [said, setSaid] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const sharing = useMutation({
    mutationFn: (withWhom: ShareIn) => share(conversation.id, withWhom),
    onSuccess: async (made) => {
      setName("");
      setSaid(words.share.shared(nameOf(made)));
      await queryClient.invalidateQueries({ queryKey: sharesQuery(conversation.id).queryKey });
    },
    onError: () => field.current?.focus(),
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const needed = kind !== "everyone" && !name.trim();
    setMissing(needed);
    if (needed) field.current?.focus();
    else if (kind === "person") sharing.mutate({ person: name.trim(), group: "" });
    else sharing.mutate({ person: "", group: kind === "everyone" ? EVERYONE : name.trim() });
  };
  const person = kind === "person";
  const problem = sharing.error && problemOf(sharing.error);
  const refusal = problem && [problem.detail, problem.hint].filter(Boolean).join(" ");
  return (
    <Modal
      opened
      onClose={onClose}
      title={words.share.title}
      centered
      size="lg"
      closeButtonProps={{ "aria-label": shell.close }}
    >
      <p className={classes.lead}>{words.share.about}</p>
      <p className={classes.lead}>{words.share.later}</p>
      <form onSubmit={submit} noValidate className={classes.form}>
        <SegmentedControl
          aria-label={words.share.kind}
          fullWidth
          value={kind}
          onChange={(chosen) => {
            setKind(chosen);
            setMissing(false);
            sharing.reset();
          }}
          data={[
            { value: "person", label: words.share.person },
            { value: "group", label: words.share.group },
            { value: "everyone", label: words.share.everyone },
          ]}
        />
        {kind === "everyone" ? (
          refusal && (
            <p className={classes.refusal} role="alert">
              {refusal}
            </p>
          )
        ) : (
          <TextInput
            key={kind}
            ref={field}
            label={person ? words.share.email : words.share.groupName}
            type={person ? "email" : "text"}
            autoComplete="off"
            value={name}
            error={missing ? (person ? words.share.emailMissing : words.share.groupMissing) : refusal}
            onChange={(event) => setName(event.currentTarget.value)}
          />
        )}
        <Button type="submit" loading={sharing.isPending} className={classes.submit}>
          {words.share.submit}
        </Button>
      </form>
      <p role="status" className={classes.said}>
        {said}
      </p>
      <h3 className={classes.title}>{words.share.shares}</h3>
      <Shares conversationId={conversation.id} onSaid={setSaid} />
    </Modal>
  );
}
