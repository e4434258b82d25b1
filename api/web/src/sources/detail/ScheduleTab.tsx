import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { problemOf } from "../../api/http";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { Section } from "../../parts/Page";
import { words } from "../../words/sources";
import { change, useRefresh } from "../calls";
import classes from "../form/Form.module.css";
import { ScheduleForm } from "../ScheduleForm";
import type { Plan } from "../types";
import type { TabProps } from "./DetailPage";

/** When it is read, and how late it may be. */
export function ScheduleTab({ watched: { name }, source, say }: TabProps) {
  const [edited, setEdited] = useState<Plan | null>(null);
  const refresh = useRefresh(name);
  const saving = useMutation({
    mutationFn: (plan: Plan) => change(name, { plan }),
    onSuccess: async () => {
      await refresh();
      setEdited(null);
      say(words.detail.saved);
    },
  });
  return (
    <Section title={words.schedule.title}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (edited) saving.mutate(edited);
        }}
      >
        <ScheduleForm plan={edited ?? (source.plan as Plan)} about={{ source: name }} onChange={setEdited} />
        {saving.error && <ProblemNotice problem={problemOf(saving.error)} />}
        <div className={classes.save}>
          <Button type="submit" disabled={!edited} loading={saving.isPending}>
            {words.schedule.save}
          </Button>
          {!edited && <span className={classes.about}>{words.schedule.unchanged}</span>}
        </div>
      </form>
    </Section>
  );
}
