import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, reply } from "../../api/client";
import { Confirm } from "../../parts/Confirm";
import { Facts } from "../../parts/Facts";
import { Page } from "../../parts/Page";
import { Failed, Loading } from "../../parts/States";
import { words } from "../../words/admin";
import { useChange } from "../../parts/announcing";
import classes from "../../parts/form.module.css";
import { isMissing, MissingPage } from "../shared/MissingPage";
import { Acting } from "./Acting";
import { SERVICES, serviceQuery } from "./data";
import { Keys } from "./Keys";

const route = getRouteApi("/in/admin/services/$name");
const said = words.services;

export function ServicePage() {
  const { name } = route.useParams();
  const service = useQuery(serviceQuery(name));
  const change = useChange();
  const navigate = useNavigate();
  const [removing, setRemoving] = useState(false);
  const remove = async () => {
    const call = reply(api.DELETE("/v1/service-accounts/{name}", { params: { path: { name } } }));
    void navigate({ to: "/admin/services" });
    await change(call, said.removed(name), SERVICES);
  };
  const list = { to: "/admin/services", name: words.pages.services } as const;
  if (isMissing(service.error)) return <MissingPage what="service" error={service.error} list={list} />;
  return (
    <Page
      title={name}
      about={service.data?.about || said.onePage}
      up={list}
      actions={
        service.data && (
          <Button variant="default" onClick={() => setRemoving(true)}>
            {said.remove}
          </Button>
        )
      }
    >
      {service.isPending && <Loading />}
      {service.error && <Failed error={service.error} onRetry={() => void service.refetch()} />}
      {service.data && (
        <>
          <div className={classes.panel}>
            <Facts
              of={[
                [said.groups, service.data.groups.join(", ") || words.none],
                [said.keys, service.data.keys.length],
                [said.actsFor, service.data.acts_for.length],
              ]}
            />
          </div>
          <Keys service={service.data} />
          <Acting service={service.data} />
        </>
      )}
      <Confirm
        opened={removing}
        title={said.removeTitle(name)}
        action={said.remove}
        danger
        onClose={() => setRemoving(false)}
        onConfirm={remove}
      >
        {said.removeHint}
      </Confirm>
    </Page>
  );
}
