import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Facts } from "../../parts/Facts";
import { Section } from "../../parts/Page";
import { Failed, Loading } from "../../parts/States";
import { words } from "../../words/sources";
import { freshnessQuery } from "../calls";
import { NextRun } from "../NextRun";
import { runFailed } from "../progress";
import { When } from "../When";
import { CourseSection } from "./CourseSection";
import type { TabProps } from "./DetailPage";
import { FreshnessTable } from "./FreshnessTable";
import { PermissionSync } from "./PermissionSync";
import classes from "./OverviewTab.module.css";
import { objectiveText } from "./written";

/** How fresh it is, by kind, and what that rests on. */
export function OverviewTab({ watched, source }: TabProps) {
  const { name } = watched;
  const freshness = useQuery(freshnessQuery(name));
  if (freshness.error) return <Failed error={freshness.error} onRetry={() => void freshness.refetch()} />;
  if (!freshness.data) return <Loading />;
  return (
    <>
      <Facts
        of={[
          [words.overview.documents, watched.documents.toLocaleString("en")],
          [words.overview.pending, watched.waiting.toLocaleString("en")],
          [
            words.overview.failed,
            <Link key="failed" className={classes.link} to="/sources/s/$name" params={{ name }} search={{ tab: "failures" }}>
              {runFailed(watched) ? words.overview.runFailed : words.failed(watched.errors)}
            </Link>,
          ],
          [words.detail.lastSuccess, <When key="success" at={watched.succeeded_at} />],
          [words.detail.nextAt, <NextRun key="next" of={watched} />],
          [words.detail.blackout, watched.blackout_until && <When at={watched.blackout_until} />],
          [words.overview.policy, words.overview.policyText[freshness.data.policy]],
        ]}
      />
      <Section title={words.overview.freshness}>
        <FreshnessTable kinds={freshness.data.kinds} />
        <p className={classes.note}>
          {words.overview.objective(objectiveText(freshness.data.objective))} {words.overview.burnHelp}
        </p>
      </Section>
      <CourseSection name={name} />
      <PermissionSync watched={watched} source={source} />
    </>
  );
}
