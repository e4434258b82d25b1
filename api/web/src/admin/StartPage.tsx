import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, reply } from "../api/client";
import { DataTable } from "../parts/DataTable";
import { Page, Section } from "../parts/Page";
import { Failed, Loading } from "../parts/States";
import { Status } from "../parts/Status";
import { may } from "../shell/areas";
import { useSignedIn } from "../shell/session";
import { words } from "../words/admin";
import { type Attention, attentionQuery } from "./attention";
import { COLUMNS } from "./changes/columns";
import classes from "../parts/form.module.css";
import narrow from "./shared/narrow.module.css";

const said = words.overview;
const PLACES = {
  requests: "/admin/role-requests",
  models: "/admin/models",
  budgets: "/admin/budgets",
  keys: "/admin/services",
  dead: "/admin/destinations",
  untold: "/admin/webhooks",
} as const satisfies Record<keyof Attention, string>;
const LATEST = 6;

function Cards({ attention }: { attention: Attention }) {
  const parts = (Object.keys(PLACES) as (keyof Attention)[]).filter((part) => attention[part] !== null);
  return (
    <div className={narrow.cards}>
      {parts.map((part) => {
        const number = attention[part] ?? 0;
        return (
          <Link key={part} to={PLACES[part]} className={classes.card}>
            <strong>{said.parts[part]}</strong>
            <Status tone={number > 0 ? "warn" : "good"}>{number > 0 ? said.wants[part](number) : said.fine[part]}</Status>
          </Link>
        );
      })}
    </div>
  );
}

function Latest() {
  const latest = useQuery({
    queryKey: ["admin", "changes", "latest"],
    queryFn: () => reply(api.GET("/v1/changes", { params: { query: { limit: LATEST } } })),
  });
  return (
    <Section title={said.latest} actions={<Link to="/admin/changes" className={classes.more}>
          {said.allChanges}
        </Link>}>
      {latest.isPending && <Loading rows={4} />}
      {latest.error && <Failed error={latest.error} onRetry={() => void latest.refetch()} />}
      {latest.data?.changes.length === 0 && <p className={classes.text}>{words.changes.none}</p>}
      {latest.data && latest.data.changes.length > 0 && (
        <DataTable name={said.latest} columns={COLUMNS} rows={latest.data.changes} keyOf={(each) => each.id} />
      )}
    </Section>
  );
}

/** What of the administration wants somebody to look at it, and what was changed last. */
export function StartPage() {
  const session = useSignedIn();
  const attention = useQuery(attentionQuery(session));
  return (
    <Page title={words.pages.overview} about={said.about}>
      {attention.isPending && <Loading rows={3} />}
      {attention.error && <Failed error={attention.error} onRetry={() => void attention.refetch()} />}
      {attention.data && <Cards attention={attention.data} />}
      {may(session, ["policy.read"]) && <Latest />}
    </Page>
  );
}
