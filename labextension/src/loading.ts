/** Asking for a published dashboard, again while it is refreshed, and only for what changes. */

import type { Artifact, FilterValues } from "./artifact";
import { filterValues, toQuery } from "./filters/query";
import { merged, refreshing, siblings, touched, waiting } from "./partial";

/** What a server is asked. */
export interface Question {
  /** Filter values as an address has them. */
  query: string;
  /** These charts alone; null for all. */
  charts: string[] | null;
  /** Of these the ones of this tab, counted from 1; others may wait. Null for all of them. */
  tab: number | null;
  /** Whether every query is run again. */
  refresh: boolean;
  /** Seconds the server may take for what is stale before it sends it as it is, so marked. */
  wait: number;
  signal: AbortSignal;
}

/** A question as the query string of the data address. */
export function dataQuery({ query, charts, tab, refresh }: Question): string {
  const parts = new URLSearchParams(query);
  if (charts) parts.set("charts", charts.join(","));
  if (tab !== null) parts.set("tab", String(tab));
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
  /** The open one where it is left out. */
  tab?: number | null;
  refresh?: boolean;
  wait?: number;
}

/** Seconds for what is stale: at first sight, and while it is computed anew. */
const FIRST_WAIT = 1;
export const NEXT_WAIT = 25;
/** How often a refresh is asked after before the older picture is left as it is. */
const TURNS = 20;

/**
 * The questions of one surface; a newer one gives the older one up. A tab's charts are asked for
 * when it is opened.
 */
export class Loading {
  /** Questions without an answer, with the charts that it is sure to have. */
  private readonly running = new Map<AbortController, string[]>();

  constructor(
    private readonly ask: (question: Question) => Promise<Artifact>,
    private readonly surface: Showing,
    /** What is shown. */
    public artifact: Artifact | null = null,
    /** The open tab, counted from 1. */
    public tab = 1,
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
    await this.begin(query, manner);
  }

  /** Has the charts of a tab, counted from 1, beside whatever else is asked for. */
  async open(tab: number): Promise<void> {
    this.tab = tab;
    await this.fill(tab);
  }

  /** Has the charts that nobody looked at yet: those of a tab, or of all. */
  async fill(tab?: number): Promise<void> {
    const { artifact } = this;
    const asked = tab === undefined ? [] : [...this.running.values()].flat();
    const later = artifact ? waiting(artifact, tab) : [];
    const charts = later.filter((name) => !asked.includes(name));
    if (charts.length > 0) await this.begin(this.query, { charts, tab: null });
  }

  /** Runs every query again that is behind something shown. */
  async refresh(query = this.query): Promise<void> {
    const { artifact } = this;
    const later = artifact ? waiting(artifact) : [];
    const shown = Object.keys(artifact?.charts ?? {}).filter((name) => !later.includes(name));
    const charts = later.length > 0 ? shown : null;
    await this.load(query, { charts, refresh: true, tab: null });
  }

  /** Runs the query behind a chart again, at the values that are shown. */
  async renew(chart: string): Promise<void> {
    const { artifact } = this;
    if (!artifact) return;
    const charts = siblings(artifact, chart);
    await this.load(this.query, { charts, refresh: true, tab: null });
  }

  stop(): void {
    for (const one of this.running.keys()) this.giveUp(one);
  }

  private giveUp(one: AbortController): void {
    this.running.delete(one);
    one.abort();
  }

  /** The filter values that are shown, as an address has them. */
  private get query(): string {
    const filters = this.artifact?.filters ?? [];
    return toQuery(filters, filterValues(filters));
  }

  private async begin(query: string, manner: Manner): Promise<void> {
    const mine = new AbortController();
    this.running.set(mine, (manner.tab === null && manner.charts) || []);
    this.surface.busy(true);
    try {
      await this.poll(query, manner, mine);
    } catch (error) {
      if (!mine.signal.aborted) this.surface.fail(error, () => void this.load(query, manner));
    } finally {
      this.running.delete(mine);
      if (this.running.size === 0) this.surface.busy(false);
    }
  }

  private async poll(query: string, manner: Manner, mine: AbortController): Promise<void> {
    const usual = { charts: null, tab: this.tab, refresh: false, wait: FIRST_WAIT };
    let { charts, tab, refresh, wait } = { ...usual, ...manner };
    for (let turn = 0; turn < TURNS; turn += 1) {
      const { signal } = mine;
      const answer = await this.ask({ query, charts, tab, refresh, wait, signal });
      signal.throwIfAborted();
      refresh = false;
      const whole = merged(this.artifact, answer);
      if (whole) {
        this.take(whole, mine);
        // Another tab may have been opened meanwhile.
        if (tab !== null) void this.fill(this.tab);
        if (!answer.refreshing) return;
        wait = NEXT_WAIT;
      }
      // A part of something else than what is shown: everything is asked for.
      charts = whole && refreshing(answer.charts);
      tab = whole ? null : this.tab;
    }
  }

  private take(whole: Artifact, mine: AbortController): void {
    const before = this.query;
    this.artifact = whole;
    if (this.query !== before) {
      // Whatever else is asked for is of the older values.
      for (const one of this.running.keys()) if (one !== mine) this.giveUp(one);
    }
    this.surface.show(whole);
  }
}
