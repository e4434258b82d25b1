/** The typed way to the HTTP interface: paths, parameters and replies are those of the server's own schema. */

import createClient, { type Middleware } from "openapi-fetch";
import { ProblemError, readProblem, UNREACHABLE } from "./http";
import type { paths } from "./schema";

const guard: Middleware = {
  onRequest: ({ request }) => {
    // The custom header proves that the request comes from this page: other sites cannot set it.
    request.headers.set("X-Vouch", "1");
    return request;
  },
  onResponse: async ({ response }) => {
    if (!response.ok) throw new ProblemError(await readProblem(response));
  },
  onError: ({ error }) => (error instanceof Error && error.name === "AbortError" ? error : new ProblemError(UNREACHABLE)),
};

export const api = createClient<paths>({ baseUrl: window.location.origin, credentials: "same-origin" });
api.use(guard);

/** What a call replied; a failure was thrown as `ProblemError` already. */
export async function reply<T>(call: Promise<{ data?: T }>): Promise<T> {
  return (await call).data as T;
}
