import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, reply } from "../../api/client";
import { Confirm } from "../../parts/Confirm";
import { Facts } from "../../parts/Facts";
import { Page, Section } from "../../parts/Page";
import { Failed, Loading } from "../../parts/States";
import { calendarTime } from "../../shell/time";
import { words } from "../../words/admin";
import { useChange } from "../../parts/announcing";
import classes from "../../parts/form.module.css";
import { isMissing, MissingPage } from "../shared/MissingPage";
import { Counts } from "./Counts";
import { DELIVERIES, destinationQuery, DESTINATIONS } from "./data";
import { DestinationDialog } from "./DestinationDialog";
import { KindName } from "./KindName";
import { Trying } from "./Trying";

const route = getRouteApi("/in/admin/destinations/$name");
const said = words.destinations;

export function DestinationPage() {
  const { name } = route.useParams();
  const destination = useQuery(destinationQuery(name));
  const change = useChange();
  const navigate = useNavigate();
  const [asked, setAsked] = useState<"change" | "remove" | "replay" | null>(null);
  const path = { params: { path: { name } } };
  const remove = async () => {
    await navigate({ to: "/admin/destinations" });
    await change(reply(api.DELETE("/v1/operator/destinations/{name}", path)), said.removed(name), DESTINATIONS);
  };
  const replay = () =>
    change(reply(api.POST("/v1/operator/destinations/{name}/replay", path)), said.replayed, DESTINATIONS, DELIVERIES);
  const { data } = destination;
  const stuck = (data?.deliveries.dead ?? 0) + (data?.deliveries.review ?? 0);
  const list = { to: "/admin/destinations", name: words.pages.destinations } as const;
  if (isMissing(destination.error)) return <MissingPage what="destination" error={destination.error} list={list} />;
  return (
    <Page
      title={name}
      about={said.onePage}
      up={list}
      actions={
        data && (
          <>
            {stuck > 0 && (
              <Button variant="default" onClick={() => setAsked("replay")}>
                {said.replay(stuck)}
              </Button>
            )}
            <Button variant="default" onClick={() => setAsked("remove")}>
              {words.remove}
            </Button>
            <Button onClick={() => setAsked("change")}>{words.change}</Button>
          </>
        )
      }
    >
      {destination.isPending && <Loading />}
      {destination.error && <Failed error={destination.error} onRetry={() => void destination.refetch()} />}
      {data && (
        <>
          <div className={classes.panel}>
            <Facts
              of={[
                [said.kind, <KindName key="kind" of={data.kind} />],
                [said.audience, data.audience.join(", ") || words.none],
                [said.fallback, said.fallbackName(data.fallback)],
                [said.changedAt, calendarTime(data.changed_at)],
                [words.pages.deliveries, <Counts key="counts" destination={name} of={data.deliveries} />],
              ]}
            />
          </div>
          <Trying name={name} />
          <Section title={said.config}>
            <pre className={classes.code}>{JSON.stringify(data.config, null, 2)}</pre>
          </Section>
          <Section title={said.contract}>
            <pre className={classes.code}>{JSON.stringify(data.contract, null, 2)}</pre>
          </Section>
          <DestinationDialog destination={data} opened={asked === "change"} onClose={() => setAsked(null)} />
        </>
      )}
      <Confirm
        opened={asked === "remove"}
        title={said.removeTitle(name)}
        action={words.remove}
        danger
        onClose={() => setAsked(null)}
        onConfirm={remove}
      >
        {said.removeHint}
      </Confirm>
      <Confirm
        opened={asked === "replay"}
        title={said.replay(stuck)}
        action={said.sendAgain}
        onClose={() => setAsked(null)}
        onConfirm={replay}
      >
        {said.replayHint}
      </Confirm>
    </Page>
  );
}
