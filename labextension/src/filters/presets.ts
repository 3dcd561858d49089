/** The quick choices of a date range. */

import type { Filter } from "../artifact";

const DAY = 86_400_000;

export const PRESET_DAYS = [7, 30, 90] as const;

/** The day it is now in an IANA zone, as an ISO day; UTC for an unknown zone. */
export function today(timezone: string, now: Date = new Date()): string {
  try {
    return new Intl.DateTimeFormat("en-CA", { timeZone: timezone }).format(now).slice(0, 10);
  } catch {
    return now.toISOString().slice(0, 10);
  }
}

/**
 * The last day presets count back from: the default's end where there is one, so that a dashboard
 * over a closed period does not offer days without data, else today in the dashboard's zone.
 */
export function anchor(filter: Filter, timezone: string, now?: Date): string {
  const end = Array.isArray(filter.default) ? filter.default[1] : undefined;
  return end ?? today(timezone, now);
}

/** As many days up to and including `end`, as two ISO days. */
export function lastDays(days: number, end: string): [string, string] {
  const last = Date.parse(`${end}T00:00:00Z`);
  return [new Date(last - (days - 1) * DAY).toISOString().slice(0, 10), end];
}
