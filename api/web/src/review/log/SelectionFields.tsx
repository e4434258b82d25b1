import { Link, useNavigate } from "@tanstack/react-router";
import { words } from "../../words/review";
import type { RecordsSearch } from "../search";
import { RecordFields } from "../shared/RecordFields";
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
        <RecordFields search={search} onChange={narrow} />
      </SearchFields>
      <p className={classes.text}>
        <Link to="/review/records" search={search} className={classes.link}>
          {words.export.see}
        </Link>
      </p>
    </div>
  );
}
