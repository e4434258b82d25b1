import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Facts } from "../../parts/Facts";
import { Address } from "../../parts/Address";
import { type Column, DataTable } from "../../parts/DataTable";
import forms from "../../parts/form.module.css";
import { Page, Section } from "../../parts/Page";
import { Failed, Loading } from "../../parts/States";
import { Moment } from "../../shell/Moment";
import { calendarTime } from "../../shell/time";
import { words } from "../../words/review";
import { SubjectLink } from "../shared/Subject";
import type { Entry, WholeReview } from "../types";
import { AnswerBeside } from "./AnswerBeside";
import { Assigning } from "./Assigning";
import { reviewQuery } from "./data";
import { Deciding } from "./Deciding";
import { LabelMark, StateMark } from "./marks";
import { Noting } from "./Noting";
import classes from "./queue.module.css";

const route = getRouteApi("/in/review/queue/$reviewId");
const said = words.review;

function told({ label, severity, assignee }: Entry): string {
  return said.told(label, severity, assignee);
}

function By({ entry }: { entry: Entry }) {
  return <span className={classes.by}>{entry.by ? <Address of={entry.by} /> : said.rule}</span>;
}

const HISTORY: Column<Entry>[] = [
  {
    name: said.what,
    heading: true,
    cell: (entry) => (
      <>
        {said.change(entry.change)}
        <div className={forms.inNarrow}>
          {told(entry)} <By entry={entry} />, <Moment at={entry.at} />
        </div>
      </>
    ),
  },
  { name: words.queue.label, cell: (entry) => told(entry) || "–", hide: "narrow" },
  { name: said.by, cell: (entry) => <By entry={entry} />, hide: "narrow" },
  { name: said.when, cell: ({ at }) => <Moment at={at} />, hide: "narrow" },
  { name: said.text, cell: ({ text }) => text || "–" },
];

function State({ review }: { review: WholeReview }) {
  const { about } = review;
  return (
    <Section title={said.facts}>
      <Facts
        of={[
          [words.queue.state, <StateMark key="state" of={review.state} />],
          [words.queue.label, review.label && <LabelMark key="label" of={review} />],
          [words.queue.assignee, review.assignee ?? words.queue.nobody],
          [said.labelledBy, review.labelled_by],
          [said.firstLabel, review.first_label && words.label(review.first_label)],
          [said.signedBy, review.signed_by && (review.second === false ? said.alone : review.signed_by)],
          [
            words.queue.rule,
            review.sample_id ? (
              <Link to="/review/queue" search={{ sample: review.sample_id }} className={classes.link}>
                {words.rule(review.rule)}
              </Link>
            ) : (
              words.rule(review.rule)
            ),
          ],
          [words.queue.waiting, calendarTime(review.queued_at)],
          [words.trail.askedBy, about && <SubjectLink key="by" subject={about.asked_by} />],
          [words.queue.asked, about && calendarTime(about.asked_at)],
          [words.queue.support, about && words.percent(about.support)],
          [words.answers.model, about && `${about.model} (${words.tier(about.tier)})`],
        ]}
      />
    </Section>
  );
}

/** A review: the answer beside what is said of it. */
export function ReviewPage() {
  const { reviewId } = route.useParams();
  const review = useQuery(reviewQuery(reviewId));
  const up = { to: "/review/queue", name: words.pages.queue } as const;
  if (!review.data) {
    return (
      <Page title={said.title} up={up}>
        {review.error ? <Failed error={review.error} onRetry={() => void review.refetch()} /> : <Loading />}
      </Page>
    );
  }
  const { data } = review;
  return (
    <Page key={reviewId} title={words.queue.open(data.answer_id.slice(0, 8))} about={said.about} up={up}>
      <div className={classes.columns}>
        <AnswerBeside review={data} />
        <div className={classes.side}>
          <Deciding key={data.revision} review={data} />
          <Assigning key={`assigning ${data.revision}`} review={data} />
          <Noting review={data} />
        </div>
        <div className={classes.rest}>
          <State review={data} />
          <Section title={said.history}>
            <DataTable name={said.history} columns={HISTORY} rows={data.history} keyOf={({ revision }) => String(revision)} />
          </Section>
        </div>
      </div>
    </Page>
  );
}
