/** Artifacts in parts: what other filter values touch, and a part put into its whole. */

import type { Artifact, Chart, FilterValues } from "./artifact";
import { sameValue } from "./filters/query";

/**
 * The charts that show something else at other filter values; null where a server does not say
 * which filters are behind a chart, so that all are to be asked for.
 */
export function touched(held: Artifact, values: FilterValues): string[] | null {
  const changed = held.filters
    .filter(({ name, value }) => !sameValue(values[name] ?? null, value))
    .map(({ name }) => name);
  const charts = Object.entries(held.charts);
  if (charts.some(([, chart]) => chart.filters === undefined)) return null;
  return charts.filter(([, chart]) => dependsOn(chart, changed)).map(([name]) => name);
}

/**
 * The newer artifact; where it is a part, with the charts it lacks from the one that is held. Null
 * where they do not belong together: of two revisions, or a chart that is not in the part depends
 * on a filter whose value has changed.
 */
export function merged(held: Artifact | null, newer: Artifact): Artifact | null {
  if (!newer.partial) return newer;
  if (held?.slug !== newer.slug || held.revision !== newer.revision) return null;
  const changed = newer.filters
    .filter(({ name, value }) => {
      const before = held.filters.find((filter) => filter.name === name);
      return !before || !sameValue(before.value, value);
    })
    .map(({ name }) => name);
  const left = Object.entries(held.charts).filter(([name]) => !Object.hasOwn(newer.charts, name));
  if (left.some(([, chart]) => dependsOn(chart, changed))) return null;
  const charts = { ...held.charts, ...newer.charts };
  return {
    ...newer,
    partial: false,
    charts,
    as_of: oldest(charts, "computed_at"),
    source_updated_at: oldest(charts, "source_updated_at"),
    refreshing: refreshing(charts).length > 0,
  };
}

/** A chart with all others that show the same query. */
export function siblings(held: Artifact, name: string): string[] {
  const query = held.charts[name]?.query ?? null;
  if (query === null) return [name];
  return Object.keys(held.charts).filter((other) => held.charts[other]?.query === query);
}

/** The charts that are computed anew while their older data is shown. */
export function refreshing(charts: Record<string, Chart>): string[] {
  return Object.keys(charts).filter((name) => charts[name]?.refreshing);
}

/** The charts that were not asked for yet: those of a tab, counted from 1, or of all. */
export function waiting({ layout, charts }: Artifact, tab?: number): string[] {
  const tabs = tab === undefined ? layout.tabs : layout.tabs.slice(tab - 1, tab);
  const names = tabs.flatMap(({ rows }) => rows.flat().map(({ chart }) => chart));
  return [...new Set(names)].filter((name) => charts[name]?.state === "waiting");
}

function dependsOn(chart: Chart, filters: string[]): boolean {
  return !chart.filters || chart.filters.some((name) => filters.includes(name));
}

/** RFC 3339 in UTC to the second: the order of the texts is that of the moments. */
function oldest(
  charts: Record<string, Chart>,
  stamp: "computed_at" | "source_updated_at",
): string | null {
  const known = Object.values(charts).flatMap((chart) => chart[stamp] ?? []);
  return known.sort()[0] ?? null;
}
