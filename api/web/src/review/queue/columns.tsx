import { Link } from "@tanstack/react-router";
import type { Column } from "../../parts/DataTable";
import { Moment } from "../../shell/Moment";
import { words } from "../../words/review";
import { Outcome } from "../shared/Outcome";
import type { Review } from "../types";
import { LabelMark, StateMark } from "./marks";

const said = words.queue;

export const COLUMNS: readonly Column<Review>[] = [
  {
    name: said.answer,
    heading: true,
    cell: ({ id, answer_id }) => (
      <Link to="/review/queue/$reviewId" params={{ reviewId: id }} title={answer_id}>
        {answer_id.slice(0, 8)}
      </Link>
    ),
  },
  { name: said.state, cell: ({ state }) => <StateMark of={state} /> },
  { name: said.label, cell: (review) => <LabelMark of={review} /> },
  { name: said.rule, cell: ({ rule }) => words.rule(rule), hide: "narrow" },
  { name: said.assignee, cell: ({ assignee }) => assignee ?? said.nobody, hide: "narrow" },
  { name: said.outcome, cell: ({ about }) => (about ? <Outcome of={about.status} /> : "–"), hide: "medium" },
  {
    name: said.support,
    numeric: true,
    cell: ({ about }) => (about ? words.percent(about.support) : "–"),
    hide: "medium",
  },
  { name: said.waiting, cell: ({ queued_at }) => <Moment at={queued_at} />, hide: "narrow" },
];
