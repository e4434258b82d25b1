import { type Column, DataTable } from "../../parts/DataTable";
import { Status } from "../../parts/Status";
import { words } from "../../words/review";
import { SubjectLink } from "../shared/Subject";
import type { DocumentThen, Seen } from "../types";
import classes from "./SeenThen.module.css";
import { More } from "./More";

const said = words.replay;
type People = Seen["people"];

function nameOf({ title, document, part }: DocumentThen): string {
  const name = title ?? document.slice(0, 8);
  return part === null ? name : `${name} · ${said.field(part)}`;
}

/** How many people, with their pseudonyms behind the number. */
function Counted({ people }: { people: People | null | undefined }) {
  if (!people) return words.unknown;
  const unsure = people.unsure > 0 ? ` ${said.unsure(people.unsure)}` : "";
  if (people.subjects.length === 0) return `${said.people(people.count)}${unsure}`;
  return (
    <More name={`${said.people(people.count)}${unsure}`}>
      <ul className={classes.people}>
        {people.subjects.map((subject) => (
          <li key={subject}>
            <SubjectLink subject={subject} />
          </li>
        ))}
      </ul>
    </More>
  );
}

function Could({ seen }: { seen: Seen | null }) {
  if (seen?.asker === null || seen?.asker === undefined) return <Status tone="idle">{words.unknown}</Status>;
  return <Status tone={seen.asker ? "good" : "warn"}>{seen.asker ? said.could : said.couldNot}</Status>;
}

const COLUMNS: Column<DocumentThen>[] = [
  { name: words.trail.document, heading: true, cell: nameOf },
  { name: said.then, cell: ({ then }) => <Counted people={then?.people} /> },
  { name: said.now, cell: ({ now }) => <Counted people={now.people} /> },
  { name: said.noLonger, cell: ({ no_longer }) => <Counted people={no_longer} />, hide: "medium" },
  { name: said.newly, cell: ({ newly }) => <Counted people={newly} />, hide: "medium" },
  { name: `${said.asked}, ${said.then.toLowerCase()}`, cell: ({ then }) => <Could seen={then} />, hide: "narrow" },
  { name: `${said.asked}, ${said.now.toLowerCase()}`, cell: ({ now }) => <Could seen={now} />, hide: "narrow" },
];

/** Who could see each document that was retrieved, then and now. */
export function SeenThen({ documents }: { documents: readonly DocumentThen[] }) {
  if (documents.length === 0) return said.none;
  return (
    <DataTable
      name={said.seen}
      columns={COLUMNS}
      rows={documents}
      keyOf={({ document, part }) => `${document} ${part ?? ""}`}
    />
  );
}
