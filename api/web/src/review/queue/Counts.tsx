import { useQuery } from "@tanstack/react-query";
import { api, reply } from "../../api/client";
import { words } from "../../words/review";
import classes from "./queue.module.css";

/** How often two people said the same. */
export function Counts() {
  const counts = useQuery({
    queryKey: ["review", "counts"],
    queryFn: () => reply(api.GET("/v1/reviews/counts")),
  });
  if (!counts.data) return null;
  const { pairs, agreed } = counts.data.agreement;
  return <p className={classes.soft}>{words.queue.agreement(agreed, pairs)}</p>;
}
