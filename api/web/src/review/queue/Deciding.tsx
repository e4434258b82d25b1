import { Button, NativeSelect, Radio } from "@mantine/core";
import { CheckCheck, RotateCcw } from "lucide-react";
import { useState } from "react";
import { useChange } from "../../parts/announcing";
import { useAct } from "../../parts/useAct";
import { Confirm } from "../../parts/Confirm";
import { useSignedIn } from "../../shell/session";
import { words } from "../../words/review";
import { LABELS, SEVERITIES } from "../search";
import type { Label, Review, Severity } from "../types";
import { fitting, HARMLESS, label, reopen, signOff } from "./data";
import classes from "./queue.module.css";

const said = words.review;
const QUEUE = ["review", "queue"];
const COUNTS = ["review", "counts"];

function Labelling({ review }: { review: Review }) {
  const { run, running, problem } = useAct();
  const [given, setGiven] = useState<Label | null>(review.label);
  const [severity, setSeverity] = useState<Severity>(review.severity && review.severity !== "none" ? review.severity : "low");
  const harmless = given !== null && HARMLESS.includes(given);
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (given) void run(() => label(review, given, harmless ? null : severity), said.labelled, QUEUE, COUNTS);
      }}
    >
      <Radio.Group label={said.label} value={given ?? ""} onChange={(value) => setGiven(value as Label)} error={problem}>
        {fitting(LABELS, review.about?.status).map((value) => (
          <Radio key={value} mt={6} size="sm" value={value} label={words.label(value)} />
        ))}
      </Radio.Group>
      {given !== null && !harmless && (
        <NativeSelect
          label={said.severity}
          value={severity}
          data={SEVERITIES.map((value) => ({ value, label: words.severity(value) }))}
          onChange={(event) => setSeverity(event.currentTarget.value as Severity)}
        />
      )}
      <Button type="submit" loading={running} disabled={given === null}>
        {said.save}
      </Button>
    </form>
  );
}

function Ended({ review }: { review: Review }) {
  const change = useChange();
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Button variant="default" leftSection={<RotateCcw aria-hidden size={15} />} onClick={() => setAsking(true)}>
        {said.reopen}
      </Button>
      <Confirm
        reason
        opened={asking}
        title={said.reopenTitle}
        action={said.reopen}
        onClose={() => setAsking(false)}
        onConfirm={(why) => change(reopen(review, why), said.reopened, QUEUE, COUNTS)}
      >
        {said.reopenText}
      </Confirm>
    </>
  );
}

function Signing({ review }: { review: Review }) {
  const change = useChange();
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Button variant="default" leftSection={<CheckCheck aria-hidden size={15} />} onClick={() => setAsking(true)}>
        {said.sign}
      </Button>
      <Confirm
        opened={asking}
        title={said.signTitle}
        action={said.sign}
        onClose={() => setAsking(false)}
        onConfirm={() => change(signOff(review), said.signed, QUEUE, COUNTS)}
      >
        {said.signText}
      </Confirm>
    </>
  );
}

/** What a reviewer says of an answer, and what another one says of that. */
export function Deciding({ review }: { review: Review }) {
  const me = useSignedIn().person?.email;
  const { state, assignee, labelled_by } = review;
  const another = state === "assigned" && assignee !== null && assignee !== me;
  const open = state === "open" || state === "assigned" || state === "labelled";
  return (
    <section className={classes.panel} aria-label={said.decision}>
      <h2>{said.decision}</h2>
      {another && <p>{said.another}</p>}
      {state === "labelled" && labelled_by === me && <p>{said.waits}</p>}
      {open && !another && <Labelling review={review} />}
      {state === "labelled" && <Signing review={review} />}
      {state === "signed_off" && <Ended review={review} />}
      {state === "withdrawn" && <p>{said.gone}</p>}
    </section>
  );
}
