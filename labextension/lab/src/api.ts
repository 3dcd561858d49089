/** Peter's API on the Jupyter Server: requests, and problems in Peter's own words. */

import { URLExt } from "@jupyterlab/coreutils";
import { ServerConnection } from "@jupyterlab/services";
import type { Artifact, Foreign } from "../../src/artifact";
import { dataQuery, type Question } from "../../src/loading";
import type { Graph } from "../../src/lineage/graph";
import type {
  Completions,
  Difference,
  Document,
  DraftVerification,
  Freshness,
  Listing,
  Plan,
  Problem,
  Published,
  Shared,
  Validation,
  Verification,
} from "./models";
import { languageTag, trans } from "./words";

/** A refused request: what failed, and what to do. */
export class PeterError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail: string,
    readonly hint: string | null,
    readonly problems: Problem[],
    /** Of a conflict: what others changed meanwhile. */
    readonly diff: Difference | null = null,
    /** Which of its words are in another language than the rest. */
    readonly foreign: Foreign = {},
  ) {
    super(detail);
  }
}

interface Asked {
  query?: string;
  body?: unknown;
  yaml?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

const ENABLE = "jupyter server extension enable peter_jupyter";

/** The use cases of a Peter server. */
export class Api {
  private readonly settings = ServerConnection.makeSettings();
  /** A path on this server that replaces its own Peter; empty for that one. */
  path = "";

  /** The address that every route hangs on, with a slash at its end. */
  get root(): string {
    const { baseUrl } = this.settings;
    if (!this.path) return URLExt.join(baseUrl, "peter/");
    return `${new URL(this.path, baseUrl).href.replace(/\/+$/, "")}/`;
  }

  list(signal?: AbortSignal): Promise<Listing> {
    return this.json("GET", "api/v1/dashboards", { query: "page_size=200", signal });
  }

  /** The dashboards of the server that this one knows by its environment. */
  shared(): Promise<Shared> {
    return this.json("GET", "api/v1/hub/dashboards");
  }

  freshness(slug: string): Promise<Freshness> {
    return this.json("GET", `api/v1/dashboards/${enc(slug)}/freshness`);
  }

  data(slug: string, question: Question): Promise<Artifact> {
    const headers = { Prefer: `wait=${question.wait}` };
    const { signal } = question;
    const query = dataQuery(question);
    return this.json("GET", `api/v1/dashboards/${enc(slug)}/data`, { query, signal, headers });
  }

  text(slug: string): Promise<Document> {
    return this.json("GET", `api/v1/dashboards/${enc(slug)}`);
  }

  validate(yaml: string, signal?: AbortSignal): Promise<Validation> {
    return this.json("POST", "api/v1/dashboards/validate", { yaml, signal });
  }

  /** The picture of a text at the filter values of a query string, or some of its charts. */
  preview(
    yaml: string,
    filters: string,
    charts: string[] | null,
    signal?: AbortSignal,
  ): Promise<Artifact> {
    const query = [filters, charts && `charts=${charts.join(",")}`].filter(Boolean).join("&");
    return this.json("POST", "api/v1/dashboards/preview", { yaml, query, signal });
  }

  compile(yaml: string, signal?: AbortSignal): Promise<Plan> {
    return this.json("POST", "api/v1/dashboards/compile", { yaml, signal });
  }

  verify(yaml: string): Promise<DraftVerification> {
    return this.json("POST", "api/v1/dashboards/verify", { yaml });
  }

  diff(yaml: string): Promise<Difference> {
    return this.json("POST", "api/v1/dashboards/diff", { yaml });
  }

  /** What changed between two revisions of what is published. */
  between(slug: string, from: string, to: string): Promise<Difference> {
    const query = `from=${enc(from)}&to=${enc(to)}`;
    return this.json("GET", `api/v1/dashboards/${enc(slug)}/diff`, { query });
  }

  create(yaml: string, message: string | null): Promise<Published> {
    return this.json("POST", "api/v1/dashboards", { body: { yaml, message } });
  }

