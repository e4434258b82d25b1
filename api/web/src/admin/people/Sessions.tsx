import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, reply } from "../../api/client";
import { Confirm } from "../../parts/Confirm";
import { DataTable } from "../../parts/DataTable";
import { Section } from "../../parts/Page";
import { Failed, Loading } from "../../parts/States";
import { may } from "../../shell/areas";
import { Moment } from "../../shell/Moment";
import { useSignedIn } from "../../shell/session";
import { words } from "../../words/admin";
import { useChange } from "../../parts/announcing";
import classes from "../../parts/form.module.css";
import type { OpenSession, Person } from "../types";
import { PEOPLE, sessionsQuery } from "./data";

const said = words.people.sessions;

function madeBy({ kind, method }: OpenSession) {
  return kind === "key" ? said.key : (said.methods[method] ?? method);
}

/** Where a person is signed in, and their keys: ended one by one; sessions also together. */
export function Sessions({ person }: { person: Person }) {
  const { email } = person;
  const session = useSignedIn();
  const change = useChange();
  const found = useQuery(sessionsQuery(email));
  const [ending, setEnding] = useState<"all" | OpenSession | null>(null);
  const changes = may(session, ["people.change"]);
  const sessions = found.data?.sessions ?? [];
  const isKey = ending !== null && ending !== "all" && ending.kind === "key";
  const end = () => {
    const call =
      ending === "all" || ending === null
        ? reply(api.DELETE("/v1/operator/people/{email}/sessions", { params: { path: { email } } }))
        : reply(
            api.DELETE("/v1/operator/people/{email}/sessions/{session_id}", {
              params: { path: { email, session_id: ending.id } },
            }),
          );
    return change(call as Promise<unknown>, ending === "all" ? said.allEnded : said.ended, PEOPLE);
  };
  return (
    <Section
      title={said.heading}
      actions={
        changes &&
        sessions.some((each) => each.kind === "session") && (
          <Button size="compact-sm" variant="default" onClick={() => setEnding("all")}>
            {said.endAll}
          </Button>
        )
      }
    >
      {found.isPending && <Loading rows={2} />}
      {found.error && <Failed error={found.error} onRetry={() => void found.refetch()} />}
      {found.data && sessions.length === 0 && <p className={classes.text}>{said.none}</p>}
      {sessions.length > 0 && (
        <DataTable
          name={said.heading}
          rows={sessions}
          keyOf={(each) => each.id}
          columns={[
            { name: said.method, heading: true, cell: madeBy },
            { name: said.began, cell: (each) => <Moment at={each.began_at} /> },
            { name: said.seen, cell: (each) => <Moment at={each.seen_at} />, hide: "narrow" },
            { name: said.expires, cell: (each) => <Moment at={each.expires_at} />, hide: "medium" },
            ...(changes
              ? [
                  {
                    name: words.action,
                    cell: (each: OpenSession) => (
                      <Button size="compact-sm" variant="default" onClick={() => setEnding(each)}>
                        {said.end}
                      </Button>
                    ),
                  },
                ]
              : []),
          ]}
        />
      )}
      <Confirm
        opened={ending !== null}
        title={ending === "all" ? said.endAll : isKey ? said.endKey : said.endSession}
        action={ending === "all" ? said.endAll : said.end}
        onClose={() => setEnding(null)}
        onConfirm={end}
      >
        {isKey ? said.endKeyHint : said.endHint}
      </Confirm>
    </Section>
  );
}
