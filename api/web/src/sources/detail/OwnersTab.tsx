import { Button, TagsInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { problemOf } from "../../api/http";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { Section } from "../../parts/Page";
import { Failed, Loading } from "../../parts/States";
import { words } from "../../words/sources";
import { ownersQuery, setOwners, useRefresh } from "../calls";
import classes from "../form/Form.module.css";
import type { TabProps } from "./DetailPage";

/** Who looks after it. */
export function OwnersTab({ watched: { name }, say }: TabProps) {
  const owners = useQuery(ownersQuery(name));
  const [edited, setEdited] = useState<string[] | null>(null);
  const refresh = useRefresh(name);
  const saving = useMutation({
    mutationFn: (emails: string[]) => setOwners(name, emails),
    onSuccess: async () => {
      await refresh();
      setEdited(null);
      say(words.detail.saved);
    },
  });
  if (owners.error) return <Failed error={owners.error} onRetry={() => void owners.refetch()} />;
  if (!owners.data) return <Loading rows={3} />;
  const problem = saving.error ? problemOf(saving.error) : null;
  const field = problem?.status === 422 || problem?.status === 404;
  return (
    <Section title={words.owners.title}>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (edited) saving.mutate(edited);
        }}
      >
        <p className={classes.about}>{words.owners.about}</p>
        <TagsInput
          label={words.owners.list}
          description={words.owners.help}
          value={edited ?? owners.data}
          onChange={setEdited}
          acceptValueOnBlur
          error={field ? problem.detail : undefined}
        />
        {owners.data.length === 0 && <p className={classes.about}>{words.owners.empty}</p>}
        {problem && !field && <ProblemNotice problem={problem} />}
        <div className={classes.actions}>
          <Button type="submit" disabled={!edited} loading={saving.isPending}>
            {words.owners.save}
          </Button>
        </div>
      </form>
    </Section>
  );
}
