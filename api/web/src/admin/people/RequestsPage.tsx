import { Button, SegmentedControl } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { UserCheck } from "lucide-react";
import { useState } from "react";
import { api, reply } from "../../api/client";
import { Confirm } from "../../parts/Confirm";
import { type Column, ListTable } from "../../parts/DataTable";
import { Page } from "../../parts/Page";
import { Empty } from "../../parts/States";
import { Status, type Tone } from "../../parts/Status";
import { useList } from "../../parts/useList";
import { may } from "../../shell/areas";
import { Moment } from "../../shell/Moment";
import { useSignedIn } from "../../shell/session";
import { words } from "../../words/admin";
import { useChange } from "../../parts/announcing";
import classes from "../../parts/form.module.css";
import narrow from "../shared/narrow.module.css";
import type { RoleRequest } from "../types";
import { AskDialog } from "./AskDialog";
import { PEOPLE, REQUESTS } from "./data";
import { PersonLink } from "./PersonLink";

const route = getRouteApi("/in/admin/role-requests");
const said = words.requests;
const TONES: Record<RoleRequest["state"], Tone> = { open: "warn", approved: "good", declined: "idle" };

interface Decision {
  request: RoleRequest;
  approve: boolean;
}

function Decide({ request, onDecide }: { request: RoleRequest; onDecide: (approve: boolean) => void }) {
  const session = useSignedIn();
  if (request.state !== "open") {
    return request.decided_by && request.decided_at ? (
      <>
        <PersonLink email={request.decided_by} />, <Moment at={request.decided_at} />
      </>
    ) : null;
  }
  if (!may(session, ["people.change"])) return null;
  const own = [request.asked_by, request.email].includes(session.person?.email ?? "");
  return (
    <div className={classes.cell}>
      {!own && (
        <Button size="compact-sm" onClick={() => onDecide(true)}>
          {said.approve}
        </Button>
      )}
      <Button size="compact-sm" variant="default" onClick={() => onDecide(false)}>
        {own ? said.takeBack : said.decline}
      </Button>
      {own && <span className={classes.soft}>{said.second}</span>}
    </div>
  );
}

export function RequestsPage() {
  const { show, ask } = route.useSearch();
  const navigate = route.useNavigate();
  const session = useSignedIn();
  const change = useChange();
  const [decision, setDecision] = useState<Decision | null>(null);
  const [asking, setAsking] = useState(ask !== undefined);
  const list = useList([...REQUESTS, show ?? "open"], async () => {
    const query = { everything: show === "all" };
    const page = await reply(api.GET("/v1/role-requests", { params: { query } }));
    return { rows: page.requests, next: null };
  });
  const decide = () => {
    if (!decision) return Promise.resolve();
    const path = { params: { path: { request_id: decision.request.id } } };
    const { email } = decision.request;
    return decision.approve
      ? change(reply(api.POST("/v1/role-requests/{request_id}/approve", path)), said.approved(email), REQUESTS, PEOPLE)
      : change(reply(api.POST("/v1/role-requests/{request_id}/decline", path)), said.declined(email), REQUESTS);
  };
  const columns: Column<RoleRequest>[] = [
    {
      name: words.people.person,
      heading: true,
      cell: (each) => (
        <>
          <PersonLink email={each.email} />
          <div className={`${classes.soft} ${classes.inNarrow}`}>{words.people.roleName(each.role)}</div>
          <div className={classes.inNarrow}>
            <Status tone={TONES[each.state]}>{said.states[each.state]}</Status>
          </div>
          <div className={`${classes.soft} ${classes.inNarrow}`}>{each.why}</div>
          <div className={`${classes.soft} ${classes.inMedium}`}>
            <span className={narrow.beside}>
              {said.asked} <PersonLink email={each.asked_by} />
            </span>{" "}
            <Moment at={each.asked_at} />
          </div>
        </>
      ),
    },
    { name: words.people.role, cell: (each) => words.people.roleName(each.role), hide: "narrow" },
    { name: said.why, cell: (each) => <span className={classes.long}>{each.why}</span>, hide: "narrow" },
    {
      name: said.asked,
      cell: (each) => (
        <>
          <PersonLink email={each.asked_by} />, <Moment at={each.asked_at} />
        </>
      ),
      hide: "medium",
    },
    {
      name: words.state,
      cell: (each) => <Status tone={TONES[each.state]}>{said.states[each.state]}</Status>,
      hide: "narrow",
    },
    {
      name: said.decision,
      cell: (each) => <Decide request={each} onDecide={(approve) => setDecision({ request: each, approve })} />,
    },
  ];
  return (
    <Page
      title={words.pages.requests}
      about={said.about}
      actions={
        may(session, ["people.change"]) && (
          <Button leftSection={<UserCheck aria-hidden size={16} />} onClick={() => setAsking(true)}>
            {said.ask}
          </Button>
        )
      }
    >
      <SegmentedControl
        mb="md"
        aria-label={said.which}
        value={show ?? "open"}
        data={[
          { value: "open", label: said.waiting },
          { value: "all", label: said.all },
        ]}
        onChange={(value) => void navigate({ search: { show: value === "all" ? "all" : undefined }, replace: true })}
      />
      <ListTable
        name={words.pages.requests}
        list={list}
        columns={columns}
        keyOf={(each) => each.id}
        empty={<Empty title={said.none}>{said.noneHint}</Empty>}
      />
      <AskDialog email={ask ?? ""} opened={asking} onClose={() => setAsking(false)} />
      <Confirm
        opened={decision !== null}
        title={decision?.approve ? said.approveTitle(decision.request.email) : said.declineTitle}
        action={decision?.approve ? said.approve : said.decline}
        onClose={() => setDecision(null)}
        onConfirm={decide}
      >
        <p>{decision?.approve ? said.approveHint : said.declineHint}</p>
        <p>{decision && said.because(decision.request.why)}</p>
      </Confirm>
    </Page>
  );
}
