/** The order of a table's rows. */

import type { Scalar } from "../artifact";

export type Order = "ascending" | "descending";

const NUMERIC = new Set(["INT64", "FLOAT64", "NUMERIC", "BIGNUMERIC"]);

/** Whether values of a BigQuery type compare as numbers, though they may travel as strings. */
export function isNumeric(type: string): boolean {
  return NUMERIC.has(type.toUpperCase());
}

/** Row numbers in order: stable, nulls last in both directions. */
export function sortedRows(values: Scalar[], type: string, order: Order, locale: string): number[] {
  const compare = isNumeric(type) ? compareNumbers : textComparer(locale);
  const sign = order === "ascending" ? 1 : -1;
  const rows = values.map((_, row) => row);
  return rows.sort((left, right) => {
    const a = values[left] ?? null;
    const b = values[right] ?? null;
    if (a === null || b === null) return Number(a === null) - Number(b === null) || left - right;
    return sign * compare(a, b) || left - right;
  });
}

/** Compares exactly: digits beyond a double's precision decide between equal doubles. */
export function compareNumbers(a: Scalar, b: Scalar): number {
  const [x, y] = [Number(a), Number(b)];
  if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
  if (x !== y) return x < y ? -1 : 1;
  if (typeof a !== "string" || typeof b !== "string") return 0;
  return compareDecimals(a, b);
}

function compareDecimals(a: string, b: string): number {
  const [left, right] = [decimal(a), decimal(b)];
  if (!left || !right || left.sign !== right.sign) return 0;
  const whole = left.whole.length - right.whole.length || order(left.whole, right.whole);
  return left.sign * (whole || order(left.fraction, right.fraction));
}

function decimal(text: string): { sign: 1 | -1; whole: string; fraction: string } | null {
  const match = /^([-+]?)0*(\d*)(?:\.(\d*?)0*)?$/.exec(text);
  if (!match) return null;
  return { sign: match[1] === "-" ? -1 : 1, whole: match[2] ?? "", fraction: match[3] ?? "" };
}

function order(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function textComparer(locale: string): (a: Scalar, b: Scalar) => number {
  const collator = makeCollator(locale);
  return (a, b) => collator.compare(String(a), String(b));
}

function makeCollator(locale: string): Intl.Collator {
  try {
    return new Intl.Collator(locale, { numeric: true });
  } catch {
    return new Intl.Collator("en", { numeric: true });
  }
}
