import { useQuery } from "@tanstack/react-query";
import { Facts, type Fact } from "../../parts/Facts";
import { Section } from "../../parts/Page";
import { Status } from "../../parts/Status";
import { count } from "../../words/shell";
import { words } from "../../words/sources";
import { kindsQuery } from "../calls";
import type { SourceDetail, SourceTask, Task, Watched } from "../types";
import { When } from "../When";
import type { Plan } from "../types";

function Pass({ task, planned }: { task: SourceTask | undefined; planned: boolean }) {
  if (!planned) return words.overview.withPoll;
  return (
    <>
      <When at={task?.succeeded_at} />
      {task && task.failures > 0 ? (
        <>
          {" "}
          <Status tone="bad">{words.state.failing}</Status>
        </>
      ) : null}
    </>
  );
}

/** Who may read what it brings: how that is found, and when it last was. */
export function PermissionSync({ watched, source }: { watched: Watched; source: SourceDetail }) {
  const { data: kinds } = useQuery(kindsQuery);
  const plan = source.plan as Plan;
  const task = (name: Task) => source.tasks.find((each) => each.task === name);
  const trouble = source.tasks.find(({ task: name, error }) => (name === "access" || name === "principals") && error);
  const facts: Fact[] = [
    [words.overview.permissionsHow, kinds?.find(({ name }) => name === watched.kind)?.permissions],
    [words.overview.itemsRead, <Pass key="access" task={task("access")} planned={Boolean(plan.access)} />],
    [words.overview.peopleRead, <Pass key="people" task={task("principals")} planned={Boolean(plan.principals)} />],
    [
      words.overview.accounts,
      source.accounts === 0
        ? words.overview.noAccounts
        : words.overview.accountsText(count(source.accounts, "account"), source.joined.toLocaleString("en")),
    ],
    [words.overview.permissionsTrouble, trouble?.error],
  ];
  return (
    <Section title={words.overview.permissions}>
      <Facts of={facts} />
    </Section>
  );
}