  /** Publishes over what was read before; over what is kept elsewhere, because a person says so. */
  change(yaml: string, before: Document, message: string | null): Promise<Published> {
    const headers = { "If-Match": `"${before.revision}"` };
    const asked = { body: { yaml, message }, headers, query: before.managed ? "managed=true" : "" };
    return this.json("PUT", `api/v1/dashboards/${enc(before.slug)}`, asked);
  }

  run(sql: string, parameters: Record<string, unknown> = {}): Promise<Verification> {
    return this.json("POST", "api/v1/sql/run", { body: { sql, parameters } });
  }

  explain(sql: string, parameters: Record<string, unknown> = {}): Promise<Verification> {
    return this.json("POST", "api/v1/sql/explain", { body: { sql, parameters } });
  }

  lineage(slug: string, columns: boolean): Promise<Graph> {
    const query = `columns=${columns}`;
    return this.json("GET", `api/v1/dashboards/${enc(slug)}/lineage`, { query });
  }

  draftLineage(yaml: string, columns: boolean): Promise<Graph> {
    return this.json("POST", "api/v1/lineage/draft", { yaml, query: `columns=${columns}` });
  }

  /** What every published dashboard makes of a node. */
  downstream(id: string): Promise<Graph> {
    return this.json("GET", `api/v1/lineage/downstream/${enc(id)}`);
  }

  complete(sql: string, offset: number, parameters: string[]): Promise<Completions> {
    return this.json("POST", "api/v1/sql/complete", { body: { sql, offset, parameters } });
  }

  page(slug: string): string {
    return `${this.root}dashboards/${enc(slug)}`;
  }

  exported(slug: string): string {
    return `${this.page(slug)}/export`;
  }

  private async json<T>(method: string, path: string, asked: Asked = {}): Promise<T> {
    const { query, body, yaml, headers, signal } = asked;
    const spoken = { Accept: "application/json", "Accept-Language": languageTag() };
    const typed = { ...spoken, ...headers };
    // A request that is not stored would get a number of its own in its address.
    const init: RequestInit = { method, headers: typed, cache: "no-cache" };
    if (signal) init.signal = signal;
    if (yaml !== undefined) {
      init.headers = { ...typed, "Content-Type": "application/yaml" };
      init.body = yaml;
    } else if (body !== undefined) {
      init.headers = { ...typed, "Content-Type": "application/json" };
      init.body = JSON.stringify(body);
    }
    const url = `${this.root}${path}${query ? `?${query}` : ""}`;
    const response = await this.send(url, init);
    if (!response.ok) throw await refusal(response);
    return (await response.json()) as T;
  }

  private async send(url: string, init: RequestInit): Promise<Response> {
    try {
      return await ServerConnection.makeRequest(url, init, this.settings);
    } catch (error) {
      if (init.signal?.aborted) throw error;
      const hint = trans.__(
        "It is asked again as soon as it may answer; look whether it still runs.",
      );
      throw new PeterError(
        0,
        "unreachable",
        trans.__("No answer"),
        trans.__("The Jupyter Server cannot be reached."),
        hint,
        [],
      );
    }
  }
}

/** Whether a request was given up by whoever asked. */
export function isAborted(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

async function refusal(response: Response): Promise<PeterError> {
  const body = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  const text = (key: string): string | null => (typeof body[key] === "string" ? body[key] : null);
  const status = `${response.status} ${response.statusText}`.trim();
  const missing = response.status === 404 && !text("code");
  return new PeterError(
    response.status,
    text("code") ?? "error",
    text("title") ?? trans.__("The request failed"),
    text("detail") ?? text("message") ?? trans.__("The server answered %1.", status),
    text("hint") ?? (missing ? trans.__("Enable the server extension: %1.", ENABLE) : null),
    Array.isArray(body.problems) ? (body.problems as Problem[]) : [],
    (body.diff as Difference | null | undefined) ?? null,
    { detail_lang: text("detail_lang"), hint_lang: text("hint_lang") },
  );
}

function enc(part: string): string {
  return encodeURIComponent(part);
}
