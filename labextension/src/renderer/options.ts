/** What a surface gives the renderer. */

import type { FilterValues } from "../artifact";
import type { DrawThemed } from "../charts/themed";

export type ThemeChoice = "auto" | "light" | "dark";

/** One entry of the export menu: something to do, or an address to open. */
export type Action = { label: string; run: () => void } | { label: string; href: string };

export interface RenderOptions {
  /** Gives the function that draws charts once it is loaded. */
  charts: () => Promise<DrawThemed>;
  /** Called with every filter's value when the reader changes one; no filters without it. */
  onFilters?: (values: FilterValues) => void;
  /** Asks again for a chart that failed; no button without it. */
  onRetry?: (chart: string) => void;
  /** Runs the query behind a chart again; no entry of its menu without it. */
  onRefresh?: (chart: string) => void;
  /** The tab that is open at first, counted from 1. */
  tab?: number;
  /** Told which tab the reader opens, counted from 1. */
  onTab?: (tab: number) => void;
  theme?: ThemeChoice;
  /** Entries of the export menu, in order. */
  actions?: Action[];
  /** Opens the history, for those who may see it; no button without it. */
  onHistory?: () => void;
  /** Where the list of dashboards is; no link to it without an address. */
  home?: string | null;
  /** A kept copy: ages are told as moments, filters are shown and cannot be changed. */
  still?: boolean;
  /** All tabs below each other, for a picture of the whole. */
  stacked?: boolean;
}
