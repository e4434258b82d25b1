import { NativeSelect } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import { words } from "../../words/review";
import { KINDS, RECORD_OUTCOMES, type RecordsSearch } from "../search";
import { SearchFields } from "../shared/SearchFields";
import classes from "./log.module.css";

/** What records have to fit to be taken along. */
export function SelectionFields({ search }: { search: RecordsSearch }) {
  const navigate = useNavigate({ from: "/review/export" });
  const narrow = (change: RecordsSearch) =>
    void navigate({ to: ".", search: (before: RecordsSearch) => ({ ...before, ...change }), replace: true });
  return (
    <div>
      <SearchFields search={search} onChange={narrow} onClear={() => void navigate({ to: ".", search: {}, replace: true })}>
        <NativeSelect
          label={words.filters.kind}
          value={search.kind ?? ""}
          data={[{ value: "", label: words.any }, ...KINDS]}
          onChange={(event) => narrow({ kind: KINDS.find((each) => each === event.currentTarget.value) })}
        />
        <NativeSelect
          label={words.filters.outcome}
          value={search.outcome ?? ""}
          data={[
            { value: "", label: words.any },
            ...RECORD_OUTCOMES.map((value) => ({ value, label: words.outcomes[value] })),
          ]}
          onChange={(event) => narrow({ outcome: RECORD_OUTCOMES.find((each) => each === event.currentTarget.value) })}
        />
      </SearchFields>
      <p className={classes.text}>
        <Link to="/review/records" search={search} className={classes.link}>
          {words.export.see}
        </Link>
      </p>
    </div>
  );
}
