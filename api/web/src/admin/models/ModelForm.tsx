import { Checkbox, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { words } from "../../words/admin";
import classes from "../../parts/form.module.css";
import type { useFields } from "../../parts/useFields";
import { LEVELS, PROVIDERS, TIERS } from "./data";
import type { FormValues } from "./formValues";
import own from "./ModelForm.module.css";

const said = words.models.form;
const ORDER: ("label" | "input" | "description" | "error")[] = ["label", "input", "description", "error"];
/** Whose interface has versions to choose from. */
const VERSIONED: readonly FormValues["provider"][] = ["azure", "gemini", "gemini-vertex"];
type Fields = ReturnType<typeof useFields<FormValues>>;

/** The fields of a model, in the order in which they are decided. */
export function ModelForm({ fields, known }: { fields: Fields; known: boolean }) {
  const { values, set } = fields;
  const text = (name: keyof FormValues) => ({ ...fields.text(name), inputWrapperOrder: ORDER });
  const numbers = (name: keyof FormValues) => ({ ...text(name), type: "number", step: "any", min: 0 });
  const flag = (name: "agreed" | "training_prohibited" | "zero_retention" | "native_citations") => ({
    name,
    checked: values[name],
    onChange: (event: { currentTarget: { checked: boolean } }) => set(name, event.currentTarget.checked),
  });
  return (
    <div className={classes.form}>
      <fieldset className={classes.fieldset}>
        <legend>{said.which}</legend>
        <div className={own.row}>
          <TextInput label={words.models.name} description={said.nameHint} required readOnly={known} {...text("name")} />
          <NativeSelect
            label={words.models.provider}
            data={PROVIDERS.map((value) => ({ value, label: words.models.providers[value] }))}
            {...text("provider")}
          />
          <TextInput label={words.models.version} description={said.versionHint} required {...text("model")} />
          <NativeSelect
            label={words.models.tier}
            data={TIERS.map((value) => ({ value, label: words.models.tiers[value] }))}
            {...text("tier")}
          />
        </div>
      </fieldset>
      <fieldset className={classes.fieldset}>
        <legend>{said.reach}</legend>
        <div className={own.row}>
          <NativeSelect
            label={said.place}
            data={[
              { value: "external", label: words.policy.places.external },
              { value: "on_premise", label: words.policy.places.on_premise },
            ]}
            {...text("place")}
          />
          <TextInput label={said.region} description={said.regionHint} {...text("region")} />
          <TextInput label={words.models.address} description={said.addressHint} type="url" {...text("base_url")} />
          <TextInput label={words.models.apiKey} description={said.keyHint} {...text("api_key")} />
          {(VERSIONED.includes(values.provider) || values.api_version) && (
            <TextInput label={said.apiVersion} {...text("api_version")} />
          )}
          {(values.provider.endsWith("-vertex") || values.project) && (
            <TextInput label={said.project} {...text("project")} />
          )}
        </div>
      </fieldset>
      <fieldset className={classes.fieldset}>
        <legend>{words.models.handling}</legend>
        <NativeSelect
          className={own.short}
          label={said.sensitivity}
          description={said.sensitivityHint}
          data={LEVELS.map((value) => ({ value, label: words.levels[value] }))}
          {...text("sensitivity")}
        />
        <Checkbox label={said.agreed} description={said.agreedHint} {...flag("agreed")} />
        {values.agreed && (
          <div className={own.row}>
            <TextInput label={words.models.agreement} description={said.agreementHint} required {...text("agreement")} />
            <TextInput label={words.models.basis} required {...text("legal_basis")} />
            <TextInput label={said.retentionDays} required {...numbers("retention_days")} />
          </div>
        )}
        {values.agreed && <Checkbox label={said.trainingProhibited} {...flag("training_prohibited")} />}
        <Checkbox label={words.models.zeroRetention} description={said.zeroHint} {...flag("zero_retention")} />
      </fieldset>
      <fieldset className={classes.fieldset}>
        <legend>{said.bounds}</legend>
        <div className={own.row}>
          <TextInput label={words.models.context} required {...numbers("context_tokens")} />
          <TextInput label={words.models.output} required {...numbers("output_tokens")} />
          <TextInput label={said.concurrency} required {...numbers("concurrency")} />
          <TextInput label={said.first} required {...numbers("first_seconds")} />
          <TextInput label={said.deadline} required {...numbers("deadline_seconds")} />
        </div>
        <Checkbox label={said.nativeCitations} {...flag("native_citations")} />
      </fieldset>
      <fieldset className={classes.fieldset}>
        <legend>{said.prices}</legend>
        <div className={own.row}>
          <TextInput label={words.models.priceIn} required {...numbers("input")} />
          <TextInput label={words.models.priceOut} required {...numbers("output")} />
          <TextInput label={words.models.cacheRead} description={said.asInput} {...numbers("cache_read")} />
          <TextInput label={said.cacheWrite} description={said.asInput} {...numbers("cache_write")} />
          <TextInput label={said.batchFactor} required {...numbers("batch")} />
          <TextInput label={words.currency} required maxLength={3} {...text("currency")} />
        </div>
      </fieldset>
      <fieldset className={classes.fieldset}>
        <legend>{said.end}</legend>
        <TextInput className={own.short} type="date" label={words.models.retiresOn} description={said.retiresHint} {...text("retires_on")} />
        <Textarea label={words.why} description={words.whyHint} required autosize maxLength={1000} {...text("why")} />
      </fieldset>
    </div>
  );
}
