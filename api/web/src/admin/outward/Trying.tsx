import { Button } from "@mantine/core";
import { useState } from "react";
import { api, reply } from "../../api/client";
import type { components } from "../../api/schema";
import { Confirm } from "../../parts/Confirm";
import { DataTable } from "../../parts/DataTable";
import { Section } from "../../parts/Page";
import { Failed } from "../../parts/States";
import { Status } from "../../parts/Status";
import { words } from "../../words/admin";
import { useChange } from "../../parts/announcing";
import classes from "../../parts/form.module.css";
import { StopButton } from "../shared/StopButton";
import { useStoppable } from "../../parts/useStoppable";
import { DELIVERIES, DESTINATIONS } from "./data";

const said = words.destinations;
type Steps = components["schemas"]["DestinationCheckOut"];

/** A check that writes nothing, and a test message that really arrives. */
export function Trying({ name }: { name: string }) {
  const change = useChange();
  const [steps, setSteps] = useState<Steps | null>(null);
  const trial = useStoppable();
  const [sending, setSending] = useState(false);
  const params = { path: { name } };
  const check = () => {
    setSteps(null);
    return trial.run(async (signal) => {
      setSteps(await reply(api.POST("/v1/operator/destinations/{name}/check", { params, signal })));
    });
  };
  const send = () => {
    const call = reply(api.POST("/v1/operator/destinations/{name}/test", { params, body: {} }));
    return change(call, said.tested(name), DESTINATIONS, DELIVERIES);
  };
  return (
    <Section
      title={said.trying}
      actions={
        <div className={classes.buttons}>
          <Button size="compact-sm" variant="default" loading={trial.running} onClick={() => void check()}>
            {said.check}
          </Button>
          <StopButton of={trial} />
          <Button size="compact-sm" variant="default" onClick={() => setSending(true)}>
            {said.test}
          </Button>
        </div>
      }
    >
      <div role="status">
        {trial.running && <Status tone="busy">{said.checking}</Status>}
        {!trial.running && !steps && <p className={classes.soft}>{said.tryingHint}</p>}
        {steps && <Status tone={steps.ok ? "good" : "bad"}>{steps.ok ? said.checkOk : said.checkBad}</Status>}
      </div>
      {trial.failure !== null && <Failed error={trial.failure} onRetry={() => void check()} />}
      {steps && (
        <DataTable
          name={said.check}
          rows={steps.steps}
          keyOf={(step) => step.name}
          columns={[
            { name: said.step, heading: true, cell: (step) => step.name },
            {
              name: words.state,
              cell: (step) => <Status tone={step.ok ? "good" : "bad"}>{step.ok ? said.stepOk : said.stepBad}</Status>,
            },
            { name: said.detail, cell: (step) => [step.detail, step.hint].filter(Boolean).join(" ") },
          ]}
        />
      )}
      <Confirm opened={sending} title={said.test} action={said.test} onClose={() => setSending(false)} onConfirm={send}>
        {said.testHint}
      </Confirm>
    </Section>
  );
}
