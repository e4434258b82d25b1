import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { UserSearch, X } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useAnnounce } from "../../parts/announcing";
import { Filters } from "../../parts/Filters";
import { useTyped } from "../../parts/searching";
import { sourcesQuery } from "../../api/queries";
import { may } from "../../shell/areas";
import { useSignedIn } from "../../shell/session";
import { words } from "../../words/review";
import { isNarrowed, type Narrowed } from "../search";
import { FindPerson } from "./FindPerson";
import classes from "./SearchFields.module.css";

const said = words.filters;
const FURTHER = ["answer", "conversation", "trace"] as const;

interface SearchFieldsProps<Search extends Narrowed> {
  search: Search;
  onChange: (change: Partial<Narrowed>) => void;
  onClear: () => void;
  /** Further fields, in front. */
  children?: ReactNode;
}

type Text = "model" | "person" | "document" | "answer" | "conversation" | "trace";

function TextField({ name, search, onChange }: { name: Text; search: Narrowed; onChange: (change: Narrowed) => void }) {
  const typed = useTyped(search[name] ?? "", (value) => onChange({ [name]: value || undefined }));
  return <TextInput label={said[name]} maxLength={128} {...typed} />;
}

function Source({ search, onChange }: { search: Narrowed; onChange: (change: Narrowed) => void }) {
  const sources = useQuery(sourcesQuery);
  const names = sources.data?.map(({ name }) => name) ?? [];
  const chosen = search.source;
  return (
    <NativeSelect
      label={said.source}
      value={chosen ?? ""}
      data={[{ value: "", label: words.any }, ...(chosen && !names.includes(chosen) ? [chosen, ...names] : names)]}
      onChange={(event) => onChange({ source: event.currentTarget.value || undefined })}
    />
  );
}

/** What answers and records are searched by. All of it has to fit. */
export function SearchFields<Search extends Narrowed>({ search, onChange, onClear, children }: SearchFieldsProps<Search>) {
  const session = useSignedIn();
  const announce = useAnnounce();
  const [finding, setFinding] = useState(false);
  const [more, setMore] = useState(FURTHER.some((name) => search[name]));
  return (
    <>
      <Filters name={said.name}>
        {children}
        <Source search={search} onChange={onChange} />
        {(["since", "until"] as const).map((name) => (
          <TextInput
            key={name}
            type="date"
            label={said[name]}
            value={search[name] ?? ""}
            onChange={(event) => onChange({ [name]: event.currentTarget.value || undefined })}
          />
        ))}
        <TextField name="model" search={search} onChange={onChange} />
        <TextField name="person" search={search} onChange={onChange} />
        <TextField name="document" search={search} onChange={onChange} />
        {more && FURTHER.map((name) => <TextField key={name} name={name} search={search} onChange={onChange} />)}
      </Filters>
      <div className={classes.buttons}>
        {may(session, ["audit.identify"]) && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<UserSearch aria-hidden size={15} />}
            onClick={() => setFinding(true)}
          >
            {words.subject.find}
          </Button>
        )}
        <Button size="compact-sm" variant="default" aria-expanded={more} onClick={() => setMore(!more)}>
          {more ? said.less : said.more}
        </Button>
        {isNarrowed(search) && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<X aria-hidden size={15} />}
            onClick={onClear}
          >
            {words.clear}
          </Button>
        )}
      </div>
      <FindPerson
        opened={finding}
        onClose={() => setFinding(false)}
        onFound={(person) => {
          onChange({ person });
          announce(words.subject.found);
        }}
      />
    </>
  );
}
