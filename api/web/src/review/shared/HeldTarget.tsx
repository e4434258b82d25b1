import { Link } from "@tanstack/react-router";

const SHORT = 13;

/** What is held, by its id, leading to what there is of it. */
export function HeldTarget({ kind, target }: { kind: string; target: string }) {
  const name = <code>{target.slice(0, SHORT)}</code>;
  if (kind === "answer") {
    return (
      <Link to="/review/answers/$answerId" params={{ answerId: target }} title={target}>
        {name}
      </Link>
    );
  }
  if (kind === "person") return <span title={target}>{name}</span>;
  return (
    <Link to="/review/answers" search={kind === "source" ? { source: target } : { document: target }} title={target}>
      {name}
    </Link>
  );
}
