import { NativeSelect, TextInput } from "@mantine/core";
import { useTyped } from "../../parts/searching";
import { words } from "../../words/review";
import { KINDS, RECORD_OUTCOMES, type RecordsSearch } from "../search";

const said = words.filters;

interface RecordFieldsProps {
  search: RecordsSearch;
  onChange: (change: RecordsSearch) => void;
}

/** What records alone are searched by. */
export function RecordFields({ search, onChange }: RecordFieldsProps) {
  const action = useTyped(search.action ?? "", (value) => onChange({ action: value || undefined }));
  return (
    <>
      <NativeSelect
        label={said.kind}
        value={search.kind ?? ""}
        data={[{ value: "", label: words.any }, ...KINDS]}
        onChange={(event) => onChange({ kind: KINDS.find((each) => each === event.currentTarget.value) })}
      />
      <TextInput label={said.action} maxLength={40} {...action} />
      <NativeSelect
        label={said.outcome}
        value={search.outcome ?? ""}
        data={[
          { value: "", label: words.any },
          ...RECORD_OUTCOMES.map((value) => ({ value, label: words.outcomes[value] })),
        ]}
        onChange={(event) => onChange({ outcome: RECORD_OUTCOMES.find((each) => each === event.currentTarget.value) })}
      />
    </>
  );
}
