import { Button, NativeSelect, TextInput } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Dices } from "lucide-react";
import { Filters } from "../../parts/Filters";
import { useTyped } from "../../parts/searching";
import { api, reply } from "../../api/client";
import { ListTable } from "../../parts/DataTable";
import { Page } from "../../parts/Page";
import { Empty } from "../../parts/States";
import { useList } from "../../parts/useList";
import { useSignedIn } from "../../shell/session";
import { Choices } from "../../parts/Choices";
import { words } from "../../words/review";
import { asked, isNarrowed, LABELS, REVIEW_STATES, SEVERITIES, type QueueSearch } from "../search";
import type { Review } from "../types";
import { COLUMNS } from "./columns";
import { Counts } from "./Counts";

const route = getRouteApi("/in/review/queue");
const said = words.queue;

/** Whose reviews: anybody's, one's own, nobody's, or those of an address. */
function Assignee({ search, onChange }: { search: QueueSearch; onChange: (change: QueueSearch) => void }) {
  const me = useSignedIn().person?.email ?? "";
  const known = ["", me, "nobody"];
  const others = search.assignee && !known.includes(search.assignee) ? [search.assignee] : [];
  return (
    <NativeSelect
      label={said.assignee}
      value={search.assignee ?? ""}
      data={[
        { value: "", label: said.anyone },
        { value: me, label: said.mine },
        { value: "nobody", label: said.nobody },
        ...others,
      ]}
      onChange={(event) => onChange({ assignee: event.currentTarget.value || undefined })}
    />
  );
}

export function QueuePage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const narrow = (change: QueueSearch) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const sample = useTyped(search.sample ?? "", (value) => narrow({ sample: value || undefined }));
  const list = useList<Review>(["review", "queue", search], async (cursor) => {
    const query = { ...asked(search), cursor, limit: 50 };
    const page = await reply(api.GET("/v1/reviews", { params: { query } }));
    return { rows: page.reviews, next: page.next };
  });
  const narrowed = isNarrowed(search);
  return (
    <Page
      title={words.pages.queue}
      about={said.about}
      actions={
        <Button component={Link} to="/review/samples" leftSection={<Dices aria-hidden size={15} />}>
          {said.draw}
        </Button>
      }
    >
      <Counts />
      <Choices
        name={said.state}
        current={search.state}
        of={[
          { value: undefined, name: words.any },
          ...REVIEW_STATES.map((value) => ({ value, name: words.reviewState(value) })),
        ]}
        to="/review/queue"
        search={(state) => ({ ...search, state })}
      />
      <Filters name={words.filters.name}>
        <Assignee search={search} onChange={narrow} />
        <NativeSelect
          label={said.label}
          value={search.label ?? ""}
          data={[{ value: "", label: words.any }, ...LABELS.map((value) => ({ value, label: words.label(value) }))]}
          onChange={(event) => narrow({ label: LABELS.find((each) => each === event.currentTarget.value) })}
        />
        <NativeSelect
          label={said.severity}
          value={search.severity ?? ""}
          data={[
            { value: "", label: words.any },
            ...SEVERITIES.map((value) => ({ value, label: words.severity(value) })),
          ]}
          onChange={(event) => narrow({ severity: SEVERITIES.find((each) => each === event.currentTarget.value) })}
        />
        <NativeSelect
          label={said.rule}
          value={search.rule ?? ""}
          data={[
            { value: "", label: words.any },
            ...Object.entries(words.samples.rules).map(([value, label]) => ({ value, label })),
          ]}
          onChange={(event) => narrow({ rule: event.currentTarget.value || undefined })}
        />
        {search.sample !== undefined && <TextInput label={said.sample} {...sample} />}
        {(["since", "until"] as const).map((name) => (
          <TextInput
            key={name}
            type="date"
            label={said[name]}
            value={search[name] ?? ""}
            onChange={(event) => narrow({ [name]: event.currentTarget.value || undefined })}
          />
        ))}
      </Filters>
      <ListTable
        name={words.pages.queue}
        list={list}
        columns={COLUMNS}
        keyOf={({ id }) => id}
        empty={<Empty title={narrowed ? said.none : said.empty}>{narrowed ? said.noneHint : said.emptyHint}</Empty>}
      />
    </Page>
  );
}
