import { Link } from "@tanstack/react-router";
import { api, reply } from "../../api/client";
import { ListTable } from "../../parts/DataTable";
import { Page } from "../../parts/Page";
import { useList } from "../../parts/useList";
import { Moment } from "../../shell/Moment";
import { words } from "../../words/admin";
import classes from "../../parts/form.module.css";
import { PersonLink } from "../people/PersonLink";
import narrow from "../shared/narrow.module.css";
import { POLICY } from "./data";

const said = words.policy;

export function VersionsPage() {
  const list = useList([...POLICY, "versions"], async () => {
    const page = await reply(api.GET("/v1/policy/versions"));
    return { rows: page.versions, next: null };
  });
  return (
    <Page title={words.pages.versions} about={said.versionsAbout} up={{ to: "/admin/policy", name: words.pages.policy }}>
      <ListTable
        name={words.pages.versions}
        list={list}
        keyOf={(each) => String(each.version)}
        empty={null}
        columns={[
          {
            name: said.version,
            heading: true,
            cell: (each) => (
              <>
                <Link
                  to="/admin/policy/versions/$version"
                  params={{ version: String(each.version) }}
                  className={narrow.whole}
                >
                  {said.versionOf(each.version)}
                </Link>
                <div className={`${classes.soft} ${classes.inNarrow}`}>
                  <Moment at={each.changed_at} />
                  <div>
                    <PersonLink email={each.changed_by} />
                  </div>
                </div>
              </>
            ),
          },
          { name: words.why, cell: (each) => <span className={classes.long}>{each.why}</span> },
          { name: words.changedBy, cell: (each) => <PersonLink email={each.changed_by} />, hide: "narrow" },
          { name: words.when, cell: (each) => <Moment at={each.changed_at} />, hide: "narrow" },
        ]}
      />
    </Page>
  );
}
