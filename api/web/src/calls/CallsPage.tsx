import { Button, NativeSelect, TextInput } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import { X } from "lucide-react";
import { api, reply } from "../api/client";
import type { components } from "../api/schema";
import { type Column, ListTable } from "../parts/DataTable";
import { Filters } from "../parts/Filters";
import { Found } from "../parts/Found";
import forms from "../parts/form.module.css";
import { Page } from "../parts/Page";
import { useTyped } from "../parts/searching";
import { Empty } from "../parts/States";
import { useList } from "../parts/useList";
import { may } from "../shell/areas";
import { Moment } from "../shell/Moment";
import { useSignedIn } from "../shell/session";
import { words } from "../words/calls";
import { money, number } from "../words/money";
import classes from "./CallsPage.module.css";
import { askedCalls, type CallsSearch } from "./search";

type Call = components["schemas"]["UsedCallOut"];
type Totals = { totals: components["schemas"]["ChargeOut"][] };
type Field = "department" | "source" | "model" | "person" | "currency";

const inAdmin = getRouteApi("/in/admin/calls");
const inReview = getRouteApi("/in/review/calls");

const COLUMNS: readonly Column<Call>[] = [
  {
    name: words.at,
    heading: true,
    cell: ({ at, model }) => (
      <>
        <Moment at={at} />
        <div className={forms.inNarrow}>{model}</div>
      </>
    ),
  },
  { name: words.model, cell: ({ model }) => model, hide: "narrow" },
  { name: words.purpose, cell: ({ purpose }) => words.purposeOf(purpose), hide: "medium" },
  { name: words.department, cell: ({ department }) => department || words.noneOf.department, hide: "narrow" },
  { name: words.sources, cell: ({ sources }) => sources.join(", ") || words.noneOf.source, hide: "medium" },
  { name: words.tokensIn, numeric: true, cell: ({ tokens_in }) => number(tokens_in), hide: "medium" },
  { name: words.tokensOut, numeric: true, cell: ({ tokens_out }) => number(tokens_out), hide: "medium" },
  {
    name: words.cost,
    numeric: true,
    cell: ({ micros, currency, settled }) => (
      <>
        {money(micros, currency)}
        {!settled && <small className={classes.estimated}>{words.estimated}</small>}
      </>
    ),
  },
];

/** Reviewers open the answer that a call was for. */
const ANSWER: Column<Call> = {
  name: words.answer,
  cell: ({ answer }) =>
    answer ? (
      <Link to="/review/answers/$answerId" params={{ answerId: answer }} aria-label={words.openOf(answer)}>
        {words.open}
      </Link>
    ) : (
      "–"
    ),
};

function Text({ name, search, onChange }: { name: Field; search: CallsSearch; onChange: (change: CallsSearch) => void }) {
  const typed = useTyped(search[name] ?? "", (value) => onChange({ [name]: value || undefined }));
  return (
    <TextInput
      label={words[name]}
      placeholder={search[name] === "" ? words.noneOf[name] : words.any}
      maxLength={name === "currency" ? 3 : 300}
      {...typed}
    />
  );
}

interface CallsProps {
  search: CallsSearch;
  onChange: (search: CallsSearch) => void;
}

/** The calls of models that a number of chargeback, of a budget or of a report counts. */
function Calls({ search, onChange }: CallsProps) {
  const session = useSignedIn();
  const narrow = (change: CallsSearch) => onChange({ ...search, ...change });
  const fields: Field[] = ["department", "source", "model", ...(may(session, ["people.read"]) ? ["person" as const] : []), "currency"];
  const list = useList<Call, Totals>(["calls", search], async (cursor) => {
    const page = await reply(api.GET("/v1/usage", { params: { query: { ...askedCalls(search), cursor, limit: 50 } } }));
    const total = page.totals.reduce((sum, { calls }) => sum + calls, 0);
    return { rows: page.calls, next: page.next, total, totals: page.totals };
  });
  const totals = list.first?.totals ?? [];
  const narrowed = Object.values(search).some((value) => value !== undefined);
  return (
    <Page title={words.title} about={words.about}>
      <Filters name={words.narrow}>
        {fields.map((name) => (
          <Text key={name} name={name} search={search} onChange={narrow} />
        ))}
        {(["since", "until"] as const).map((name) => (
          <TextInput
            key={name}
            type="date"
            label={words[name]}
            value={search[name]?.slice(0, 10) ?? ""}
            onChange={(event) => narrow({ [name]: event.currentTarget.value || undefined })}
          />
        ))}
        <NativeSelect
          label={words.settled}
          value={search.settled === undefined ? "any" : search.settled ? "used" : "estimated"}
          data={(["any", "used", "estimated"] as const).map((value) => ({ value, label: words.settledBy[value] }))}
          onChange={(event) => {
            const wanted = event.currentTarget.value;
            narrow({ settled: wanted === "any" ? undefined : wanted === "used" });
          }}
        />
      </Filters>
      <Found
        text={totals.map(({ calls, micros, currency }) => words.together(calls, money(micros, currency))).join("; ")}
      >
        {!search.since && !search.until && <span>{words.thisMonth}</span>}
        {narrowed && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<X aria-hidden size={15} />}
            onClick={() => onChange({})}
          >
            {words.clear}
          </Button>
        )}
      </Found>
      <ListTable
        name={words.title}
        list={list}
        columns={may(session, ["review"]) ? [...COLUMNS, ANSWER] : COLUMNS}
        keyOf={({ id }) => id}
        empty={<Empty title={narrowed ? words.noneFits : words.none}>{narrowed ? words.noneFitsHint : words.noneHint}</Empty>}
      />
    </Page>
  );
}

/** For administrators, who see whose calls they are. */
export function AdminCalls() {
  const navigate = inAdmin.useNavigate();
  return <Calls search={inAdmin.useSearch()} onChange={(search) => void navigate({ search, replace: true })} />;
}

/** For reviewers, who see what was answered. */
export function ReviewCalls() {
  const navigate = inReview.useNavigate();
  return <Calls search={inReview.useSearch()} onChange={(search) => void navigate({ search, replace: true })} />;
}
