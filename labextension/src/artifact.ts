/** The artifact as `docs/artifact.md` describes it: the one input of every surface. */

import type { Catalogue } from "./translation";

export type Scalar = string | number | boolean | null;

export interface Artifact {
  format: number;
  slug: string;
  revision: string;
  title: string;
  description: string | null;
  owner: string | null;
  tags: string[];
  timezone: string;
  locale: string;
  /** What a surface says itself in the locale's language; absent where that is English. */
  words?: Catalogue | null;
  filters: Filter[];
  layout: { tabs: Tab[] };
  charts: Record<string, Chart>;
  /** Whether charts of the layout are missing, because others alone were asked for. */
  partial?: boolean;
  as_of: string | null;
  source_updated_at: string | null;
  /** Stale, shown as held while it is computed anew: ask again in a moment. */
  refreshing?: boolean;
  cache_hit: boolean;
  bytes_scanned: number;
  queries: number;
  queries_cached: number;
  duration_ms: number;
}

export type FilterType = "date_range" | "date" | "select" | "number" | "text" | "boolean";

/** `null` is no restriction; a range is its two ISO days, a multiple select its choices. */
export type FilterValue = string | number | boolean | string[] | null;

export type FilterValues = Record<string, FilterValue>;

export interface Filter {
  name: string;
  type: FilterType;
  label: string | null;
  value: FilterValue;
  default: FilterValue;
  multiple?: boolean;
  options?: { value: string; label: string }[];
}

export interface Tab {
  title: string | null;
  rows: Tile[][];
}

export interface Tile {
  chart: string;
  width: number | null;
  height: number | null;
}

/** The language of a text that is not in the one of what stands around it. */
export interface Foreign {
  detail_lang?: string | null;
  hint_lang?: string | null;
}

export interface Problem extends Foreign {
  code: string;
  title: string;
  detail?: string | null;
  hint?: string | null;
}

export interface Receipt {
  id: string;
  verified_at: string | null;
  verified_by?: string | null;
  verdict: string;
  matches: boolean;
  reason?: string | null;
}

/** A declared check that the shown result does not meet. */
export interface FailedCheck {
  check: string;
  detail: string;
  severity: string;
}

export interface Chart {
  type: string;
  title: string | null;
  description: string | null;
  link: string | null;
  query: string | null;
  /** The filters whose values decide what it shows; an earlier server does not say. */
  filters?: string[];
  /** Waiting: its query was not run, because nobody looks at its tab. */
  state: "ready" | "empty" | "failed" | "waiting";
  view: View | null;
  summary: string | null;
  problem: Problem | null;
  row_count: number | null;
  truncated: boolean;
  note?: string | null;
  failed_checks?: FailedCheck[];
  computed_at: string | null;
  source_updated_at: string | null;
  freshness: "fresh" | "stale" | "unknown";
  freshness_reason: string | null;
  refreshing?: boolean;
  cache_hit: boolean;
  bytes_scanned: number;
  receipt: Receipt | null;
  sql: string | null;
  tables: string[];
}

export type View = KpiView | VegaView | TableView | TextView;

export interface KpiView {
  kind: "kpi";
  value: { raw: Scalar; text: string; unit: string; before: string };
  delta: Delta | null;
  sparkline: (number | null)[] | null;
}

export interface Delta {
  text: string;
  direction: "up" | "down" | "flat";
  good: boolean | null;
  label: string | null;
}

export interface VegaView {
  kind: "vega";
  spec: Record<string, unknown>;
  data: Data;
  legend: LegendEntry[];
  table: TableView | null;
  min_height?: number | null;
}

export interface Data {
  columns: { name: string; type: string }[];
  values: Scalar[][];
}

export interface LegendEntry {
  label: string;
  color: string;
  mark: "square" | "line" | "dash";
  /** A column of the data and its value in the rows the entry stands for; null is no series. */
  series?: [string, number] | null;
}

export interface TableView {
  kind: "table";
  columns: TableColumn[];
  values: Scalar[][];
  texts: ((string | null)[] | null)[];
  page_size: number | null;
  sort: { field: string; order: "ascending" | "descending" } | null;
}

export interface TableColumn {
  field: string;
  title: string;
  type: string;
  align: "left" | "right" | "center";
  bar: [number, number] | null;
  color_scale: [number, number] | null;
  link: string | null;
  /** Not shown: another column's `link` names it. */
  hidden?: boolean;
}

export interface TextView {
  kind: "text";
  blocks: Block[];
}

export type Block =
  | { kind: "paragraph"; children: Inline[] }
  | { kind: "list"; ordered: boolean; items: Inline[][] }
  | { kind: "heading"; level: number; children: Inline[] };

export type Inline =
  | { text: string }
  | { strong: Inline[] }
  | { em: Inline[] }
  | { code: string }
  | { link: string; children: Inline[] };
