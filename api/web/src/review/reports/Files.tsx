import { Button } from "@mantine/core";
import { Download, Square } from "lucide-react";
import { problemOf } from "../../api/http";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { words } from "../../words/review";
import { useDownload } from "../shared/useDownload";
import { Waiting } from "../shared/Waiting";
import classes from "./reports.module.css";

const said = words.weekly;

interface FilesProps {
  /** The address of the report, with what it is asked for. */
  path: string;
  query: Record<string, string | undefined>;
  forms: readonly { form: string; name: string }[];
}

/** A report as files. The page cannot show the HTML itself: its own policy lets it load nothing of that kind. */
export function Files({ path, query, forms }: FilesProps) {
  const download = useDownload();
  const start = (form: string) => {
    const asked = new URLSearchParams({ form });
    for (const [name, value] of Object.entries(query)) if (value) asked.set(name, value);
    void download.start(`${path}?${asked.toString()}`, { name: `vouch-report.${form}` });
  };
  return (
    <div className={classes.files}>
      <div className={classes.buttons}>
        {forms.map(({ form, name }) => (
          <Button
            key={form}
            variant="default"
            leftSection={<Download aria-hidden size={15} />}
            disabled={download.running}
            onClick={() => start(form)}
          >
            {said.file(name)}
          </Button>
        ))}
        {download.running && (
          <Button variant="default" leftSection={<Square aria-hidden size={14} />} onClick={download.stop}>
            {words.cancel}
          </Button>
        )}
      </div>
      <Waiting running={download.running} name={words.dashboards.loading} />
      <span role="status" className={classes.soft}>
        {download.made && said.saved(download.made.name)}
        {download.cancelled && words.export.cancelled}
      </span>
      {download.failure !== null && <ProblemNotice problem={problemOf(download.failure)} />}
    </div>
  );
}
