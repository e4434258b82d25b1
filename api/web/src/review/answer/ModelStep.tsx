import { Link } from "@tanstack/react-router";
import { Cpu } from "lucide-react";
import { Code } from "../../parts/Code";
import { type Fact, Facts } from "../../parts/Facts";
import { Status } from "../../parts/Status";
import { words } from "../../words/review";
import { Outcome } from "../shared/Outcome";
import type { Attempt, Call } from "../types";
import type { TabProps } from "./AnswerPage";
import { commitmentsOf } from "./data";
import { Branch, Branches, Step } from "./Step";
import classes from "./trail.module.css";

const said = words.trail;

function hash(name: string, value: string | null | undefined): Fact {
  return [name, value ? <Code key={name} value={value} characters={8} name={name} /> : null];
}

function costOf(call: Call): string | null {
  if (call.micros === null || call.currency === null) return null;
  return call.micros === 0 ? said.free : words.money(call.micros, call.currency);
}

interface CallProps {
  call: Call;
  prompt?: string | null;
  reply?: string | null;
}

function CallView({ call, prompt, reply }: CallProps) {
  const other = call.returned !== null && call.returned !== call.asked_version;
  return (
    <Branch title={call.model} mark={<Outcome of={call.outcome ?? "unknown"} />}>
      <Facts
        of={[
          [said.requested, call.asked_version],
          [
            said.returned,
            call.returned && (
              <span className={classes.row}>
                {call.returned}
                {other && <Status tone="warn">{said.differs}</Status>}
              </span>
            ),
          ],
          [said.tier, words.tier(call.tier)],
          [said.chosenBecause, call.reason && said.spoken(call.reason)],
          [said.provider, call.provider],
          [said.region, call.region],
          [said.cost, costOf(call)],
          [said.tokens, said.tokensOf(call.tokens_in, call.tokens_out, call.tokens_cached)],
          [said.time, call.seconds === null ? null : words.seconds(call.seconds)],
          [said.first, call.first_seconds === null ? null : words.seconds(call.first_seconds)],
          hash(said.prompt, prompt),
          hash(said.reply, reply),
          [said.request, call.request],
          [said.sdk, call.sdk],
          [said.finish, call.finish],
          [said.why, call.why],
        ]}
      />
    </Branch>
  );
}

function AttemptView({ attempt }: { attempt: Attempt }) {
  const { excluded } = attempt;
  return (
    <Branch title={said.choice(attempt.model)} mark={<span className={classes.soft}>{said.ended(attempt.ended)}</span>}>
      <Facts
        of={[
          [said.requested, attempt.version],
          [said.tier, words.tier(attempt.tier)],
          [said.chosenBecause, said.spoken(attempt.reason)],
          [said.why, attempt.why || null],
          [
            said.reused,
            attempt.reused && (
              <Link to="/review/answers/$answerId" params={{ answerId: attempt.reused }} className={classes.link}>
                {attempt.reused.slice(0, 8)}
              </Link>
            ),
          ],
          [said.excluded, excluded.map(([model = "", why = ""]) => said.excludedOf(model, why)).join("; ") || null],
        ]}
      />
      {attempt.strayed && <Status tone="bad">{said.strayed}</Status>}
    </Branch>
  );
}

/** Which models were asked, at what cost, and what they gave back; what was tried before stands in its order. */
export function ModelStep({ trail }: TabProps) {
  const commitments = commitmentsOf(trail.records);
  const called = new Set(trail.calls.map(({ model }) => model));
  const others = trail.attempts.filter(
    ({ model, excluded, reused, strayed, why }) =>
      model === null || !called.has(model) || excluded.length > 0 || reused !== null || strayed || why !== "",
  );
  return (
    <Step title={said.models} icon={Cpu} seconds={trail.timings.model ?? null}>
      {trail.calls.length === 0 && <p className={classes.soft}>{said.noModel}</p>}
      <Branches>
        {trail.calls.map((call, index) => (
          <CallView
            key={`${call.at} ${call.model}`}
            call={call}
            prompt={commitments[index]?.prompt}
            reply={commitments[index]?.reply}
          />
        ))}
        {others.map((attempt, index) => (
          <AttemptView key={`${index}`} attempt={attempt} />
        ))}
      </Branches>
    </Step>
  );
}
