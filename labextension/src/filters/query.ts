/** Filter values in a page's address, in the document's order so that equal views are one URL. */

import type { Filter, FilterValue, FilterValues } from "../artifact";

/** The current values of an artifact's filters, by name. */
export function filterValues(filters: Filter[]): FilterValues {
  const values: FilterValues = {};
  for (const filter of filters) values[filter.name] = filter.value;
  return values;
}

/** Whether two filter values mean the same. */
export function sameValue(a: FilterValue, b: FilterValue): boolean {
  return JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
}

/**
 * The query string of the values that differ from their defaults, without the question mark.
 * A range is `<name>_start` and `<name>_end`, several choices repeat their name, and an empty
 * value is a default that was cleared.
 */
export function toQuery(filters: Filter[], values: FilterValues): string {
  const query = new URLSearchParams();
  for (const filter of filters) {
    const value = values[filter.name] ?? null;
    if (sameValue(value, filter.default)) continue;
    for (const [key, text] of pairs(filter, value)) query.append(key, text);
  }
  return query.toString();
}

/** The values a query string asks for, defaults where it is silent. */
export function fromQuery(filters: Filter[], search: string): FilterValues {
  const query = new URLSearchParams(search);
  const values: FilterValues = {};
  for (const filter of filters) values[filter.name] = read(filter, query);
  return values;
}

function pairs(filter: Filter, value: FilterValue): [string, string][] {
  if (filter.type === "date_range") {
    const [start, end] = Array.isArray(value) ? value : ["", ""];
    return [
      [`${filter.name}_start`, start ?? ""],
      [`${filter.name}_end`, end ?? ""],
    ];
  }
  if (Array.isArray(value) && value.length > 0) return value.map((item) => [filter.name, item]);
  return [[filter.name, value === null || Array.isArray(value) ? "" : String(value)]];
}

function read(filter: Filter, query: URLSearchParams): FilterValue {
  if (filter.type === "date_range") return readRange(filter, query);
  const texts = query.getAll(filter.name);
  const first = texts[0];
  if (first === undefined) return filter.default;
  if (filter.type === "select" && filter.multiple) {
    const chosen = texts.filter((text) => text !== "");
    return chosen.length > 0 ? chosen : null;
  }
  return typed(filter, first);
}

function readRange(filter: Filter, query: URLSearchParams): FilterValue {
  const start = query.get(`${filter.name}_start`);
  const end = query.get(`${filter.name}_end`);
  if (start === null && end === null) return filter.default;
  if (start === "" && end === "") return null;
  const known = Array.isArray(filter.default) ? filter.default : [];
  const range = [start || known[0], end || known[1]];
  return range.every(isDay) ? (range as string[]) : filter.default;
}

function typed(filter: Filter, text: string): FilterValue {
  if (text === "") return null;
  switch (filter.type) {
    case "number": {
      const value = Number(text);
      return Number.isFinite(value) ? value : filter.default;
    }
    case "boolean":
      return text === "true" ? true : text === "false" ? false : filter.default;
    case "date":
      return isDay(text) ? text : filter.default;
    default:
      return text;
  }
}

function isDay(text: string | undefined): boolean {
  return text !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));
}
