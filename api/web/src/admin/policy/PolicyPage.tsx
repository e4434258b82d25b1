import { Button, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Pencil } from "lucide-react";
import { useState } from "react";
import { api, reply } from "../../api/client";
import { Confirm } from "../../parts/Confirm";
import { Page, Section } from "../../parts/Page";
import { Failed, Loading } from "../../parts/States";
import { may } from "../../shell/areas";
import { Moment } from "../../shell/Moment";
import { useSignedIn } from "../../shell/session";
import { words } from "../../words/admin";
import { useChange } from "../../parts/announcing";
import classes from "../../parts/form.module.css";
import type { Policy } from "../types";
import { POLICY, policyQuery } from "./data";
import { Differences } from "./Differences";
import { columnsOf, differences, type Document, documentOf, type Section as Part, withEntry } from "./document";
import { Matrix } from "./Matrix";
import matrix from "./Matrix.module.css";
import { Sample } from "./Sample";
import { StoredTrial } from "./StoredTrial";

const said = words.policy;
const KIND = "[A-Z][A-Z0-9_]+";

function AddField({ label, hint, action, pattern, onAdd }: {
  label: string;
  hint: string;
  action: string;
  pattern?: string;
  onAdd: (name: string) => void;
}) {
  const [name, setName] = useState("");
  return (
    <form
      className={classes.buttons}
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim()) onAdd(name.trim());
        setName("");
      }}
    >
      <TextInput
        size="sm"
        label={label}
        description={hint}
        pattern={pattern}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Button type="submit" size="sm" variant="default" mt="auto">
        {action}
      </Button>
    </form>
  );
}

/** The policy as it holds, or as it is being changed. */
function Editor({ policy }: { policy: Policy }) {
  const session = useSignedIn();
  const change = useChange();
  const holds = documentOf(policy);
  const [draft, setDraft] = useState<Document | null>(null);
  const [added, setAdded] = useState<string[]>([]);
  const [saving, setSaving] = useState(false);
  const document = draft ?? holds;
  const columns = [...new Set([...columnsOf(document), ...added])];
  const found = differences(holds, document);
  const editable = (part: Part) =>
    draft ? (row: string, column: string, word: string) => setDraft(withEntry(draft, part, row, column, word)) : undefined;
  const discard = () => {
    setDraft(null);
    setAdded([]);
  };
  const save = async (why: string) => {
    await change(
      reply(api.PUT("/v1/policy", { body: { ...document, why, replaces: policy.version } })),
      said.saved(policy.version + 1),
      POLICY,
    );
    discard();
  };
  return (
    <>
      <Section
        title={said.byClass}
        actions={
          !draft &&
          may(session, ["policy.change"]) && (
            <Button leftSection={<Pencil aria-hidden size={15} />} onClick={() => setDraft(holds)}>
              {said.change}
            </Button>
          )
        }
      >
        <Matrix name={said.byClass} section="classes" {...{ document, holds, columns }} onChange={editable("classes")} />
      </Section>
      <Section title={said.byLevel}>
        <p className={classes.soft}>{said.byLevelHint}</p>
        <Matrix name={said.byLevel} section="sensitivity" {...{ document, holds, columns }} onChange={editable("sensitivity")} />
      </Section>
      <Section title={said.byKind}>
        <p className={classes.soft}>{said.byKindHint}</p>
        <Matrix name={said.byKind} section="kinds" {...{ document, holds, columns }} onChange={editable("kinds")} />
      </Section>
      {draft && (
        <div className={`${classes.row} ${classes.end}`}>
          <AddField label={said.column} hint={said.columnHint} action={words.add} onAdd={(name) => setAdded([...added, name])} />
          <AddField
            label={said.kind}
            hint={said.kindHint}
            action={words.add}
            pattern={KIND}
            onAdd={(kind) => setDraft(withEntry(draft, "kinds", kind, "external", "redact"))}
          />
        </div>
      )}
      <Sample holds={holds} draft={found.length > 0 ? document : null} columns={columns} />
      {found.length > 0 && <StoredTrial document={document} />}
      {draft && (
        <div className={matrix.bar} role="region" aria-label={said.draft}>
          <span role="status">{said.changedEntries(found.length)}</span>
          <div className={classes.buttons}>
            <Button size="compact-sm" variant="default" onClick={discard}>
              {said.discard}
            </Button>
            <Button size="compact-sm" disabled={found.length === 0} onClick={() => setSaving(true)}>
              {said.save}
            </Button>
          </div>
        </div>
      )}
      <Confirm
        opened={saving}
        title={said.saveTitle(policy.version + 1)}
        action={said.save}
        reason
        onClose={() => setSaving(false)}
        onConfirm={save}
      >
        <p>{said.saveHint}</p>
        <Differences of={found} />
      </Confirm>
    </>
  );
}

export function PolicyPage() {
  const policy = useQuery(policyQuery());
  return (
    <Page
      title={words.pages.policy}
      about={said.about}
      actions={
        <Button variant="default" renderRoot={(props) => <Link to="/admin/policy/versions" {...props} />}>
          {words.pages.versions}
        </Button>
      }
    >
      {policy.isPending && <Loading />}
      {policy.error && <Failed error={policy.error} onRetry={() => void policy.refetch()} />}
      {policy.data && (
        <>
          <p className={classes.soft}>
            {said.holds(policy.data.version, words.people.by(policy.data.changed_by))} <Moment at={policy.data.changed_at} />
            {`: ${policy.data.why}`}
          </p>
          <Editor key={policy.data.version} policy={policy.data} />
        </>
      )}
    </Page>
  );
}
