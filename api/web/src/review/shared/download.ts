import { save } from "../../parts/saving";
import { ProblemError, readProblem, send } from "../../api/http";

export interface Received {
  bytes: number;
  /** Null where the server did not say. */
  total: number | null;
}

function nameOf(response: Response, otherwise: string): string {
  return /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "")?.[1] ?? otherwise;
}

/** Receives a file and saves it under the name that the server gave it. Tells how much came; throws `ProblemError`. */
export async function download(
  path: string,
  { name, json, signal, tell }: { name: string; json?: unknown; signal?: AbortSignal; tell?: (far: Received) => void },
): Promise<{ name: string; bytes: number }> {
  const method = json === undefined ? "GET" : "POST";
  const response = await send(path, { method, json, signal, headers: { Accept: "*/*" } });
  if (!response.ok || !response.body) throw new ProblemError(await readProblem(response));
  const length = Number(response.headers.get("Content-Length"));
  const total = length > 0 ? length : null;
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  const reader = response.body.getReader();
  tell?.({ bytes, total });
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    pieces.push(piece.value);
    bytes += piece.value.length;
    tell?.({ bytes, total });
  }
  const given = nameOf(response, name);
  save(given, new Blob(pieces, { type: response.headers.get("Content-Type") ?? "application/octet-stream" }));
  return { name: given, bytes };
}
