import { Link } from "@tanstack/react-router";
import classes from "../../parts/form.module.css";

/** A person by their address; whoever is none (the operator, the configuration) is only named. */
export function PersonLink({ email }: { email: string }) {
  if (!email.includes("@")) return email;
  return (
    <Link to="/admin/people/$email" params={{ email }} className={classes.name}>
      {email}
    </Link>
  );
}
