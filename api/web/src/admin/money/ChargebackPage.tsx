import { Button, NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Download } from "lucide-react";
import type { ReactNode } from "react";
import { api, reply } from "../../api/client";
import { DataTable } from "../../parts/DataTable";
import { Facts } from "../../parts/Facts";
import { Page, Section } from "../../parts/Page";
import { Empty, Failed, Loading } from "../../parts/States";
import type { CallsSearch } from "../../calls/search";
import { useNow } from "../../shell/now";
import { words } from "../../words/admin";
import { PersonLink } from "../people/PersonLink";
import { CHARGED_BY } from "../routes";
import { Bar } from "../shared/Bar";
import { Filters } from "../../parts/Filters";
import classes from "../../parts/form.module.css";
import { csv, save } from "../../parts/saving";
import type { Charge } from "../types";

const route = getRouteApi("/in/admin/chargeback");
const said = words.chargeback;
const MONTHS = 12;

/** "2026-11" and those before it, of UTC. */
function monthsUntil(now: Date): string[] {
  return Array.from({ length: MONTHS }, (_, back) =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back)).toISOString().slice(0, 7),
  );
}

function named(by: (typeof CHARGED_BY)[number], charge: Charge): ReactNode {
  if (!charge.name) return said.nobody[by];
  if (by === "person") return <PersonLink email={charge.name} />;
  if (by === "model") {
    return (
      <Link to="/admin/models/$name" params={{ name: charge.name }}>
        {charge.name}
      </Link>
    );
  }
  return charge.name;
}

/** From the first day of a month until its last one. */
function daysOf(month: string): { since: string; until: string } {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return { since: `${month}-01`, until: new Date(Date.UTC(year, number, 0)).toISOString().slice(0, 10) };
}

function download(month: string, by: string, charges: Charge[]): void {
  const rows = charges.map((each) => [
    each.name,
    each.currency,
    each.calls,
    each.tokens_in,
    each.tokens_out,
    each.cache_read,
    each.cache_write,
    each.micros / 1_000_000,
    each.saved / 1_000_000,
    each.unsettled,
  ]);
  save(`chargeback-${month}-${by}.csv`, csv([said.csvHead(by), ...rows]), "text/csv");
}

export function ChargebackPage() {
  const { by = "department", month } = route.useSearch();
  const navigate = route.useNavigate();
  const months = monthsUntil(useNow());
  const chosen = month ?? months[0] ?? "";
  const found = useQuery({
    queryKey: ["admin", "budgets", "chargeback", by, chosen],
    queryFn: () => reply(api.GET("/v1/chargeback", { params: { query: { by, month: chosen } } })),
  });
  const charges = found.data?.charges ?? [];
  const most = Math.max(1, ...charges.map((each) => each.micros));
  const tokens = Math.max(1, ...charges.map((each) => each.tokens_in + each.tokens_out));
  /** A number leads to the calls that it counts. */
  const calls = (each: Charge, shown: string, more: CallsSearch) => (
    <Link to="/admin/calls" search={{ currency: each.currency, ...daysOf(chosen), ...more }}>
      {shown}
    </Link>
  );
  const counted = (each: Charge, number: number, more: CallsSearch) =>
    number === 0 ? words.number(0) : calls(each, words.number(number), more);
  const saved = (each: Charge, more: CallsSearch) => {
    const shown = words.money(each.saved, each.currency);
    return each.saved === 0 ? shown : calls(each, shown, more);
  };
  const unsettled = (each: Charge, more: CallsSearch) => counted(each, each.unsettled, { ...more, settled: false });
  const free = charges.every((each) => each.micros === 0);
  return (
    <Page
      title={words.pages.chargeback}
      about={said.about}
      actions={
        charges.length > 0 && (
          <Button
            variant="default"
            leftSection={<Download aria-hidden size={15} />}
            onClick={() => download(chosen, by, charges)}
          >
            {said.download}
          </Button>
        )
      }
    >
      <Filters name={said.narrow}>
        <NativeSelect
          label={said.month}
          value={chosen}
          data={[...new Set([chosen, ...months])].map((value) => ({ value, label: said.monthName(value) }))}
          onChange={(event) => {
            const wanted = event.currentTarget.value;
            void navigate({ search: (before) => ({ ...before, month: wanted }), replace: true });
          }}
        />
        <NativeSelect
          label={said.by}
          value={by}
          data={CHARGED_BY.map((value) => ({ value, label: said.bys[value] }))}
          onChange={(event) => {
            const wanted = CHARGED_BY.find((each) => each === event.currentTarget.value);
            void navigate({ search: (before) => ({ ...before, by: wanted }), replace: true });
          }}
        />
      </Filters>
      {found.isPending && <Loading />}
      {found.error && <Failed error={found.error} onRetry={() => void found.refetch()} />}
      {found.data && charges.length === 0 && <Empty title={said.none}>{said.noneHint}</Empty>}
      {charges.length > 0 && (
        <>
          <DataTable
            name={said.table(said.bys[by], said.monthName(chosen))}
            rows={charges}
            keyOf={(each) => `${each.name} ${each.currency}`}
            columns={[
              { name: said.bys[by], heading: true, cell: (each) => named(by, each) },
              { name: said.calls, numeric: true, cell: (each) => calls(each, words.number(each.calls), { [by]: each.name }) },
              {
                name: said.tokens,
                numeric: true,
                cell: (each) => counted(each, each.tokens_in + each.tokens_out, { [by]: each.name }),
                hide: "narrow",
              },
              { name: said.cost, numeric: true, cell: (each) => calls(each, words.money(each.micros, each.currency), { [by]: each.name }) },
              { name: said.saved, numeric: true, cell: (each) => saved(each, { [by]: each.name }), hide: "medium" },
              { name: said.unsettled, numeric: true, cell: (each) => unsettled(each, { [by]: each.name }), hide: "medium" },
              {
                name: said.share,
                cell: (each) => {
                  const share = free ? (each.tokens_in + each.tokens_out) / tokens : each.micros / most;
                  return (
                    <>
                      {words.percent(share)}
                      <Bar share={share} name={said.shareOf(words.percent(share))} />
                    </>
                  );
                },
                hide: "narrow",
              },
            ]}
          />
          <Section title={said.total}>
            {found.data?.total.map((each) => (
              <div className={classes.panel} key={each.currency}>
                <Facts
                  of={[
                    [said.cost, calls(each, words.money(each.micros, each.currency), {})],
                    [said.calls, calls(each, words.number(each.calls), {})],
                    [said.tokensIn, counted(each, each.tokens_in, {})],
                    [said.tokensOut, counted(each, each.tokens_out, {})],
                    [said.cached, counted(each, each.cache_read, {})],
                    [said.saved, saved(each, {})],
                    [said.unsettled, unsettled(each, {})],
                  ]}
                />
              </div>
            ))}
            <p className={classes.soft}>{said.hint}</p>
          </Section>
        </>
      )}
    </Page>
  );
}
