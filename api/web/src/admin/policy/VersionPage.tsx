import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Facts } from "../../parts/Facts";
import { Page, Section } from "../../parts/Page";
import { Failed, Loading } from "../../parts/States";
import { Status } from "../../parts/Status";
import { calendarTime } from "../../shell/time";
import { words } from "../../words/admin";
import classes from "../../parts/form.module.css";
import { numberOf } from "../../parts/searching";
import { PersonLink } from "../people/PersonLink";
import { isMissing, MissingPage } from "../shared/MissingPage";
import { policyQuery } from "./data";
import { Differences } from "./Differences";
import { columnsOf, differences, documentOf, SECTIONS } from "./document";
import { Matrix } from "./Matrix";

const route = getRouteApi("/in/admin/policy/versions/$version");
const said = words.policy;
const TITLES = { classes: said.byClass, sensitivity: said.byLevel, kinds: said.byKind };

/** A version as it was decided, and what it changed of the one before. */
export function VersionPage() {
  const number = numberOf(route.useParams().version) ?? 0;
  const version = useQuery(policyQuery(number));
  const before = useQuery({ ...policyQuery(number - 1), enabled: number > 1 });
  const document = version.data && documentOf(version.data);
  const list = { to: "/admin/policy/versions", name: words.pages.versions } as const;
  if (isMissing(version.error)) return <MissingPage what="version" error={version.error} list={list} />;
  return (
    <Page
      title={said.versionOf(number)}
      about={said.onePage}
      up={list}
    >
      {version.isPending && <Loading />}
      {version.error && <Failed error={version.error} onRetry={() => void version.refetch()} />}
      {version.data && document && (
        <>
          <div className={classes.panel}>
            <Facts
              of={[
                [
                  words.state,
                  <Status key="state" tone={version.data.holds ? "good" : "idle"}>
                    {version.data.holds ? said.isHeld : said.isPast}
                  </Status>,
                ],
                [words.changedBy, <PersonLink key="by" email={version.data.changed_by} />],
                [words.when, calendarTime(version.data.changed_at)],
                [words.why, version.data.why],
              ]}
            />
          </div>
          <Section title={said.comparedWith(number - 1)}>
            {number <= 1 && <p className={classes.text}>{said.first}</p>}
            {before.isFetching && <Loading rows={2} />}
            {before.error && <Failed error={before.error} onRetry={() => void before.refetch()} />}
            {before.data && <Differences of={differences(documentOf(before.data), document)} />}
          </Section>
          {SECTIONS.map((section) => (
            <Section key={section} title={TITLES[section]}>
              <Matrix name={TITLES[section]} section={section} document={document} holds={document} columns={columnsOf(document)} />
            </Section>
          ))}
        </>
      )}
    </Page>
  );
}
