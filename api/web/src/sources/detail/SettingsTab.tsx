import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { problemOf } from "../../api/http";
import type { Problem } from "../../api/types";
import { ProblemNotice } from "../../parts/ProblemNotice";
import { Facts } from "../../parts/Facts";
import { Section } from "../../parts/Page";
import { Failed, Loading } from "../../parts/States";
import { words } from "../../words/sources";
import { change, kindsQuery, tryStored, useRefresh } from "../calls";
import { CheckSteps, useChecking } from "../CheckSteps";
import classes from "../form/Form.module.css";
import { faultsOf, labelOf, missing, type Faults, type Schema } from "../form/schema";
import { SchemaForm } from "../form/SchemaForm";
import type { Config } from "../types";
import { CredentialsSection } from "./CredentialsSection";
import type { TabProps } from "./DetailPage";
import { written } from "./written";

const NOTHING: Faults = {};

/** How it is reached and what is read there. */
export function SettingsTab({ watched: { name, kind }, source, say }: TabProps) {
  const kinds = useQuery(kindsQuery);
  const found = kinds.data?.find((each) => each.name === kind);
  const [edited, setEdited] = useState<Config | null>(null);
  const [lacking, setLacking] = useState<Faults>(NOTHING);
  const refresh = useRefresh(name);
  const saving = useMutation({
    mutationFn: (config: Config) => change(name, { config }),
    onSuccess: async () => {
      await refresh();
      setEdited(null);
      say(words.detail.saved);
    },
  });
  const checking = useChecking((onStep, signal) => tryStored(name, onStep, signal));
  const schema = found?.settings as Schema | undefined;
  const names = useMemo(() => Object.keys(schema?.properties ?? {}), [schema]);
  const problem: Problem | null = saving.error ? problemOf(saving.error) : null;
  const refused = useMemo(() => faultsOf(problem, names), [problem, names]);
  if (kinds.error) return <Failed error={kinds.error} onRetry={() => void kinds.refetch()} />;
  if (!found || !schema) return <Loading />;
  const faults = Object.keys(lacking).length > 0 ? lacking : refused;
  return (
    <>
      <Section title={words.settings.title}>
        <form
          className={classes.form}
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            if (!edited) return;
            const lacks = missing(schema, edited, names, words.form.needed);
            setLacking(lacks);
            if (Object.keys(lacks).length === 0) saving.mutate(edited);
          }}
        >
          <p className={classes.about}>{found.addable ? words.settings.about : words.settings.operatorOnly}</p>
          {found.addable ? (
            <SchemaForm
              schema={schema}
              names={names}
              value={edited ?? source.config}
              sample={found.sample}
              faults={faults}
              onChange={setEdited}
            />
          ) : (
            <div className={classes.stored}>
              <Facts
                of={Object.entries(source.config).map(([setting, value]) => [
                  labelOf(setting, schema.properties?.[setting]),
                  written(value),
                ])}
              />
            </div>
          )}
          {problem && Object.keys(refused).length === 0 && <ProblemNotice problem={problem} />}
          {found.addable && (
            <div className={classes.actions}>
              <Button type="submit" disabled={!edited} loading={saving.isPending}>
                {words.settings.save}
              </Button>
              {!edited && <span className={classes.about}>{words.schedule.unchanged}</span>}
            </div>
          )}
        </form>
      </Section>
      <Section title={words.check.title}>
        <CheckSteps of={checking} />
      </Section>
      <CredentialsSection name={name} />
    </>
  );
}
