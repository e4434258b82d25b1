import { Checkbox, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, reply } from "../../api/client";
import { Confirm } from "../../parts/Confirm";
import type { Column } from "../../parts/DataTable";
import { Moment } from "../../shell/Moment";
import { words } from "../../words/admin";
import { useChange } from "../../parts/announcing";
import classes from "../../parts/form.module.css";
import narrow from "../shared/narrow.module.css";
import { OnceShown } from "../shared/OnceShown";
import { useFields } from "../../parts/useFields";
import type { Service, ServiceKey } from "../types";
import { scopesQuery, SERVICES } from "./data";
import { Ends } from "./Ends";
import { Days, Held } from "./Held";

const said = words.services.key;
const FRESH = { name: "", scopes: [] as string[], days: 90 };

const COLUMNS: Column<ServiceKey>[] = [
  {
    name: said.name,
    heading: true,
    cell: (key) => (
      <>
        {key.name}
        <div className={`${classes.soft} ${classes.inNarrow}`}>
          <span className={narrow.ends}>
            {said.expires} <Ends at={key.expires_at} />
          </span>
        </div>
      </>
    ),
  },
  { name: said.scopes, cell: (key) => key.scopes.join(", ") },
  { name: said.created, cell: (key) => <Moment at={key.created_at} />, hide: "medium" },
  { name: said.expires, cell: (key) => <Ends at={key.expires_at} />, hide: "narrow" },
];

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
          <div className={`${classes.form} ${classes.choices}`}>
            {(scopes.data ?? []).map((scope) => (
              <Checkbox key={scope} value={scope} label={scope} description={words.scopes[scope]} />
            ))}
          </div>
        </Checkbox.Group>
        <Days
          label={said.days}
          hint={said.daysHint}
          value={values.days}
          error={errors.days}
          onChange={(days) => set("days", days)}
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
  const end = ({ name }: ServiceKey) => {
    const params = { path: { name: service.name }, query: { key: name } };
    return change(reply(api.DELETE("/v1/service-accounts/{name}/keys", { params })), said.ended(name), SERVICES);
  };
  return (
    <>
      <Held
        title={words.services.keys}
        none={said.none}
        rows={service.keys}
        keyOf={(key) => key.name}
        columns={COLUMNS}
        give={said.make}
        onGive={() => setMaking(true)}
        end={words.services.end}
        endTitle={(key) => said.endTitle(key.name)}
        endHint={said.endHint}
        onEnd={end}
      >
        {token !== null && <OnceShown title={said.once} value={token} onDone={() => setToken(null)} />}
      </Held>
      <KeyDialog service={service.name} opened={making} onClose={() => setMaking(false)} onMade={setToken} />
    </>
  );
}
