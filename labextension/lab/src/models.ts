/** What Peter's API answers, as far as the extension reads it. */

export interface Problem {
  rule: string;
  severity: "error" | "warning";
  message: string;
  path: string;
  line: number | null;
  column: number | null;
  end_line: number | null;
  end_column: number | null;
  hint: string | null;
}

export interface Summary {
  slug: string;
  title: string;
  revision: string;
  published_at: string;
  published_by: string;
  description: string | null;
  owner: string | null;
  tags: string[];
}

/** What is published under a slug. */
export interface Document extends Summary {
  /** Where its file is kept and changed; null for here. */
  managed: string | null;
  message: string | null;
  yaml: string;
}

export interface Listing {
  dashboards: Summary[];
  total: number;
}

/** The dashboards of another server, or why there is no list. */
export interface Shared extends Listing {
  /** Where its pages are; null where no other server is known. */
  url: string | null;
  problem: string | null;
}

export interface Freshness {
  charts:
    | { status: "fresh" | "stale" | "unknown"; age_seconds: number | null; reason: string | null }[]
    | Record<
        string,
        { status: "fresh" | "stale" | "unknown"; age_seconds: number | null; reason: string | null }
      >;
}

export interface Validation {
  valid: boolean;
  mode: "offline" | "warehouse";
  problems: Problem[];
  note: string | null;
}

export interface Column {
  name: string;
  type: string;
}

export interface PlannedQuery {
  name: string;
  role: "main" | "comparison" | "options";
  sql: string;
  parameters: { name: string; type: string; value: unknown }[];
  tables: string[];
  estimated_bytes: number | null;
  cost_usd: string;
  cap_bytes: number;
  cached: boolean;
  used_by: string[];
  columns: Column[];
}

export interface Plan {
  slug: string;
  revision: string;
  queries: PlannedQuery[];
  totals: {
    estimated_bytes: number;
    cost_usd: string;
    cost_usd_month: string | null;
    exact: boolean;
    note: string;
  };
  problems: Problem[];
}

export interface Verification {
  verdict: "passed" | "failed" | "could_not_run";
  reason?: string | null;
  error?: string | null;
  hint?: string | null;
  /** The languages of those that are not in the one that was asked for. */
  error_lang?: string | null;
  hint_lang?: string | null;
  checks_lang?: string | null;
  dry_run?: boolean;
  schema: Column[];
  row_count: number | null;
  truncated: boolean;
  sample_rows: Record<string, unknown>[];
  profile: { name: string; nulls: number; distinct: number; min: unknown; max: unknown }[];
  checks: { check: string; passed: boolean; detail: string; severity: string }[];
  findings: {
    rule: string;
    severity: "error" | "warning" | "info";
    message: string;
    line?: number | null;
    column?: number | null;
    hint?: string | null;
  }[];
  tables: { id: string; updated_at: string | null; rows?: number | null }[];
  bytes_scanned: number | null;
  estimated_bytes?: number | null;
  cost_usd: string;
  cap_bytes: number;
  cache_hit: boolean;
  duration_ms: number;
  computed_at: string;
}

export interface DraftVerification {
  slug: string;
  passed: boolean;
  queries: { query: string; verification: Verification }[];
}

export interface Difference {
  from_revision: string;
  to_revision: string;
  changes: { kind: "added" | "removed" | "changed" | "moved"; path: string; text: string }[];
}

export interface Published {
  slug: string;
  revision: string;
  created: boolean;
  changed: boolean;
}

export interface Completions {
  completions: {
    label: string;
    kind: "table" | "column" | "function" | "parameter" | "keyword";
    detail: string;
    start: number;
    end: number;
  }[];
}
