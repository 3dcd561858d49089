/** Asking the server for an artifact. */

import type { Artifact, Problem } from "../artifact";
import { messages } from "../messages";
import { xsrfToken } from "./document";

/** A failed request in the terms of a state block. */
export class RequestProblem extends Error {
  constructor(readonly problem: Problem) {
    super(problem.title);
  }
}

/**
 * The artifact at an address for a query string. `wait` is how many seconds the server waits for
 * what is stale before it sends it as it is, marked as refreshing.
 *
 * Throws RequestProblem with the server's own explanation where it gives one, and passes an
 * AbortError on.
 */
export async function fetchArtifact(
  address: string,
  query: string,
  options: { refresh?: boolean; wait?: number; signal: AbortSignal },
): Promise<Artifact> {
  const url = new URL(address, document.baseURI);
  for (const [name, value] of new URLSearchParams(query)) url.searchParams.append(name, value);
  if (options.refresh) url.searchParams.set("refresh", "true");
  const prefer = options.wait === undefined ? {} : { Prefer: `wait=${options.wait}` };
  const response = await send(url, prefer, options.signal);
  if (!response.ok) throw new RequestProblem(await readProblem(response));
  return (await response.json()) as Artifact;
}

async function send(
  url: URL,
  asked: Record<string, string>,
  signal: AbortSignal,
): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json", ...asked };
  const token = xsrfToken();
  if (token) headers["X-XSRFToken"] = token;
  try {
    return await fetch(url, { headers, signal, credentials: "same-origin" });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new RequestProblem({
      code: "offline",
      title: messages.requestFailed,
      detail: messages.requestOffline,
      hint: messages.requestHint,
    });
  }
}

/** An RFC 9457 answer as a problem; any other answer as its status. */
export async function readProblem(response: Response): Promise<Problem> {
  const plain = `${response.status} ${response.statusText}`.trim();
  const fallback = { code: String(response.status), title: messages.requestFailed, detail: plain };
  if (!response.headers.get("content-type")?.includes("json")) return fallback;
  try {
    const body = (await response.json()) as Record<string, unknown>;
    const text = (key: string): string | null => (typeof body[key] === "string" ? body[key] : null);
    return {
      code: text("code") ?? fallback.code,
      title: text("title") ?? fallback.title,
      detail: text("detail") ?? text("message") ?? plain,
      hint: text("hint"),
    };
  } catch {
    return fallback;
  }
}
