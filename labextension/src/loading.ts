/** Asking for a published dashboard, again while it is refreshed, and only for what changes. */

import type { Artifact, FilterValues } from "./artifact";
import { filterValues, toQuery } from "./filters/query";
import { merged, refreshing, siblings, touched } from "./partial";

/** What a server is asked. */
export interface Question {
  /** Filter values as an address has them. */
  query: string;
  /** These charts alone; null for all. */
  charts: string[] | null;
  /** Whether every query is run again. */
  refresh: boolean;
  /** Seconds the server may take for what is stale before it sends it as it is, so marked. */
  wait: number;
  signal: AbortSignal;
}

/** A question as the query string of the data address. */
export function dataQuery({ query, charts, refresh }: Question): string {
  const parts = new URLSearchParams(query);
  if (charts) parts.set("charts", charts.join(","));
  if (refresh) parts.set("refresh", "true");
  return parts.toString();
}

/** A surface that shows what was asked for. */
export interface Showing {
  show: (artifact: Artifact) => void;
  busy: (on: boolean) => void;
  /** Says why there is no answer; `retry` asks the same again. */
  fail: (error: unknown, retry: () => void) => void;
}

/** How a question differs from an ordinary one. */
export interface Manner {
  charts?: string[] | null;
  refresh?: boolean;
  wait?: number;
}

/** Seconds for what is stale: at first sight, and while it is computed anew. */
const FIRST_WAIT = 1;
export const NEXT_WAIT = 25;
/** How often a refresh is asked after before the older picture is left as it is. */
const TURNS = 20;

/** The questions of one surface; a newer one gives the older one up. */
export class Loading {
  private running: AbortController | null = null;

  constructor(
    private readonly ask: (question: Question) => Promise<Artifact>,
    private readonly surface: Showing,
    /** What is shown. */
    public artifact: Artifact | null = null,
  ) {}

  /** Shows other filter values, or these: of the charts that they touch and those that are named. */
  async change(values: FilterValues, also: string[] = []): Promise<void> {
    const { artifact } = this;
    if (!artifact) return;
    const found = touched(artifact, values);
    const charts = found && [...new Set([...found, ...also])];
    await this.load(toQuery(artifact.filters, values), { charts });
  }

  /** Shows the answer to a query string, and what follows it while it is refreshed. */
  async load(query: string, manner: Manner = {}): Promise<void> {
    this.stop();
    const running = (this.running = new AbortController());
    this.surface.busy(true);
    try {
      await this.poll(query, manner, running.signal);
    } catch (error) {
      if (running.signal.aborted) return;
      this.surface.fail(error, () => void this.load(query, manner));
    }
    if (this.running === running) this.surface.busy(false);
  }

  /** Runs the query behind a chart again, at the values that are shown. */
  async renew(chart: string): Promise<void> {
    const { artifact } = this;
    if (!artifact) return;
    const query = toQuery(artifact.filters, filterValues(artifact.filters));
    await this.load(query, { charts: siblings(artifact, chart), refresh: true });
  }

  stop(): void {
    this.running?.abort();
  }

  private async poll(query: string, manner: Manner, signal: AbortSignal): Promise<void> {
    const { refresh = false } = manner;
    let { charts = null, wait = FIRST_WAIT } = manner;
    for (let turn = 0; turn < TURNS; turn += 1) {
      const answer = await this.ask({
        query,
        charts,
        refresh: refresh && turn === 0,
        wait,
        signal,
      });
      const whole = merged(this.artifact, answer);
      if (whole) {
        this.artifact = whole;
        this.surface.show(whole);
        if (!answer.refreshing) return;
        wait = NEXT_WAIT;
      }
      // A part of something else than what is shown: everything is asked for.
      charts = whole && refreshing(answer.charts);
    }
  }
}
