import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import classes from "../parts/form.module.css";
import { api, reply } from "../api/client";
import { Page } from "../parts/Page";
import { Status, type Tone } from "../parts/Status";
import { may } from "../shell/areas";
import { useSignedIn } from "../shell/session";
import { words } from "../words/review";
import { checkpointQuery } from "./log/data";

const said = words.overview;

interface CardProps {
  to: "/review/answers" | "/review/queue" | "/review/flagged" | "/review/holds" | "/review/log" | "/review/weekly";
  title: string;
  search?: object;
  children: ReactNode;
}

function Card({ to, title, search, children }: CardProps) {
  return (
    <Link to={to} search={search as never} className={classes.card}>
      <strong>{title}</strong>
      {children}
    </Link>
  );
}

function State({ tone, children }: { tone: Tone; children: ReactNode }) {
  return <Status tone={tone}>{children}</Status>;
}

function Waiting() {
  const counts = useQuery({ queryKey: ["review", "counts"], queryFn: () => reply(api.GET("/v1/reviews/counts")) });
  const { open = 0, assigned = 0, labelled = 0 } = counts.data?.states ?? {};
  const number = open + assigned + labelled;
  return (
    <Card to="/review/queue" title={words.pages.queue} search={{ state: "waiting" }}>
      {counts.data && <State tone={number > 0 ? "warn" : "good"}>{said.waiting(number)}</State>}
    </Card>
  );
}

function Flagged() {
  const flagged = useQuery({
    queryKey: ["review", "flagged", "counted"],
    queryFn: () => reply(api.GET("/v1/flagged", { params: { query: { limit: 200 } } })),
  });
  const number = flagged.data?.passages.length ?? 0;
  return (
    <Card to="/review/flagged" title={words.pages.flagged}>
      {flagged.data && <State tone={number > 0 ? "warn" : "good"}>{said.flagged(number, flagged.data.next !== null)}</State>}
    </Card>
  );
}

function Holds() {
  const holds = useQuery({
    queryKey: ["review", "holds", "counted"],
    queryFn: () => reply(api.GET("/v1/holds")),
  });
  const number = holds.data?.holds.length ?? 0;
  return (
    <Card to="/review/holds" title={words.pages.holds}>
      {holds.data && <State tone="paused">{said.holds(number)}</State>}
    </Card>
  );
}

function Log() {
  const checkpoint = useQuery(checkpointQuery);
  const behind = checkpoint.data?.witnesses.filter((each) => each.failure !== null).length ?? 0;
  return (
    <Card to="/review/log" title={words.pages.log}>
      {checkpoint.data && (
        <State tone={behind > 0 ? "warn" : "good"}>
          {behind > 0 ? said.behind(behind) : said.log(checkpoint.data.size)}
        </State>
      )}
    </Card>
  );
}

/** What of the reviewers' work waits, and where it begins. */
export function StartPage() {
  const session = useSignedIn();
  return (
    <Page title={words.area.review} about={said.about}>
      <div className={classes.cards}>
        {may(session, ["review"]) && (
          <Card to="/review/answers" title={said.find}>
            <span className={classes.soft}>{said.findAbout}</span>
          </Card>
        )}
        {may(session, ["review"]) && <Waiting />}
        {may(session, ["audit.read"]) && <Flagged />}
        {may(session, ["review.hold"]) && <Holds />}
        {may(session, ["audit.verify"]) && <Log />}
        {may(session, ["report.read"]) && (
          <Card to="/review/weekly" title={words.pages.weekly}>
            <span className={classes.soft}>{said.reportsAbout}</span>
          </Card>
        )}
      </div>
    </Page>
  );
}
