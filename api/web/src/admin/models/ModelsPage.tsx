import { Button, Switch } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { Code } from "../../parts/Code";
import { type Column, DataTable } from "../../parts/DataTable";
import { Page, Section } from "../../parts/Page";
import { Empty, Failed, Loading } from "../../parts/States";
import { Status } from "../../parts/Status";
import { words } from "../../words/admin";
import classes from "../../parts/form.module.css";
import { PersonLink } from "../people/PersonLink";
import type { Model } from "../types";
import { Calendar } from "./Calendar";
import { entryOf, modelsQuery } from "./data";
import { ModelState } from "./ModelState";

const route = getRouteApi("/in/admin/models");
const said = words.models;

const COLUMNS: Column<Model>[] = [
  {
    name: said.name,
    heading: true,
    cell: (model) => (
      <Link to="/admin/models/$name" params={{ name: model.name }}>
        {model.name}
      </Link>
    ),
  },
  { name: words.state, cell: (model) => <ModelState model={model} /> },
  { name: said.version, cell: (model) => <Code value={entryOf(model).model} characters={28} />, hide: "narrow" },
  { name: said.tier, cell: (model) => said.tiers[entryOf(model).tier], hide: "narrow" },
  { name: said.where, cell: (model) => said.place(entryOf(model)), hide: "medium" },
  { name: said.ceiling, cell: (model) => words.levels[model.ceiling], hide: "medium" },
  { name: said.price, cell: (model) => said.prices(entryOf(model).prices), numeric: true, hide: "medium" },
];

export function ModelsPage() {
  const { show } = route.useSearch();
  const navigate = route.useNavigate();
  const models = useQuery(modelsQuery(show === "retired"));
  const found = models.data?.models ?? [];
  const refused = models.data?.left_out ?? [];
  return (
    <Page
      title={words.pages.models}
      about={said.about}
      actions={
        <Button leftSection={<Plus aria-hidden size={16} />} renderRoot={(props) => <Link to="/admin/models/new" {...props} />}>
          {said.register}
        </Button>
      }
    >
      {models.isPending && <Loading />}
      {models.error && <Failed error={models.error} onRetry={() => void models.refetch()} />}
      {models.data && (
        <>
          <Switch
            mb="md"
            label={said.showRetired}
            checked={show === "retired"}
            onChange={(event) => {
              const wanted = event.currentTarget.checked ? "retired" : undefined;
              void navigate({ search: { show: wanted }, replace: true });
            }}
          />
          {found.length === 0 ? (
            <Empty title={said.none}>{said.noneHint}</Empty>
          ) : (
            <DataTable name={words.pages.models} columns={COLUMNS} rows={found} keyOf={(model) => model.name} />
          )}
          {refused.length > 0 && (
            <Section title={said.leftOut}>
              <p className={classes.soft}>{said.leftOutHint}</p>
              <DataTable
                name={said.leftOut}
                rows={refused}
                keyOf={(each) => each.name}
                columns={[
                  { name: said.name, heading: true, cell: (each) => each.name },
                  { name: said.against, cell: (each) => <Status tone="bad">{each.against}</Status> },
                  { name: words.changedBy, cell: (each) => <PersonLink email={each.changed_by} />, hide: "narrow" },
                ]}
              />
            </Section>
          )}
          {found.length > 0 && (
            <Section title={said.calendar}>
              <Calendar models={found.filter((model) => model.change !== "retired")} />
            </Section>
          )}
        </>
      )}
    </Page>
  );
}
