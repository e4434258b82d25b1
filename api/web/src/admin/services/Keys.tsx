import { Button, Checkbox, NumberInput, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { api, reply } from "../../api/client";
import { Confirm } from "../../parts/Confirm";
import { DataTable } from "../../parts/DataTable";
import { Section } from "../../parts/Page";
import { Moment } from "../../shell/Moment";
import { words } from "../../words/admin";
import { useChange } from "../../parts/announcing";
import classes from "../../parts/form.module.css";
import { OnceShown } from "../shared/OnceShown";
import { useFields } from "../../parts/useFields";
import type { Service } from "../types";
import { scopesQuery, SERVICES } from "./data";
import { Ends } from "./Ends";

const said = words.services.key;
const FRESH = { name: "", scopes: [] as string[], days: 90 };

interface KeyDialogProps {
  service: string;
  opened: boolean;
  onClose: () => void;
  onMade: (token: string) => void;
}

function KeyDialog({ service, opened, onClose, onMade }: KeyDialogProps) {
  const scopes = useQuery(scopesQuery);
  const change = useChange();
  const fields = useFields(FRESH, { name: /name|called/, scopes: /scope/ });
  const { values, errors, set } = fields;
  const make = async () => {
    const path = { name: service };
    const call = () => reply(api.POST("/v1/service-accounts/{name}/keys", { params: { path }, body: values }));
    const made = await fields.attempt(() => change(call(), said.made(values.name), SERVICES));
    onMade(made.token);
    fields.reset(FRESH);
  };
  return (
    <Confirm opened={opened} title={said.make} action={said.make} onClose={onClose} onConfirm={make}>
      <div className={classes.form}>
        <TextInput label={said.name} description={said.nameHint} required {...fields.text("name")} />
        <Checkbox.Group
          label={said.scopes}
          description={said.scopesHint}
          value={values.scopes}
          error={errors.scopes}
          onChange={(chosen) => set("scopes", chosen)}
        >
          <div className={classes.form}>
            {(scopes.data ?? []).map((scope) => (
              <Checkbox key={scope} value={scope} label={scope} description={words.scopes[scope]} />
            ))}
          </div>
        </Checkbox.Group>
        <NumberInput
          label={said.days}
          description={said.daysHint}
          name="days"
          min={1}
          max={366}
          value={values.days}
          error={errors.days}
          onChange={(days) => set("days", Number(days))}
        />
      </div>
    </Confirm>
  );
}

/** The keys of a program: each shown once, when it is made. */
export function Keys({ service }: { service: Service }) {
  const change = useChange();
  const [making, setMaking] = useState(false);
  const [token, setToken] = useState<string | null>(null);
  const [ending, setEnding] = useState<string | null>(null);
  const end = () => {
    const params = { path: { name: service.name }, query: { key: ending ?? "" } };
    return change(reply(api.DELETE("/v1/service-accounts/{name}/keys", { params })), said.ended(ending ?? ""), SERVICES);
  };
  return (
    <Section
      title={words.services.keys}
      actions={
        <Button size="compact-sm" leftSection={<Plus aria-hidden size={15} />} onClick={() => setMaking(true)}>
          {said.make}
        </Button>
      }
    >
      {token !== null && <OnceShown title={said.once} value={token} onDone={() => setToken(null)} />}
      {service.keys.length === 0 ? (
        <p className={classes.text}>{said.none}</p>
      ) : (
        <DataTable
          name={words.services.keys}
          rows={service.keys}
          keyOf={(key) => key.name}
          columns={[
            { name: said.name, heading: true, cell: (key) => key.name },
            { name: said.scopes, cell: (key) => key.scopes.join(", ") },
            { name: said.created, cell: (key) => <Moment at={key.created_at} />, hide: "medium" },
            { name: said.expires, cell: (key) => <Ends at={key.expires_at} />, hide: "narrow" },
            {
              name: words.action,
              cell: (key) => (
                <Button size="compact-sm" variant="default" onClick={() => setEnding(key.name)}>
                  {said.end}
                </Button>
              ),
            },
          ]}
        />
      )}
      <KeyDialog service={service.name} opened={making} onClose={() => setMaking(false)} onMade={setToken} />
      <Confirm
        opened={ending !== null}
        title={said.endTitle(ending ?? "")}
        action={said.end}
        danger
        onClose={() => setEnding(null)}
        onConfirm={end}
      >
        {said.endHint}
      </Confirm>
    </Section>
  );
}
