import { SegmentedControl, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { api, reply } from "../../api/client";
import { Confirm } from "../../parts/Confirm";
import type { Column } from "../../parts/DataTable";
import { Moment } from "../../shell/Moment";
import { words } from "../../words/admin";
import { PersonLink } from "../people/PersonLink";
import { useChange } from "../../parts/announcing";
import classes from "../../parts/form.module.css";
import { useFields } from "../../parts/useFields";
import narrow from "../shared/narrow.module.css";
import type { ActingGrant, Service } from "../types";
import { SERVICES } from "./data";
import { Ends } from "./Ends";
import { Days, Held } from "./Held";

const said = words.services.acting;
const FRESH = { whom: "person", email: "", group: "", days: 90, why: "" };

const COLUMNS: Column<ActingGrant>[] = [
  {
    name: said.whom,
    heading: true,
    cell: (grant) => (
      <>
        {grant.email ? <PersonLink email={grant.email} /> : said.membersOf(grant.group ?? "")}
        <div className={`${classes.soft} ${classes.inNarrow}`}>
          <span className={narrow.ends}>
            {said.until} <Ends at={grant.until} />
          </span>
        </div>
        <div className={`${classes.soft} ${classes.inNarrow}`}>{grant.why}</div>
        <div className={`${classes.soft} ${classes.inMedium}`}>
          <span className={narrow.beside}>
            {said.givenBy} <PersonLink email={grant.given_by} />
          </span>{" "}
          <Moment at={grant.given_at} />
        </div>
      </>
    ),
  },
  { name: words.why, cell: (grant) => <span className={classes.long}>{grant.why}</span>, hide: "narrow" },
  {
    name: said.givenBy,
    cell: (grant) => (
      <>
        <PersonLink email={grant.given_by} />, <Moment at={grant.given_at} />
      </>
    ),
    hide: "medium",
  },
  { name: said.until, cell: (grant) => <Ends at={grant.until} />, hide: "narrow" },
];

function GrantDialog({ service, opened, onClose }: { service: string; opened: boolean; onClose: () => void }) {
  const change = useChange();
  const fields = useFields(FRESH, { email: /address|person/, group: /group/, why: /why|reason/i });
  const { values, errors, set } = fields;
  const give = async () => {
    const one = values.whom === "person" ? { email: values.email.trim() } : { group: values.group.trim() };
    const body = { ...one, days: values.days, why: values.why.trim() };
    const params = { path: { name: service } };
    const call = () => reply(api.POST("/v1/service-accounts/{name}/acts-for", { params, body }));
    await fields.attempt(() => change(call(), said.given, SERVICES));
    fields.reset(FRESH);
  };
  return (
    <Confirm opened={opened} title={said.give} action={said.give} onClose={onClose} onConfirm={give}>
      <div className={classes.form}>
        <p>{said.giveHint}</p>
        <SegmentedControl
          aria-label={said.whom}
          value={values.whom}
          data={[
            { value: "person", label: said.person },
            { value: "group", label: said.group },
          ]}
          onChange={(whom) => set("whom", whom)}
        />
        {values.whom === "person" ? (
          <TextInput type="email" label={words.people.address} required {...fields.text("email")} />
        ) : (
          <TextInput label={said.groupName} required {...fields.text("group")} />
        )}
        <Days
          label={said.days}
          value={values.days}
          error={errors.days}
          onChange={(days) => set("days", days)}
        />
        <Textarea label={words.why} description={words.whyHint} required autosize maxLength={500} {...fields.text("why")} />
      </div>
    </Confirm>
  );
}

/** For whom a program may act. */
export function Acting({ service }: { service: Service }) {
  const change = useChange();
  const [giving, setGiving] = useState(false);
  const end = (grant: ActingGrant) => {
    const params = { path: { name: service.name, grant_id: grant.id } };
    const call = reply(api.DELETE("/v1/service-accounts/{name}/acts-for/{grant_id}", { params }));
    return change(call, said.ended, SERVICES);
  };
  return (
    <>
      <Held
        title={words.services.actsFor}
        none={said.none}
        rows={service.acts_for}
        keyOf={(grant) => grant.id}
        columns={COLUMNS}
        give={said.give}
        onGive={() => setGiving(true)}
        end={said.end}
        endTitle={() => said.end}
        endHint={said.endHint}
        onEnd={end}
      />
      <GrantDialog service={service.name} opened={giving} onClose={() => setGiving(false)} />
    </>
  );
}
