import { Button, NativeSelect } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import { api, reply } from "../../api/client";
import { Code } from "../../parts/Code";
import { type Column, ListTable } from "../../parts/DataTable";
import { Found } from "../../parts/Found";
import { Page } from "../../parts/Page";
import { Empty } from "../../parts/States";
import { useList } from "../../parts/useList";
import { Moment } from "../../shell/Moment";
import { words } from "../../words/review";
import { asked, isNarrowed, OUTCOMES, type AnswersSearch } from "../search";
import { Outcome } from "../shared/Outcome";
import { SearchFields } from "../shared/SearchFields";
import { SubjectLink } from "../shared/Subject";
import type { FoundAnswer } from "../types";
import classes from "./AnswersPage.module.css";

const route = getRouteApi("/in/review/answers");
const said = words.answers;

const COLUMNS: Column<FoundAnswer>[] = [
  {
    name: said.question,
    heading: true,
    cell: (answer) => (
      <Link to="/review/answers/$answerId" params={{ answerId: answer.id }} className={classes.question}>
        {answer.question ?? said.erased}
      </Link>
    ),
  },
  { name: said.outcome, cell: (answer) => <Outcome of={answer.outcome} /> },
  { name: said.asked, cell: (answer) => <Moment at={answer.at} />, hide: "narrow" },
  { name: said.person, cell: (answer) => <SubjectLink subject={answer.subject} />, hide: "narrow" },
  {
    name: said.sentences,
    numeric: true,
    cell: (answer) => (answer.sentences === null || answer.sentences === undefined ? "–" : words.number(answer.sentences)),
    hide: "medium",
  },
  {
    name: said.support,
    numeric: true,
    cell: (answer) => (answer.support === null || answer.support === undefined ? "–" : words.percent(answer.support)),
    hide: "medium",
  },
  {
    name: said.model,
    cell: (answer) =>
      answer.model ? (
        <span className={classes.model}>
          {answer.model} <small>{words.tier(answer.tier ?? "")}</small>
        </span>
      ) : (
        <Code value={answer.id} characters={8} />
      ),
    hide: "medium",
  },
];

export function AnswersPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const narrow = (change: AnswersSearch) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const list = useList<FoundAnswer>(["review", "answers", search], async (cursor) => {
    const { outcome, ...given } = asked(search);
    const query = { ...given, outcome: outcome && [outcome], cursor, limit: 50 };
    const page = await reply(api.GET("/v1/review/answers", { params: { query } }));
    return { rows: page.answers, next: page.next, total: page.total };
  });
  const narrowed = isNarrowed(search);
  return (
    <Page title={words.pages.answers} about={`${said.about} ${said.searched}`}>
      <SearchFields search={search} onChange={narrow} onClear={() => void navigate({ search: {}, replace: true })}>
        <NativeSelect
          label={words.filters.outcome}
          value={search.outcome ?? ""}
          data={[
            { value: "", label: words.any },
            ...OUTCOMES.map((value) => ({ value, label: words.outcomes[value] })),
          ]}
          onChange={(event) => narrow({ outcome: OUTCOMES.find((each) => each === event.currentTarget.value) })}
        />
      </SearchFields>
      <Found text={list.total === null || list.pending ? "" : said.found(list.total)}>
        {search.person && (
          <Button
            component={Link}
            to={`/review/records?person=${encodeURIComponent(search.person)}`}
            size="compact-sm"
            variant="default"
          >
            {said.records}
          </Button>
        )}
      </Found>
      <ListTable
        name={words.pages.answers}
        list={list}
        columns={COLUMNS}
        keyOf={(answer) => answer.id}
        empty={<Empty title={narrowed ? said.none : said.empty}>{narrowed ? said.noneHint : said.emptyHint}</Empty>}
      />
    </Page>
  );
}
