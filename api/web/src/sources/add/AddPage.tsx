import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Page } from "../../parts/Page";
import { Failed, Loading } from "../../parts/States";
import { words } from "../../words/sources";
import { kindsQuery } from "../calls";
import { KindStep } from "./KindStep";
import { Wizard } from "./Wizard";

const route = getRouteApi("/in/sources/add");

/** Adding a source, from its kind to its first reading. The kind stands in the address. */
export function AddPage() {
  const { kind: chosen } = route.useSearch();
  const navigate = route.useNavigate();
  const kinds = useQuery(kindsQuery);
  const kind = kinds.data?.find(({ name, addable }) => name === chosen && addable);
  const choose = (name?: string) => void navigate({ search: { kind: name } });
  return (
    <Page title={words.add.title} about={words.add.about} up={{ to: "/sources", name: words.list.title }}>
      {kinds.error ? <Failed error={kinds.error} onRetry={() => void kinds.refetch()} /> : null}
      {kinds.isPending && <Loading />}
      {kinds.data &&
        (kind ? (
          <Wizard key={kind.name} kind={kind} onBack={() => choose()} />
        ) : (
          <KindStep kinds={kinds.data} unknown={Boolean(chosen)} onChoose={choose} />
        ))}
    </Page>
  );
}
