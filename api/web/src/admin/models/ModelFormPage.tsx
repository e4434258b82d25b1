import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, reply } from "../../api/client";
import { Page } from "../../parts/Page";
import { Failed, Loading } from "../../parts/States";
import { words } from "../../words/admin";
import { useChange } from "../../parts/announcing";
import classes from "../../parts/form.module.css";
import { useFields } from "../../parts/useFields";
import type { Model } from "../types";
import { entryOf, MODELS, modelQuery } from "./data";
import { entryFrom, valuesOf } from "./formValues";
import { ModelForm } from "./ModelForm";

const said = words.models.form;

/** `model`: the one that is changed. Saving says the revision that was seen, so that nobody's change is lost. */
function Editor({ model }: { model?: Model }) {
  const change = useChange();
  const navigate = useNavigate();
  const fields = useFields(valuesOf(model && entryOf(model)), { why: /reason/, api_key: /secret|key/i, base_url: /egress|host/i });
  const [saving, setSaving] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const { values } = fields;
  const save = async () => {
    setSaving(true);
    setFailure(null);
    const body = { entry: entryFrom(values), why: values.why.trim(), replaces: model?.revision ?? null };
    try {
      const call = () => reply(api.PUT("/v1/register/models", { body }));
      const said_ = model ? said.changed(values.name) : said.added(values.name);
      const made = await fields.attempt(() => change(call(), said_, MODELS));
      await navigate({ to: "/admin/models/$name", params: { name: made.name } });
    } catch (error) {
      setFailure(error);
    } finally {
      setSaving(false);
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <ModelForm fields={fields} known={Boolean(model)} />
      {failure !== null && <Failed error={failure} />}
      <div className={`${classes.buttons} ${classes.end}`}>
        <Button type="submit" loading={saving}>
          {model ? words.save : words.models.register}
        </Button>
        <Button
          variant="default"
          renderRoot={(props) =>
            model ? (
              <Link to="/admin/models/$name" params={{ name: model.name }} {...props} />
            ) : (
              <Link to="/admin/models" {...props} />
            )
          }
        >
          {words.cancel}
        </Button>
      </div>
    </form>
  );
}

export function NewModelPage() {
  return (
    <Page title={said.newTitle} about={said.newAbout} up={{ to: "/admin/models", name: words.pages.models }}>
      <Editor />
    </Page>
  );
}

const route = getRouteApi("/in/admin/models/$name/change");

export function ChangeModelPage() {
  const { name } = route.useParams();
  const model = useQuery({ ...modelQuery(name), staleTime: 0 });
  return (
    <Page title={said.changeTitle(name)} about={said.changeAbout} up={{ to: "/admin/models", name: words.pages.models }}>
      {model.isPending && <Loading />}
      {model.error && <Failed error={model.error} onRetry={() => void model.refetch()} />}
      {model.data && <Editor key={model.data.revision} model={model.data} />}
    </Page>
  );
}
