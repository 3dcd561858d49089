/** A table view as CSV: RFC 4180, and nothing a spreadsheet would run as a formula. */

import type { Scalar, TableView } from "../artifact";

const FORMULA = /^[=+\-@\t\r]/;
const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;

/** The shown columns of a table with a header line; the lines end in CR LF. */
export function toCsv(table: TableView): string {
  const shown = table.columns.map((_, at) => at).filter((at) => !table.columns[at]?.hidden);
  const lines = [shown.map((at) => field(table.columns[at]?.title ?? "")).join(",")];
  const rows = table.values[0]?.length ?? 0;
  for (let row = 0; row < rows; row += 1) {
    lines.push(shown.map((at) => field(table.values[at]?.[row] ?? null)).join(","));
  }
  return `${lines.join("\r\n")}\r\n`;
}

/** One field: a text that starts like a formula gets a quote mark ahead, a number stays. */
export function field(value: Scalar): string {
  if (value === null) return "";
  let text = String(value);
  if (typeof value === "string" && FORMULA.test(text) && !NUMBER.test(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
