import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Filters } from "../../parts/Filters";
import { Page } from "../../parts/Page";
import { Failed, Loading } from "../../parts/States";
import { words } from "../../words/review";
import { DataMapTables } from "./DataMapTables";
import { DataMapWarnings } from "./DataMapWarnings";
import { dataMapQuery, spanOf } from "./data";
import { Files } from "./Files";
import { useWeek, WeekSelect } from "./WeekSelect";

const route = getRouteApi("/in/review/data-map");
const said = words.dataMap;
const FORMS = [
  { form: "csv", name: said.csv },
  { form: "html", name: words.weekly.html },
  { form: "json", name: words.weekly.json },
];

/** Which data may go where, and what went. */
export function DataMapPage() {
  const search = route.useSearch();
  const week = useWeek(search.week);
  const navigate = route.useNavigate();
  const map = useQuery(dataMapQuery(week));
  const narrow = (change: typeof search) => void navigate({ search: { ...search, ...change }, replace: true });
  const select = (name: "source" | "destination", any: string, names: readonly string[]) => (
    <NativeSelect
      label={said[name]}
      value={search[name] ?? ""}
      data={[{ value: "", label: any }, ...names]}
      onChange={(event) => narrow({ [name]: event.currentTarget.value || undefined })}
    />
  );
  return (
    <Page title={words.pages.dataMap} about={`${said.about} ${words.weekly.audited}`}>
      {map.data && <DataMapWarnings map={map.data} />}
      <Filters name={words.filters.name}>
        <WeekSelect week={week} onChange={(wanted) => narrow({ week: wanted })} />
        {select("source", said.anySource, map.data?.sources.map(({ source }) => source) ?? [])}
        {select("destination", said.anyDestination, map.data?.destinations.map(({ destination }) => destination) ?? [])}
      </Filters>
      <Files path="/v1/reports/data-map" query={spanOf(week)} forms={FORMS} />
      {map.isPending && <Loading />}
      {map.error && <Failed error={map.error} onRetry={() => void map.refetch()} />}
      {map.data && <DataMapTables map={map.data} source={search.source} destination={search.destination} />}
    </Page>
  );
}
