import { NativeSelect, TagsInput, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, reply } from "../../api/client";
import { ProblemError } from "../../api/http";
import { Confirm } from "../../parts/Confirm";
import { words } from "../../words/admin";
import { useChange } from "../../parts/announcing";
import classes from "../../parts/form.module.css";
import { useFields } from "../../parts/useFields";
import type { Destination } from "../types";
import { DESTINATIONS, kindsQuery, objectFrom } from "./data";

const said = words.destinations;

function valuesOf(destination: Destination | undefined) {
  return {
    name: destination?.name ?? "",
    kind: destination?.kind ?? "webhook",
    config: JSON.stringify(destination?.config ?? {}, null, 2),
    contract: JSON.stringify(destination?.contract ?? { type: "object" }, null, 2),
    audience: destination?.audience ?? [],
    fallback: destination?.fallback ?? "",
  };
}

function objectIn(field: string, text: string): Record<string, unknown> {
  try {
    return objectFrom(text);
  } catch {
    throw new ProblemError({ title: said.noObject, detail: `${field}: ${said.noObjectHint}`, status: 422 });
  }
}

interface DestinationDialogProps {
  destination?: Destination;
  opened: boolean;
  onClose: () => void;
}

/** Says what a destination is: a system that answers are sent to. */
export function DestinationDialog({ destination, opened, onClose }: DestinationDialogProps) {
  const change = useChange();
  const navigate = useNavigate();
  const kinds = useQuery({ ...kindsQuery, enabled: opened });
  const fields = useFields(valuesOf(destination), {
    name: /name/, contract: /contract|schema/, audience: /group|audience/, fallback: /fallback/, config: /config|url|secret|host/i,
  });
  const [was, setWas] = useState(false);
  if (opened !== was) {
    setWas(opened);
    if (opened) fields.reset(valuesOf(destination));
  }
  const { values, errors, set, text } = fields;
  const kind = kinds.data?.find((each) => each.name === values.kind);
  const save = async () => {
    const name = values.name.trim();
    await fields.attempt(async () => {
      const config = objectIn("config", values.config);
      const contract = objectIn("contract", values.contract);
      const body = { kind: values.kind, config, contract, audience: values.audience, fallback: values.fallback.trim() || null };
      const call = reply(api.PUT("/v1/operator/destinations/{name}", { params: { path: { name } }, body }));
      await change(call, said.saved(name), DESTINATIONS);
    });
    if (!destination) await navigate({ to: "/admin/destinations/$name", params: { name } });
  };
  return (
    <Confirm
      opened={opened}
      title={destination ? said.changeTitle(destination.name) : said.add}
      action={destination ? words.save : said.add}
      onClose={onClose}
      onConfirm={save}
    >
      <div className={classes.form}>
        {!destination && <TextInput label={said.name} required {...text("name")} />}
        <NativeSelect
          label={said.kind}
          data={(kinds.data ?? []).map((each) => ({ value: each.name, label: each.title }))}
          {...text("kind")}
        />
        {kind && (
          <>
            <p className={classes.soft}>{said.kindHint(kind.auth, kind.idempotency)}</p>
            <pre className={classes.code} aria-label={said.example}>
              {JSON.stringify(kind.example_config, null, 2)}
            </pre>
          </>
        )}
        <Textarea
          className={classes.mono}
          label={said.config}
          description={said.configHint}
          autosize
          minRows={3}
          required
          {...text("config")}
        />
        <Textarea
          className={classes.mono}
          label={said.contract}
          description={said.contractHint}
          autosize
          minRows={3}
          required
          {...text("contract")}
        />
        <TagsInput
          label={said.audience}
          description={said.audienceHint}
          name="audience"
          value={values.audience}
          error={errors.audience}
          onChange={(audience) => set("audience", audience)}
        />
        <TextInput label={said.fallback} description={said.fallbackHint} {...text("fallback")} />
      </div>
    </Confirm>
  );
}
