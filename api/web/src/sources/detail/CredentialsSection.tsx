import { useQuery } from "@tanstack/react-query";
import { DataTable, type Column } from "../../parts/DataTable";
import { Section } from "../../parts/Page";
import { Failed, Loading } from "../../parts/States";
import { Status, type Tone } from "../../parts/Status";
import forms from "../../parts/form.module.css";
import { words } from "../../words/sources";
import { credentialsQuery } from "../calls";
import { labelOf } from "../form/schema";
import type { Credential } from "../types";
import { When } from "../When";
import classes from "./OverviewTab.module.css";

const TONE: Record<Credential["state"], Tone> = { there: "good", missing: "bad", elsewhere: "idle" };

function State({ of: { state, problem } }: { of: Credential }) {
  return (
    <span className={classes.stack}>
      <Status tone={TONE[state]}>{words.settings.state[state]}</Status>
      {problem && <small>{problem}</small>}
    </span>
  );
}

function Expiry({ of: { expires_at } }: { of: Credential }) {
  return <When at={expires_at} none={words.settings.noExpiry} />;
}

const COLUMNS: readonly Column<Credential>[] = [
  { name: words.settings.columns.setting, heading: true, cell: ({ setting }) => labelOf(setting) },
  {
    name: words.settings.columns.reference,
    cell: (credential) => (
      <>
        <code className={classes.code}>{credential.reference}</code>
        <div className={forms.inNarrow}>
          <State of={credential} />
        </div>
        <div className={forms.inNarrow}>
          {words.settings.expires} <Expiry of={credential} />
        </div>
      </>
    ),
  },
  { name: words.settings.columns.state, cell: (credential) => <State of={credential} />, hide: "narrow" },
  { name: words.settings.columns.expires, cell: (credential) => <Expiry of={credential} />, hide: "narrow" },
  { name: words.settings.columns.used, cell: ({ last_used_at }) => <When at={last_used_at} />, hide: "narrow" },
];

/** The secrets that it uses: where each is, never what it is. */
export function CredentialsSection({ name }: { name: string }) {
  const credentials = useQuery(credentialsQuery(name));
  return (
    <Section title={words.settings.credentials}>
      {credentials.error ? <Failed error={credentials.error} onRetry={() => void credentials.refetch()} /> : null}
      {credentials.isPending && <Loading rows={2} />}
      {credentials.data &&
        (credentials.data.length > 0 ? (
          <>
            <DataTable
              name={words.settings.credentialsTable}
              columns={COLUMNS}
              rows={credentials.data}
              keyOf={({ setting }) => setting}
            />
            <p className={classes.note}>{words.settings.credentialsHelp}</p>
          </>
        ) : (
          <p className={classes.note}>{words.settings.noCredentials}</p>
        ))}
    </Section>
  );
}
