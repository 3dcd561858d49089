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
  const text = guarded(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function guarded(value: Scalar): string {
  if (value === null) return "";
  const text = String(value);
  const formula = typeof value === "string" && FORMULA.test(text) && !NUMBER.test(text);
  return formula ? `'${text}` : text;
}

/** The shown columns of some rows as a spreadsheet takes them from the clipboard. */
export function toTsv(table: TableView): string {
  const shown = table.columns.map((_, at) => at).filter((at) => !table.columns[at]?.hidden);
  const rows = table.values[0]?.length ?? 0;
  const told = (value: Scalar): string => guarded(value).replaceAll(/[\t\r\n]+/g, " ");
  const lines = [shown.map((at) => told(table.columns[at]?.title ?? ""))];
  for (let row = 0; row < rows; row += 1) {
    lines.push(shown.map((at) => told(table.values[at]?.[row] ?? null)));
  }
  return lines.map((line) => line.join("\t")).join("\n");
}
