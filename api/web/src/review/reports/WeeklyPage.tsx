import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Filters } from "../../parts/Filters";
import { Facts } from "../../parts/Facts";
import { Page } from "../../parts/Page";
import { Failed, Loading } from "../../parts/States";
import { calendarTime } from "../../shell/time";
import { words } from "../../words/review";
import { weeklyQuery } from "./data";
import { Files } from "./Files";
import { ReportSection } from "./ReportSection";
import classes from "./reports.module.css";
import { useWeek, WeekSelect } from "./WeekSelect";

const route = getRouteApi("/in/review/weekly");
const said = words.weekly;
const FORMS = [
  { form: "pdf", name: said.pdf },
  { form: "html", name: said.html },
  { form: "json", name: said.json },
];

/** The report of a week, to read and to take along. */
export function WeeklyPage() {
  const week = useWeek(route.useSearch().week);
  const navigate = route.useNavigate();
  const report = useQuery(weeklyQuery(week));
  return (
    <Page title={words.pages.weekly} about={`${said.about} ${said.audited}`}>
      <Filters name={said.week}>
        <WeekSelect week={week} onChange={(wanted) => void navigate({ search: { week: wanted }, replace: true })} />
      </Filters>
      <Files path="/v1/reports/weekly" query={{ week }} forms={FORMS} />
      {report.isPending && <Loading />}
      {report.error && <Failed error={report.error} onRetry={() => void report.refetch()} />}
      {report.data && (
        <>
          <Facts
            of={[
              [said.made, calendarTime(report.data.made_at)],
              [
                said.over,
                <Link key="over" to="/review/log" className={classes.link}>
                  {said.records(report.data.checkpoint.size)}
                </Link>,
              ],
            ]}
          />
          <nav aria-label={said.contents}>
            <ul className={classes.contents}>
              {report.data.sections.map(({ name, title }) => (
                <li key={name}>
                  <Link to="/review/weekly" search={{ week }} hash={name} replace>
                    {title}
                  </Link>
                </li>
              ))}
            </ul>
          </nav>
          {report.data.sections.map((section) => (
            <ReportSection key={section.name} section={section} week={week} />
          ))}
        </>
      )}
    </Page>
  );
}
