import { words } from "../../words/admin";
import classes from "../shared/form.module.css";

export function Roles({ of }: { of: readonly string[] }) {
  if (of.length === 0) return words.people.noRole;
  return (
    <span className={classes.tags}>
      {of.map((role, at) => (
        <span key={role}>
          {words.people.roleName(role)}
          {at < of.length - 1 && ","}
        </span>
      ))}
    </span>
  );
}
