import { Link } from "@tanstack/react-router";
import { Address } from "../../parts/Address";
import { words } from "../../words/admin";
import narrow from "../shared/narrow.module.css";

/** A person by their address; whoever is none (the operator, the configuration) is only named. */
export function PersonLink({ email }: { email: string }) {
  if (!email.includes("@")) return words.people.by(email, true);
  return (
    <Link to="/admin/people/$email" params={{ email }} className={narrow.address}>
      <Address of={email} />
    </Link>
  );
}
