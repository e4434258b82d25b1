import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Download } from "lucide-react";
import { save } from "../../parts/saving";
import type { components } from "../../api/schema";
import { Code } from "../../parts/Code";
import { type Column, DataTable } from "../../parts/DataTable";
import { Section } from "../../parts/Page";
import { words } from "../../words/review";
import classes from "./log.module.css";

const said = words.log;
type Key = components["schemas"]["KeyOut"];

const COLUMNS: Column<Key>[] = [
  { name: said.generation, heading: true, cell: ({ generation }) => generation },
  { name: said.key, cell: ({ key }) => <Code value={key} characters={34} name={said.key} /> },
  {
    name: said.vouched,
    cell: ({ seq }) =>
      seq ? (
        <Link to="/review/records/$seq" params={{ seq: String(seq) }}>
          {words.record.title(seq)}
        </Link>
      ) : (
        said.first
      ),
    hide: "narrow",
  },
];

/** The keys that signed the log. The first is what a verifier is given. */
export function Keys({ keys }: { keys: components["schemas"]["KeysOut"] }) {
  return (
    <Section title={said.keys}>
      <p className={classes.text}>{said.keysAbout}</p>
      <DataTable name={said.keys} columns={COLUMNS} rows={keys.keys} keyOf={({ generation }) => String(generation)} />
      <div className={classes.buttons}>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<Download aria-hidden size={14} />}
          onClick={() => save("vouch.key", `${keys.key}\n`, "text/plain")}
        >
          {said.downloadKey}
        </Button>
      </div>
    </Section>
  );
}
