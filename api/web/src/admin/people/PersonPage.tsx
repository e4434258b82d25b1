import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Pencil } from "lucide-react";
import { useState } from "react";
import { Code } from "../../parts/Code";
import { Facts } from "../../parts/Facts";
import { Page, Section } from "../../parts/Page";
import { Failed, Loading } from "../../parts/States";
import { may } from "../../shell/areas";
import { useSignedIn } from "../../shell/session";
import { words } from "../../words/admin";
import classes from "../../parts/form.module.css";
import { Note } from "../../parts/Note";
import type { Person } from "../types";
import { Address } from "../../parts/Address";
import { isMissing, MissingPage } from "../shared/MissingPage";
import { personQuery } from "./data";
import { Here } from "./Here";
import { Leaving } from "./Leaving";
import { PersonDialog } from "./PersonDialog";
import { Roles } from "./Roles";
import { Sessions } from "./Sessions";

const route = getRouteApi("/in/admin/people/$email");
const said = words.people;

/** Where they are signed in, how they come in, and what ends it. */
function Ends({ person }: { person: Person }) {
  const session = useSignedIn();
  return (
    <>
      <Sessions person={person} />
      <Section title={said.waysIn}>
        <Note>
          <p>{said.waysInHint}</p>
          <p>
            {said.link}: <Code value={`vouch people link ${person.email}`} characters={80} name={said.link} />
          </p>
          <p>
            {said.key}: <Code value={`vouch people key ${person.email}`} characters={80} name={said.key} />
          </p>
        </Note>
      </Section>
      {may(session, ["people.change", "people.forget"]) && <Leaving person={person} />}
    </>
  );
}

function About({ person }: { person: Person }) {
  const session = useSignedIn();
  const others = person.groups.filter((group) => !person.given.includes(group));
  const here = !person.disabled_at;
  return (
    <>
      {!here && <Note>{said.disabledNote}</Note>}
      {person.directory && <Note>{said.directoryNote}</Note>}
      <div className={classes.panel}>
        <Facts
          of={[
            [words.state, <Here key="state" person={person} since />],
            [said.address, <Address key="address" of={person.email} />],
            [said.title, person.title || null],
            [said.roles, <Roles key="roles" of={person.roles} />],
            [said.givenGroups, person.given.join(", ") || words.none],
            [said.otherGroups, others.join(", ") || null],
            [said.managed, person.directory ? said.byDirectory : said.here],
          ]}
        />
      </div>
      <Section title={said.elsewhere}>
        <div className={classes.buttons}>
          {may(session, ["policy.read"]) && (
            <Button
              variant="default"
              renderRoot={(props) => <Link to="/admin/changes" search={{ person: person.email }} {...props} />}
            >
              {said.theirChanges}
            </Button>
          )}
          {may(session, ["subject.export"]) && (
            <Button
              variant="default"
              renderRoot={(props) => <Link to="/admin/subjects" search={{ email: person.email }} {...props} />}
            >
              {said.theirRequests}
            </Button>
          )}
          {here && may(session, ["people.change"]) && !person.roles.includes("reviewer") && !person.roles.includes("admin") && (
            <Button
              variant="default"
              renderRoot={(props) => <Link to="/admin/role-requests" search={{ ask: person.email }} {...props} />}
            >
              {said.askReviewer}
            </Button>
          )}
        </div>
      </Section>
      {here && <Ends person={person} />}
    </>
  );
}

export function PersonPage() {
  const { email } = route.useParams();
  const session = useSignedIn();
  const person = useQuery(personQuery(email));
  const [changing, setChanging] = useState(false);
  const list = { to: "/admin/people", name: words.pages.people } as const;
  if (isMissing(person.error)) return <MissingPage what="person" error={person.error} list={list} />;
  return (
    <Page
      title={person.data?.name ?? email}
      about={said.onePerson}
      up={list}
      actions={
        person.data &&
        may(session, ["people.change"]) && (
          <Button leftSection={<Pencil aria-hidden size={15} />} onClick={() => setChanging(true)}>
            {person.data.disabled_at ? said.bringBack : words.change}
          </Button>
        )
      }
    >
      {person.isPending && <Loading />}
      {person.error && <Failed error={person.error} onRetry={() => void person.refetch()} />}
      {person.data && <About person={person.data} />}
      {person.data && <PersonDialog person={person.data} opened={changing} onClose={() => setChanging(false)} />}
    </Page>
  );
}
