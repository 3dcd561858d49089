/** How the cards of a row stand where the page has no room for the row as written. */

import type { Chart, Tile } from "../artifact";

/** Columns of twelve a card spans on a page of medium width, and on a narrow one. */
export interface Spans {
  medium: number;
  narrow: number;
}

/** Cards wider than half become whole, the rest halves; narrow, only KPIs stand in pairs. */
export function packed(row: Tile[], charts: Record<string, Chart>): Spans[] {
  const isKpi = row.map((tile) => charts[tile.chart]?.type === "kpi");
  const medium = paired(row.map((tile, at) => isKpi[at] || (tile.width ?? 12) <= 6));
  const narrow = paired(isKpi);
  return row.map((_, at) => ({ medium: medium[at] ?? 12, narrow: narrow[at] ?? 12 }));
}

/** Six columns for each of two halves that are neighbours, twelve for every other card. */
export function paired(halves: boolean[]): number[] {
  const spans: number[] = [];
  let at = 0;
  while (at < halves.length) {
    if (halves[at] && halves[at + 1]) {
      spans.push(6, 6);
      at += 2;
    } else {
      spans.push(12);
      at += 1;
    }
  }
  return spans;
}
