import { NativeSelect } from "@mantine/core";
import { DataTable } from "../../parts/DataTable";
import { words } from "../../words/admin";
import { type Document, PLACES, type Section, TREATMENTS } from "./document";
import classes from "./Matrix.module.css";
import { TreatmentMark } from "./TreatmentMark";

const said = words.policy;

interface MatrixProps {
  name: string;
  section: Section;
  document: Document;
  /** What holds: entries that the document says otherwise are marked. */
  holds: Document;
  columns: readonly string[];
  /** Given where it may be changed. */
  onChange?: (row: string, column: string, said: string) => void;
}

export function rowName(section: Section, row: string): string {
  if (section === "classes") return said.classes[row] ?? row;
  return section === "sensitivity" ? words.levelName(row) : row;
}

export function columnName(column: string): string {
  const [place = "", region] = column.split(":");
  const known = said.places[place as keyof typeof said.places] as string | undefined;
  if (!known) return column;
  return region ? `${known}, ${words.regionName(region)}` : known;
}

/** What becomes of which data on the way where: a row a class (or level, or kind), a column a destination. */
export function Matrix({ name, section, document, holds, columns, onChange }: MatrixProps) {
  const rows = Object.keys(document[section]);
  return (
    <DataTable
      name={name}
      rows={rows}
      keyOf={(row) => row}
      columns={[
        {
          name: said.rows[section],
          heading: true,
          cell: (row: string) => (
            <>
              {rowName(section, row)}
              {section === "classes" && <span className={classes.example}>{said.examples[row]}</span>}
            </>
          ),
        },
        ...columns.map((column) => ({
          name: columnName(column),
          cell: (row: string) => {
            const now = document[section][row]?.[column] ?? "";
            const before = holds[section][row]?.[column] ?? "";
            const must = section !== "kinds" && PLACES.some((place) => place === column);
            return (
              <div className={classes.cell} data-changed={now !== before || undefined}>
                {onChange ? (
                  <NativeSelect
                    size="xs"
                    aria-label={said.entry(rowName(section, row), columnName(column))}
                    value={now}
                    data={[
                      ...(must ? [] : [{ value: "", label: said.unsaid }]),
                      ...TREATMENTS.map((value) => ({ value, label: said.treatments[value] })),
                    ]}
                    onChange={(event) => onChange(row, column, event.currentTarget.value)}
                  />
                ) : (
                  <TreatmentMark said={now} />
                )}
                {now !== before && <span className={classes.was}>{said.was(before)}</span>}
              </div>
            );
          },
        })),
      ]}
    />
  );
}
