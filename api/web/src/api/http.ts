import type { Problem } from "./types";

/** A request that did not succeed, in the words of the server's problem document. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail || problem.title);
    this.name = "ProblemError";
    this.problem = problem;
  }
}

export const UNREACHABLE: Problem = {
  title: "Vouch cannot be reached",
  detail: "The server did not answer.",
  hint: "Check that it is running and that you are connected, then try again.",
  status: 0,
  code: "unreachable",
};

/** The problem behind any thrown value, so that every failure can be shown the same way. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  return UNREACHABLE;
}

export async function readProblem(response: Response): Promise<Problem> {
  const fallback: Problem = {
    title: response.status >= 500 ? "Vouch ran into a problem" : "The request was not accepted",
    status: response.status,
    hint: "Try again. If it happens again, tell the people who run Vouch.",
  };
  try {
    const body = (await response.json()) as Partial<Problem>;
    return { ...fallback, ...body, status: response.status };
  } catch {
    return fallback;
  }
}

/** The custom header proves that the request comes from this page: other sites cannot set it. */
export function send(path: string, init: RequestInit & { json?: unknown } = {}): Promise<Response> {
  const { json, headers, ...rest } = init;
  const merged = new Headers(headers);
  merged.set("X-Vouch", "1");
  if (!merged.has("Accept")) merged.set("Accept", "application/json");
  if (json !== undefined) merged.set("Content-Type", "application/json");
  return fetch(path, {
    credentials: "same-origin",
    ...rest,
    headers: merged,
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  });
}

export async function request<T>(path: string, init: RequestInit & { json?: unknown } = {}): Promise<T> {
  const response = await send(path, init);
  if (!response.ok) throw new ProblemError(await readProblem(response));
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}
