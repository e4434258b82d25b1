import { NativeSelect, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { api, reply } from "../../api/client";
import { ListTable } from "../../parts/DataTable";
import { Page } from "../../parts/Page";
import { Empty } from "../../parts/States";
import { useList } from "../../parts/useList";
import { words } from "../../words/admin";
import { CHANGED } from "../routes";
import { Filters } from "../../parts/Filters";
import { Note } from "../../parts/Note";
import { useTyped } from "../../parts/searching";
import { COLUMNS } from "./columns";

const route = getRouteApi("/in/admin/changes");
const said = words.changes;

export function ChangesPage() {
  const { kind, person } = route.useSearch();
  const navigate = route.useNavigate();
  const kinds = useQuery({
    queryKey: ["admin", "changes", "kinds"],
    queryFn: async () => (await reply(api.GET("/v1/changes", { params: { query: { limit: 1 } } }))).kinds,
  });
  const typed = useTyped(person ?? "", (wanted) => {
    void navigate({ search: (before) => ({ ...before, person: wanted || undefined }), replace: true });
  });
  const list = useList(["admin", "changes", { kind, person }], async (cursor) => {
    const query = { cursor, kind: kind ? [kind] : undefined, person: person ?? "" };
    const page = await reply(api.GET("/v1/changes", { params: { query } }));
    return { rows: page.changes, next: page.next ?? null };
  });
  return (
    <Page title={words.pages.changes} about={said.about}>
      <Filters name={said.narrow}>
        <NativeSelect
          label={said.part}
          value={kind ?? ""}
          data={[
            { value: "", label: said.everything },
            ...(kinds.data ?? CHANGED).map((value) => ({ value, label: said.kinds[value] })),
          ]}
          onChange={(event) => {
            const wanted = CHANGED.find((each) => each === event.currentTarget.value);
            void navigate({ search: (before) => ({ ...before, kind: wanted }), replace: true });
          }}
        />
        <TextInput type="search" label={said.person} placeholder={said.personHint} {...typed} />
      </Filters>
      <ListTable
        name={words.pages.changes}
        list={list}
        columns={COLUMNS}
        keyOf={(each) => each.id}
        empty={<Empty title={said.none}>{said.noneHint}</Empty>}
      />
      <Note>{said.elsewhere}</Note>
    </Page>
  );
}
