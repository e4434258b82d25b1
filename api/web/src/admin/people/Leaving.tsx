import { Button, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, reply } from "../../api/client";
import { Confirm } from "../../parts/Confirm";
import { Section } from "../../parts/Page";
import { may } from "../../shell/areas";
import { useSignedIn } from "../../shell/session";
import { words } from "../../words/admin";
import { useChange } from "../../parts/announcing";
import classes from "../../parts/form.module.css";
import type { Person } from "../types";
import { PEOPLE } from "./data";

const said = words.people.leaving;

/** What ends a person here: being disabled, and being forgotten. */
export function Leaving({ person }: { person: Person }) {
  const { email } = person;
  const session = useSignedIn();
  const change = useChange();
  const navigate = useNavigate();
  const [asked, setAsked] = useState<"disable" | "forget" | "unlink" | null>(null);
  const [typed, setTyped] = useState("");
  const path = { params: { path: { email } } };
  const gone = () => void navigate({ to: "/admin/people" });
  const disable = async () => {
    await change(reply(api.DELETE("/v1/operator/people/{email}", path)), said.disabled(person.name), PEOPLE);
    gone();
  };
  const forget = async () => {
    const call = reply(api.POST("/v1/operator/people/{email}/forget", path));
    await change(call, said.forgotten(person.name), PEOPLE);
    gone();
  };
  const unlink = () =>
    change(reply(api.DELETE("/v1/operator/people/{email}/identities", path)), said.unlinked(person.name), PEOPLE);
  return (
    <Section title={said.heading}>
      <p className={classes.text}>{said.hint}</p>
      <div className={classes.buttons}>
        {may(session, ["people.change"]) && (
          <>
            <Button variant="default" onClick={() => setAsked("unlink")}>
              {said.unlink}
            </Button>
            <Button variant="default" onClick={() => setAsked("disable")}>
              {said.disable}
            </Button>
          </>
        )}
        {may(session, ["people.forget"]) && (
          <Button
            color="red"
            onClick={() => {
              setTyped("");
              setAsked("forget");
            }}
          >
            {said.forget}
          </Button>
        )}
      </div>
      <Confirm
        opened={asked === "disable"}
        title={said.disableTitle(person.name)}
        action={said.disable}
        danger
        onClose={() => setAsked(null)}
        onConfirm={disable}
      >
        {said.disableHint}
      </Confirm>
      <Confirm
        opened={asked === "unlink"}
        title={said.unlinkTitle(person.name)}
        action={said.unlink}
        onClose={() => setAsked(null)}
        onConfirm={unlink}
      >
        {said.unlinkHint}
      </Confirm>
      <Confirm
        opened={asked === "forget"}
        title={said.forgetTitle(person.name)}
        action={said.forget}
        danger
        onClose={() => setAsked(null)}
        onConfirm={forget}
      >
        <p>{said.forgetHint}</p>
        <TextInput
          label={said.typeAddress(email)}
          value={typed}
          required
          pattern={email.replaceAll(/[.+]/g, "\\$&")}
          title={said.typeAddress(email)}
          autoComplete="off"
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
      </Confirm>
    </Section>
  );
}
