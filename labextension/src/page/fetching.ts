/** Asking the server: an artifact, or anything else of its API. */

import type { Artifact, Problem } from "../artifact";
import { dataQuery, type Question } from "../loading";
import { messages } from "../messages";
import { xsrfToken } from "./document";

/** One difference in meaning between two revisions; `text` may have several lines. */
export interface Change {
  kind: "added" | "removed" | "changed" | "moved";
  path: string;
  text: string;
}

/** Why a request failed, in the terms of a state block; of a conflict, what others changed. */
interface Failure extends Problem {
  diff?: { changes?: Change[] } | null | undefined;
}

/** A failed request. */
export class RequestProblem extends Error {
  constructor(readonly problem: Failure) {
    super(problem.title);
  }
}

/**
 * The answer of the data address to a question.
 *
 * Throws RequestProblem with the server's own explanation where it gives one, and passes an
 * AbortError on.
 */
export async function fetchArtifact(address: string, question: Question): Promise<Artifact> {
  const url = new URL(address, document.baseURI);
  url.search = dataQuery(question);
  const headers = { Prefer: `wait=${question.wait}` };
  return (await request(url, { headers, signal: question.signal })) as Artifact;
}

/** The JSON that an address answers with; throws as `fetchArtifact` does. */
export async function request(
  url: URL,
  options: {
    method?: string;
    headers?: Record<string, string>;
    body?: unknown;
    signal?: AbortSignal;
  },
): Promise<unknown> {
  const headers: Record<string, string> = {
    Accept: "application/json",
    "Accept-Language": document.documentElement.lang,
    ...options.headers,
  };
  const token = xsrfToken();
  if (token) headers["X-XSRFToken"] = token;
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  const response = await answered(url, {
    method: options.method ?? "GET",
    headers,
    credentials: "same-origin",
    body: options.body === undefined ? null : JSON.stringify(options.body),
    signal: options.signal ?? null,
  });
  if (!response.ok) throw new RequestProblem(await readProblem(response));
  return (await response.json()) as unknown;
}

async function answered(url: URL, options: RequestInit): Promise<Response> {
  try {
    return await fetch(url, options);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new RequestProblem({
      code: "offline",
      title: messages.requestFailed,
      detail: messages.requestOffline,
      hint: messages.requestHint,
    });
  }
}

/** An RFC 9457 answer as a problem; any other answer as its status. */
export async function readProblem(response: Response): Promise<Failure> {
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
      detail_lang: text("detail_lang"),
      hint_lang: text("hint_lang"),
      diff: body.diff as Failure["diff"],
    };
  } catch {
    return fallback;
  }
}
