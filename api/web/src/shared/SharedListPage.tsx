import { Link } from "@tanstack/react-router";
import { Users } from "lucide-react";
import { receivedPage, type Received } from "../api/conversations";
import { AskFrame } from "../chat/AskFrame";
import { ListTable, type Column } from "../parts/DataTable";
import { Page } from "../parts/Page";
import { Empty } from "../parts/States";
import { useList } from "../parts/useList";
import forms from "../parts/form.module.css";
import { Moment } from "../shell/Moment";
import { words } from "../words/ask";

const COLUMNS: readonly Column<Received>[] = [
  {
    name: words.shared.name,
    heading: true,
    cell: (received) => (
      <>
        {received.title === null ? (
          words.shared.hiddenTitle
        ) : (
          <Link to="/shared/$shareId" params={{ shareId: received.id }}>
            {received.title}
          </Link>
        )}
        <div className={forms.inNarrow}>
          <Moment at={received.shared_at} />
        </div>
      </>
    ),
  },
  { name: words.shared.by, cell: (received) => received.by },
  { name: words.shared.at, hide: "narrow", cell: (received) => <Moment at={received.shared_at} /> },
];

/** What others let this person read. */
export function SharedListPage() {
  const list = useList(["shared with me"], receivedPage);
  return (
    <AskFrame>
      <Page title={words.shared.title} about={words.shared.about}>
        <ListTable
          name={words.shared.list}
          columns={COLUMNS}
          keyOf={(received) => received.id}
          list={list}
          empty={
            <Empty icon={Users} title={words.shared.emptyTitle}>
              {words.shared.empty}
            </Empty>
          }
        />
      </Page>
    </AskFrame>
  );
}
