import type { Column } from "../../parts/DataTable";
import forms from "../../parts/form.module.css";
import { words } from "../../words/review";

const said = words.dataMap;

/** Which class of which source goes where: in narrow all of it under the source. */
export const GOES: readonly Column<{ source: string; destination: string; data_class: string }>[] = [
  {
    name: said.source,
    heading: true,
    cell: ({ source, destination, data_class }) => (
      <>
        {source}
        <div className={forms.inNarrow}>{said.goes(destination, data_class)}</div>
      </>
    ),
  },
  { name: said.destination, cell: ({ destination }) => destination, hide: "narrow" },
  { name: said.dataClass, cell: ({ data_class }) => said.spoken(data_class), hide: "narrow" },
];
