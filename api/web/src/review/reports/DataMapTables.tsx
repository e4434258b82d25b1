import { type Column, DataTable } from "../../parts/DataTable";
import { Section } from "../../parts/Page";
import { Empty } from "../../parts/States";
import { Status, type Tone } from "../../parts/Status";
import { words } from "../../words/review";
import type { DataMap } from "../types";
import classes from "./reports.module.css";
import { GOES } from "./dataMapColumns";

const said = words.dataMap;
const MOST = 60;
const TONES: Record<string, Tone> = { allow: "good", redact: "good", block: "bad" };
type Reach = DataMap["reach"][number];
type Destination = DataMap["destinations"][number];
type Source = DataMap["sources"][number];

const REACH: Column<Reach>[] = [
  ...GOES,
  {
    name: said.treatment,
    cell: ({ treatment }) => <Status tone={TONES[treatment] ?? "idle"}>{said.treated(treatment)}</Status>,
  },
  { name: said.values, numeric: true, cell: ({ values }) => words.number(values), hide: "narrow" },
  { name: said.heldBack, numeric: true, cell: ({ held_back }) => words.number(held_back), hide: "medium" },
  { name: said.sent, numeric: true, cell: ({ sent }) => words.number(sent) },
  { name: said.entry, cell: ({ entry }) => <code>{entry}</code>, hide: "medium" },
];

const DESTINATIONS: Column<Destination>[] = [
  { name: said.destination, heading: true, cell: ({ destination }) => destination },
  { name: said.sort, cell: ({ sort }) => said.spoken(sort), hide: "narrow" },
  { name: said.place, cell: ({ place }) => said.places(place) },
  { name: said.region, cell: ({ region }) => region ?? "–", hide: "narrow" },
  { name: said.ceiling, cell: ({ ceiling }) => (ceiling ? said.spoken(ceiling) : "–"), hide: "medium" },
  { name: said.agreement, cell: ({ agreement }) => agreement ?? "–", hide: "medium" },
  { name: said.state, cell: ({ state }) => said.spoken(state), hide: "narrow" },
];

const SOURCES: Column<Source>[] = [
  { name: said.source, heading: true, cell: ({ source }) => source },
  { name: said.declared, cell: ({ declared }) => said.spoken(declared) },
  { name: said.documents, numeric: true, cell: ({ documents }) => words.number(documents) },
  { name: said.passages, numeric: true, cell: ({ passages }) => words.number(passages), hide: "narrow" },
  { name: said.unlabelled, numeric: true, cell: ({ unlabelled }) => words.number(unlabelled), hide: "narrow" },
  { name: said.heldBack, numeric: true, cell: ({ withheld }) => words.number(withheld), hide: "medium" },
];

interface TablesProps {
  map: DataMap;
  source?: string;
  destination?: string;
}

export function DataMapTables({ map, source, destination }: TablesProps) {
  const fits = (row: { source?: string; destination?: string }) =>
    (!source || !row.source || row.source === source) &&
    (!destination || !row.destination || row.destination === destination);
  // What was sent, and what there is most of, first.
  const reach = map.reach.filter(fits).toSorted((a, b) => b.sent - a.sent || b.values - a.values);
  const shown = reach.slice(0, MOST);
  return (
    <>
      <Section title={said.reach} actions={<span className={classes.soft}>{said.policyOf(map.policy.version)}</span>}>
        <p className={classes.soft}>{said.reachAbout}</p>
        {reach.length === 0 ? (
          <Empty title={said.none}>{said.noneHint}</Empty>
        ) : (
          <DataTable
            name={said.reach}
            columns={REACH}
            rows={shown}
            keyOf={(row) => `${row.source} ${row.destination} ${row.data_class} ${row.entry} ${row.treatment}`}
          />
        )}
        {reach.length > MOST && <p className={classes.soft}>{said.more(shown.length, reach.length)}</p>}
      </Section>
      <Section title={said.destinations}>
        <DataTable
          name={said.destinations}
          columns={DESTINATIONS}
          rows={map.destinations.filter(fits)}
          keyOf={(row) => row.destination}
        />
      </Section>
      <Section title={said.sources}>
        <DataTable name={said.sources} columns={SOURCES} rows={map.sources.filter(fits)} keyOf={(row) => row.source} />
      </Section>
    </>
  );
}
