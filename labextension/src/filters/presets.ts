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

type Range = [string, string];

/** The last twelve months up to and including `end`: from the day after the same one a year ago. */
export function lastYear(end: string): Range {
  const { day, month, date } = calendar(end);
  const longest = Number(day(month - 11, 0).slice(8));
  return [day(month - 12, Math.min(date, longest) + 1), end];
}

/** The calendar's periods: those that `end` lies in up to it, and the whole ones before them. */
export function periods(end: string): Record<Period, Range> {
  const { day, month } = calendar(end);
  const quarter = month - (month % 3);
  return {
    thisMonth: [day(month), end],
    lastMonth: [day(month - 1), day(month, 0)],
    thisQuarter: [day(quarter), end],
    lastQuarter: [day(quarter - 3), day(quarter, 0)],
    thisYear: [day(0), end],
    lastYear: [day(-12), day(0, 0)],
  };
}

type Period = "thisMonth" | "lastMonth" | "thisQuarter" | "lastQuarter" | "thisYear" | "lastYear";

/** The day's place in its year, months from 0, and the ISO day at another place of that year. */
function calendar(end: string): {
  day: (month: number, date?: number) => string;
  month: number;
  date: number;
} {
  const [year = 0, month = 1, date = 1] = end.split("-").map(Number);
  const day = (at: number, of = 1): string =>
    new Date(Date.UTC(year, at, of)).toISOString().slice(0, 10);
  return { day, month: month - 1, date };
}

/** As many days up to and including `end`, as two ISO days. */
export function lastDays(days: number, end: string): Range {
  const last = Date.parse(`${end}T00:00:00Z`);
  return [new Date(last - (days - 1) * DAY).toISOString().slice(0, 10), end];
}
