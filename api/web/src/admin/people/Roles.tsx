import { words } from "../../words/admin";

export function Roles({ of }: { of: readonly string[] }) {
  return of.length === 0 ? words.people.noRole : of.map(words.people.roleName).join(", ");
}
