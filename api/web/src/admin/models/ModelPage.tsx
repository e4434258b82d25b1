import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Pencil } from "lucide-react";
import { useState } from "react";
import { api, reply } from "../../api/client";
import { Code } from "../../parts/Code";
import { Confirm } from "../../parts/Confirm";
import { Facts } from "../../parts/Facts";
import { Page, Section } from "../../parts/Page";
import { Failed, Loading } from "../../parts/States";
import { Status } from "../../parts/Status";
import { words } from "../../words/admin";
import { useChange } from "../../parts/announcing";
import classes from "../../parts/form.module.css";
import { Note } from "../../parts/Note";
import type { Model } from "../types";
import { isMissing, MissingPage } from "../shared/MissingPage";
import { Check } from "./Check";
import { entryOf, MODELS, modelQuery } from "./data";
import { ModelHistory } from "./ModelHistory";
import { ModelState } from "./ModelState";

const route = getRouteApi("/in/admin/models/$name");
const said = words.models;

function About({ model }: { model: Model }) {
  const entry = entryOf(model);
  const { handling } = entry;
  return (
    <>
      {model.warning && (
        <Note>
          <Status tone="warn">{said.warning}</Status>: {model.warning}
        </Note>
      )}
      {model.differs && <Note>{said.differs}</Note>}
      <div className={classes.panel}>
        <Facts
          of={[
            [words.state, <ModelState key="state" model={model} />],
            [said.version, <Code key="version" value={entry.model} characters={60} />],
            [said.provider, said.providers[entry.provider]],
            [said.tier, said.tiers[entry.tier]],
            [said.where, said.place(entry)],
            [said.address, entry.base_url ?? null],
            [said.apiKey, entry.api_key ?? words.none],
            [said.retiresOn, entry.retires_on ? said.day(entry.retires_on) : said.noDay],
            [said.breaker, said.breakers[model.breaker]],
            [said.running, said.runningOf(model.running, entry.concurrency)],
          ]}
        />
      </div>
      <Section title={said.handling}>
        <div className={classes.panel}>
          <Facts
            of={[
              [said.ceiling, words.levels[model.ceiling]],
              [said.declared, model.ceiling === entry.sensitivity ? null : said.bounded(words.levels[entry.sensitivity])],
              [said.agreement, handling?.agreement ?? said.noAgreement],
              [said.training, handling ? (handling.training_prohibited ? said.prohibited : said.notProhibited) : null],
              [said.retention, handling ? said.days(handling.retention_days) : null],
              [said.basis, handling ? words.sentence(handling.legal_basis) : null],
              [said.zeroStated, words.yesOrNo(entry.zero_retention)],
            ]}
          />
        </div>
      </Section>
      <Section title={said.boundsAndPrices}>
        <div className={classes.panel}>
          <Facts
            of={[
              [said.context, said.tokens(entry.context_tokens)],
              [said.output, said.tokens(entry.output_tokens)],
              [said.first, said.seconds(entry.first_seconds)],
              [said.deadline, said.seconds(entry.deadline_seconds)],
              [said.priceIn, said.money(entry.prices.input, entry.prices.currency)],
              [said.priceOut, said.money(entry.prices.output, entry.prices.currency)],
              [said.cacheRead, said.money(entry.prices.cache_read ?? entry.prices.input, entry.prices.currency)],
              [said.batchFactor, said.batchTimes(entry.prices.batch)],
            ]}
          />
        </div>
      </Section>
    </>
  );
}

export function ModelPage() {
  const { name } = route.useParams();
  const model = useQuery(modelQuery(name));
  const change = useChange();
  const [retiring, setRetiring] = useState(false);
  const retire = (why: string) => {
    const call = api.POST("/v1/register/models/{name}/retire", { params: { path: { name } }, body: { why } });
    return change(reply(call), said.retired(name), MODELS);
  };
  const list = { to: "/admin/models", name: words.pages.models } as const;
  if (isMissing(model.error)) return <MissingPage what="model" error={model.error} list={list} />;
  return (
    <Page
      title={name}
      about={said.onePage}
      up={list}
      actions={
        model.data && (
          <>
            {model.data.change !== "retired" && (
              <Button variant="default" onClick={() => setRetiring(true)}>
                {said.retire}
              </Button>
            )}
            <Button
              leftSection={<Pencil aria-hidden size={15} />}
              renderRoot={(props) => <Link to="/admin/models/$name/change" params={{ name }} {...props} />}
            >
              {model.data.change === "retired" ? said.bringBack : words.change}
            </Button>
          </>
        )
      }
    >
      {model.isPending && <Loading />}
      {model.error && <Failed error={model.error} onRetry={() => void model.refetch()} />}
      {model.data && (
        <>
          <About model={model.data} />
          {model.data.callable && <Check name={name} />}
          <ModelHistory name={name} />
        </>
      )}
      <Confirm
        opened={retiring}
        title={said.retireTitle(name)}
        action={said.retire}
        danger
        reason
        onClose={() => setRetiring(false)}
        onConfirm={retire}
      >
        {said.retireHint}
      </Confirm>
    </Page>
  );
}
