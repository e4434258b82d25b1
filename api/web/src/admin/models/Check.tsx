import { Button } from "@mantine/core";
import { useState } from "react";
import { api, reply } from "../../api/client";
import { Facts } from "../../parts/Facts";
import { Section } from "../../parts/Page";
import { Failed } from "../../parts/States";
import { Status } from "../../parts/Status";
import { words } from "../../words/admin";
import classes from "../../parts/form.module.css";
import { StopButton } from "../shared/StopButton";
import { useStoppable } from "../../parts/useStoppable";
import type { Tried } from "../types";

const said = words.models.check;

function Outcome({ tried }: { tried: Tried }) {
  const region = tried.region ?? tried.placed;
  const other = tried.ok && tried.returned !== "" && tried.returned !== tried.asked;
  return (
    <div className={classes.panel}>
      <p>
        {other ? (
          <Status tone="warn">{said.other}</Status>
        ) : (
          <Status tone={tried.ok ? "good" : "bad"}>{tried.ok ? said.ok : said.bad}</Status>
        )}
      </p>
      {other && <p className={classes.text}>{said.otherHint(tried.asked, tried.returned)}</p>}
      <Facts
        of={[
          [said.said, tried.said],
          [said.hint, tried.hint || null],
          [said.asked, tried.asked],
          [said.returned, tried.returned || null],
          [said.region, region ? words.regionName(region) : null],
          [said.sdk, tried.sdk || null],
          [said.attempts, tried.attempts.length],
          [said.tokens, said.tokensOf(tried.tokens_in, tried.tokens_out)],
          [said.first, tried.first_seconds === null ? null : words.models.seconds(tried.first_seconds)],
          [said.took, words.models.seconds(tried.seconds)],
          [said.cost, tried.currency ? words.money(tried.micros, tried.currency) : null],
        ]}
      />
    </div>
  );
}

/** Asks a model a public sentence. It is a real call, and can be left. */
export function Check({ name }: { name: string }) {
  const check = useStoppable();
  const [tried, setTried] = useState<Tried | null>(null);
  const ask = () => {
    setTried(null);
    return check.run(async (signal) => {
      const params = { path: { name } };
      setTried(await reply(api.POST("/v1/register/models/{name}/check", { params, signal })));
    });
  };
  const idle = !check.running && !check.stopped && !tried && check.failure === null;
  return (
    <Section
      title={said.heading}
      actions={
        <div className={classes.buttons}>
          <Button size="compact-sm" variant="default" loading={check.running} onClick={() => void ask()}>
            {said.check}
          </Button>
          <StopButton of={check} />
        </div>
      }
    >
      <div role="status">
        {idle && <p className={classes.soft}>{said.what}</p>}
        {check.running && <Status tone="busy">{said.running}</Status>}
        {check.stopped && <Status tone="paused">{said.stopped}</Status>}
        {tried && <Outcome tried={tried} />}
      </div>
      {check.failure !== null && <Failed error={check.failure} onRetry={() => void ask()} />}
    </Section>
  );
}
