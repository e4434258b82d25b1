import { Button } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { api, reply } from "../../api/client";
import { Facts } from "../../parts/Facts";
import { Section } from "../../parts/Page";
import { Failed } from "../../parts/States";
import { Status } from "../../parts/Status";
import { words } from "../../words/admin";
import classes from "../shared/form.module.css";
import type { Tried } from "../types";

const said = words.models.check;
type State = { of: "idle" } | { of: "running" } | { of: "stopped" } | { of: "failed"; error: unknown } | { of: "tried"; tried: Tried };

function Outcome({ tried }: { tried: Tried }) {
  return (
    <div className={classes.panel}>
      <p>
        <Status tone={tried.ok ? "good" : "bad"}>{tried.ok ? said.ok : said.bad}</Status>
      </p>
      <Facts
        of={[
          [said.said, tried.said],
          [said.hint, tried.hint || null],
          [said.asked, tried.asked],
          [said.returned, tried.returned || null],
          [said.region, tried.region ?? tried.placed ?? null],
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
  const [state, setState] = useState<State>({ of: "idle" });
  const call = useRef<AbortController | null>(null);
  useEffect(() => () => call.current?.abort(), []);
  const check = async () => {
    const abort = new AbortController();
    call.current = abort;
    setState({ of: "running" });
    try {
      const params = { path: { name } };
      const tried = await reply(api.POST("/v1/register/models/{name}/check", { params, signal: abort.signal }));
      setState({ of: "tried", tried });
    } catch (error) {
      setState(abort.signal.aborted ? { of: "stopped" } : { of: "failed", error });
    }
  };
  const running = state.of === "running";
  return (
    <Section
      title={said.heading}
      actions={
        <div className={classes.buttons}>
          <Button size="compact-sm" variant="default" loading={running} onClick={() => void check()}>
            {said.check}
          </Button>
          {running && (
            <Button size="compact-sm" variant="default" onClick={() => call.current?.abort()}>
              {words.stop}
            </Button>
          )}
        </div>
      }
    >
      <div role="status">
        {state.of === "idle" && <p className={classes.soft}>{said.what}</p>}
        {running && <Status tone="busy">{said.running}</Status>}
        {state.of === "stopped" && <Status tone="paused">{said.stopped}</Status>}
        {state.of === "tried" && <Outcome tried={state.tried} />}
      </div>
      {state.of === "failed" && <Failed error={state.error} onRetry={() => void check()} />}
    </Section>
  );
}
