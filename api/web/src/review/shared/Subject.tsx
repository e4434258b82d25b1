import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, reply } from "../../api/client";
import { Code } from "../../parts/Code";
import { Confirm } from "../../parts/Confirm";
import { may } from "../../shell/areas";
import { useSignedIn } from "../../shell/session";
import { words } from "../../words/review";
import classes from "./Subject.module.css";

const said = words.subject;
const SHORT = 8;

/** A pseudonym, leading to what else the person asked. Of what nobody did it is empty. */
export function SubjectLink({ subject }: { subject: string }) {
  if (!subject) return said.machine;
  return (
    <Link to="/review/answers" search={{ person: subject }} className={classes.link} title={subject}>
      <code>{subject.slice(0, SHORT)}</code>
    </Link>
  );
}

/** A pseudonym with what can be done with it. The person behind it is told for a reason, which is a record. */
export function Subject({ subject }: { subject: string | null }) {
  const session = useSignedIn();
  const [asking, setAsking] = useState(false);
  const [known, setKnown] = useState<string | null>(null);
  if (!subject) return said.machine;
  return (
    <span className={classes.subject}>
      <Code value={subject} characters={SHORT} name={said.name} />
      <span role="status">{known}</span>
      {known === null && may(session, ["audit.identify"]) && (
        <Button size="compact-xs" variant="default" className={classes.ask} onClick={() => setAsking(true)}>
          {said.identify}
        </Button>
      )}
      <Confirm
        reason
        opened={asking}
        title={said.title}
        action={said.action}
        onClose={() => setAsking(false)}
        onConfirm={async (why) => {
          const found = await reply(api.POST("/v1/audit/identify", { body: { subject, why } }));
          setKnown(said.known(found.name, found.email));
        }}
      >
        {said.about}
      </Confirm>
    </span>
  );
}
