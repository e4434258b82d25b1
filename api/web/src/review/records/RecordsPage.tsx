import { Button, TextInput } from "@mantine/core";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { FileDown } from "lucide-react";
import { useState } from "react";
import { api, reply } from "../../api/client";
import { ListTable } from "../../parts/DataTable";
import { Page } from "../../parts/Page";
import { Empty } from "../../parts/States";
import { useList } from "../../parts/useList";
import { may } from "../../shell/areas";
import { useSignedIn } from "../../shell/session";
import { words } from "../../words/review";
import { asked, type RecordsSearch } from "../search";
import { RecordFields } from "../shared/RecordFields";
import { SearchFields } from "../shared/SearchFields";
import type { FoundRecord } from "../types";
import { COLUMNS } from "./columns";
import classes from "./RecordsPage.module.css";

const route = getRouteApi("/in/review/records");
const said = words.records;

function Go() {
  const navigate = useNavigate();
  const [place, setPlace] = useState("");
  return (
    <form
      className={classes.go}
      onSubmit={(event) => {
        event.preventDefault();
        if (/^\d+$/.test(place)) void navigate({ to: "/review/records/$seq", params: { seq: place } });
      }}
    >
      <TextInput
        aria-label={said.goTo}
        placeholder={said.place}
        inputMode="numeric"
        pattern="[0-9]+"
        size="sm"
        w={90}
        value={place}
        onChange={(event) => setPlace(event.currentTarget.value.trim())}
      />
      <Button type="submit" variant="default">
        {said.go}
      </Button>
    </form>
  );
}

export function RecordsPage() {
  const search = route.useSearch();
  const session = useSignedIn();
  const navigate = route.useNavigate();
  const narrow = (change: RecordsSearch) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const list = useList<FoundRecord>(["review", "records", search], async (cursor) => {
    const { kind, outcome, action: done, ...given } = asked(search);
    const query = { ...given, kind: kind && [kind], outcome: outcome && [outcome], action: done ? [done] : undefined };
    const page = await reply(api.GET("/v1/audit/events", { params: { query: { ...query, cursor, limit: 50 } } }));
    return { rows: page.events, next: page.next };
  });
  return (
    <Page
      title={words.pages.records}
      about={`${said.about} ${said.found}`}
      actions={
        <>
          <Go />
          {may(session, ["audit.export"]) && (
            <Button
              renderRoot={(props) => <Link to="/review/export" search={search} {...props} />}
              variant="default"
              leftSection={<FileDown aria-hidden size={15} />}
            >
              {said.export}
            </Button>
          )}
        </>
      }
    >
      <SearchFields search={search} onChange={narrow} onClear={() => void navigate({ search: {}, replace: true })}>
        <RecordFields search={search} onChange={narrow} />
      </SearchFields>
      <ListTable
        name={words.pages.records}
        list={list}
        columns={COLUMNS}
        keyOf={({ seq }) => String(seq)}
        empty={<Empty title={said.none}>{said.noneHint}</Empty>}
      />
    </Page>
  );
}
