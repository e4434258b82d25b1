import { Button, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { ExternalLink, Search } from "lucide-react";
import { useState } from "react";
import { documentsPage, type ListedDocument } from "../api/conversations";
import { ListTable, type Column } from "../parts/DataTable";
import { Empty } from "../parts/States";
import { useList } from "../parts/useList";
import { Moment } from "../shell/Moment";
import { words } from "../words/indexed";
import classes from "./IndexedPage.module.css";

const SEARCH_AFTER_MS = 250;

const COLUMNS: readonly Column<ListedDocument>[] = [
  {
    name: words.document,
    heading: true,
    cell: ({ document }) =>
      document.url ? (
        <a
          href={document.url}
          target="_blank"
          rel="noopener noreferrer"
          aria-label={words.original(document.title)}
        >
          {document.title} <ExternalLink aria-hidden size={13} />
        </a>
      ) : (
        document.title
      ),
  },
  { name: words.path, hide: "narrow", cell: ({ document }) => document.uri },
  {
    name: words.edited,
    hide: "medium",
    cell: ({ document }) => (document.modified_at ? <Moment at={document.modified_at} /> : ""),
  },
  { name: words.confirmed, cell: ({ as_of }) => <Moment at={as_of} /> },
];

export interface SourceDocumentsProps {
  source: string;
  text: string;
  onText: (text: string) => void;
}

/** The documents of one source, as far as this person may read them. */
export function SourceDocuments({ source, text, onText }: SourceDocumentsProps) {
  const [typed, setTyped] = useState(text);
  const tell = useDebouncedCallback(onText, SEARCH_AFTER_MS);
  const list = useList(["documents", source, text], (cursor) => documentsPage(source, text, cursor));
  const search = (next: string): void => {
    setTyped(next);
    tell(next.trim());
  };
  return (
    <>
      <TextInput
        className={classes.search}
        type="search"
        aria-label={words.search}
        placeholder={words.search}
        leftSection={<Search aria-hidden size={15} />}
        value={typed}
        onChange={(event) => search(event.currentTarget.value)}
      />
      <ListTable
        name={words.documentList}
        columns={COLUMNS}
        keyOf={({ document }) => document.id}
        list={list}
        empty={
          <Empty
            icon={Search}
            title={words.noneTitle}
            action={
              <Button size="compact-sm" variant="default" onClick={() => search("")}>
                {words.clear}
              </Button>
            }
          >
            {words.none}
          </Empty>
        }
      />
    </>
  );
}
