import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, reply } from "../../api/client";
import { Confirm } from "../../parts/Confirm";
import { Facts } from "../../parts/Facts";
import { Page } from "../../parts/Page";
import { Failed, Loading } from "../../parts/States";
import { Status } from "../../parts/Status";
import { words } from "../../words/admin";
import { useChange } from "../../parts/announcing";
import classes from "../../parts/form.module.css";
import { OnceShown } from "../shared/OnceShown";
import { isMissing, MissingPage } from "../shared/MissingPage";
import { WEBHOOKS, webhookQuery } from "./data";
import { WebhookDeliveries } from "./WebhookDeliveries";

const route = getRouteApi("/in/admin/webhooks/$name");
const said = words.webhooks;
type Asked = "test" | "rotate" | "remove" | "replay";

export function WebhookPage() {
  const { name } = route.useParams();
  const webhook = useQuery(webhookQuery(name));
  const change = useChange();
  const navigate = useNavigate();
  const [asked, setAsked] = useState<Asked | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const [tried, setTried] = useState<{ ok: boolean; said: string } | null>(null);
  const params = { path: { name } };
  const acts: Record<Asked, () => Promise<unknown>> = {
    test: async () => setTried(await change(reply(api.POST("/v1/webhooks/{name}/test", { params })), said.wasTested, WEBHOOKS)),
    rotate: async () => {
      const made = await change(reply(api.POST("/v1/webhooks/{name}/rotate", { params })), said.rotated, WEBHOOKS);
      setSecret(made.secret);
    },
    replay: () => change(reply(api.POST("/v1/webhooks/{name}/replay", { params, body: {} })), said.replayed, WEBHOOKS),
    remove: async () => {
      await navigate({ to: "/admin/webhooks" });
      await change(reply(api.DELETE("/v1/webhooks/{name}", { params })), said.removed(name), WEBHOOKS);
    },
  };
  const { data } = webhook;
  const dead = data?.deliveries.dead ?? 0;
  const list = { to: "/admin/webhooks", name: words.pages.webhooks } as const;
  if (isMissing(webhook.error)) return <MissingPage what="webhook" error={webhook.error} list={list} />;
  return (
    <Page
      title={name}
      about={said.onePage}
      up={list}
      actions={
        data && (
          <>
            {dead > 0 && (
              <Button variant="default" onClick={() => setAsked("replay")}>
                {said.replayAll(dead)}
              </Button>
            )}
            <Button variant="default" onClick={() => setAsked("rotate")}>
              {said.rotate}
            </Button>
            <Button variant="default" onClick={() => setAsked("remove")}>
              {words.remove}
            </Button>
            <Button onClick={() => setAsked("test")}>{said.test}</Button>
          </>
        )
      }
    >
      {webhook.isPending && <Loading />}
      {webhook.error && <Failed error={webhook.error} onRetry={() => void webhook.refetch()} />}
      {secret !== null && <OnceShown title={said.secret} value={secret} onDone={() => setSecret(null)} />}
      <div role="status">
        {tried && <Status tone={tried.ok ? "good" : "bad"}>{said.outcome(tried.ok, tried.said)}</Status>}
      </div>
      {data && (
        <>
          <div className={classes.panel}>
            <Facts
              of={[
                [said.url, data.url],
                [said.events, data.events.join(", ")],
                [said.sources, data.sources?.join(", ") ?? said.allSources],
                [said.subscribedBy, data.own ? said.byOwner : said.byAdmin],
                [said.secrets, data.secrets > 1 ? said.twoSecrets : said.oneSecret],
              ]}
            />
          </div>
          <WebhookDeliveries name={name} />
        </>
      )}
      <Confirm
        opened={asked !== null}
        title={asked ? said.titles[asked](name) : ""}
        action={asked ? said.actions[asked] : ""}
        danger={asked === "remove"}
        onClose={() => setAsked(null)}
        onConfirm={() => (asked ? acts[asked]() : Promise.resolve())}
      >
        {asked ? said.hints[asked] : ""}
      </Confirm>
    </Page>
  );
}
