import { useQuery } from "@tanstack/react-query";
import { kindsQuery } from "./data";

/** What a kind of destination is called where one is added. */
export function KindName({ of }: { of: string }) {
  const kinds = useQuery(kindsQuery);
  return kinds.data?.find((each) => each.name === of)?.title ?? of;
}
