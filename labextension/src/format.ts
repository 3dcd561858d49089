/** Ages, sizes, durations and moments as people read them. */

import { messages } from "./messages";

const SIZES = ["B", "kB", "MB", "GB", "TB", "PB"];

/** How long ago an ISO moment was: "4 min", "26 h", "3 d"; "just now" below a minute. */
export function age(moment: string, now: number = Date.now(), days = messages.days): string {
  const seconds = Math.max(0, (now - Date.parse(moment)) / 1000);
  if (!Number.isFinite(seconds) || seconds < 60) return messages.justNow;
  if (seconds < 3600) return messages.minutes(Math.floor(seconds / 60));
  if (seconds < 48 * 3600) return messages.hours(Math.floor(seconds / 3600));
  return days(Math.floor(seconds / 86400));
}

/** The age as a phrase: "4 min ago", or "just now". */
export function ago(moment: string, now?: number): string {
  // In German, days that are over are in another case.
  const text = age(moment, now, messages.pastDays);
  return text === messages.justNow ? text : messages.age(text);
}

/** Bytes in decimal units, written as in a locale: "38 MB", "1.2 GB". */
export function bytes(count: number, locale = "en"): string {
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < SIZES.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit > 0 && value < 9.95 ? 1 : 0;
  return `${numberFormat(locale, { maximumFractionDigits: digits }).format(value)} ${SIZES[unit]}`;
}

/** A decimal string of US dollars: "$0.12", "$1,200"; "< $0.01" for what is next to nothing. */
export function dollars(amount: string, locale = "en"): string {
  const value = Number(amount);
  if (!Number.isFinite(value)) return amount;
  if (value > 0 && value < 0.01) return `< ${dollars("0.01", locale)}`;
  const digits = value > 0 && value < 100 ? 2 : 0;
  return numberFormat(locale, {
    style: "currency",
    currency: "USD",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value);
}

/** Milliseconds as "212 ms" or "1.4 s", written as in a locale. */
export function duration(milliseconds: number, locale = "en"): string {
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`;
  const options = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  return `${numberFormat(locale, options).format(milliseconds / 1000)} s`;
}

/** A whole number in the dashboard's locale; from a million on compact: "1.2 M". */
export function count(value: number, locale: string): string {
  if (value < 1_000_000) return numberFormat(locale, {}).format(value);
  const parts = numberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });
  return parts.format(value).replace(/(\d)(\p{L})/u, "$1 $2");
}

/** A UTC moment in the dashboard's zone: "23 Nov 2026, 03:00 EST". */
export function moment(value: string, locale: string, timezone: string): string {
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) return value;
  const options: Intl.DateTimeFormatOptions = {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZoneName: "short",
  };
  return dateText(date, locale, timezone, options);
}

/** The day of a UTC moment in the dashboard's zone: "23 Nov 2026". */
export function day(value: string, locale: string, timezone: string): string {
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) return value;
  const options: Intl.DateTimeFormatOptions = { day: "numeric", month: "short", year: "numeric" };
  return dateText(date, locale, timezone, options);
}

/** Two ISO days as a short range: "1 – 30 Jun 2013". Days are never shifted. */
export function dayRange(from: string, to: string, locale: string): string {
  const options: Intl.DateTimeFormatOptions = {
    day: "numeric",
    month: "short",
    year: "numeric",
    timeZone: "UTC",
  };
  const [start, end] = [new Date(`${from}T00:00:00Z`), new Date(`${to}T00:00:00Z`)];
  if (Number.isNaN(start.getTime()) || Number.isNaN(end.getTime())) return `${from} – ${to}`;
  try {
    return dateFormat(locale, options).formatRange(start, end);
  } catch {
    return `${from} – ${to}`;
  }
}

/** A moment by the given options; in English and UTC where locale or zone is unknown. */
function dateText(
  date: Date,
  locale: string,
  timezone: string,
  options: Intl.DateTimeFormatOptions,
): string {
  try {
    return dateFormat(locale, { ...options, timeZone: timezone }).format(date);
  } catch {
    return dateFormat("en", { ...options, timeZone: "UTC" }).format(date);
  }
}

/** A page says few kinds of moments many times, and making a format takes milliseconds. */
const dateFormats = new Map<string, Intl.DateTimeFormat>();

function dateFormat(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify([locale, options]);
  const known = dateFormats.get(key);
  if (known) return known;
  const made = new Intl.DateTimeFormat(locale, options);
  dateFormats.set(key, made);
  return made;
}

function numberFormat(locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  try {
    return new Intl.NumberFormat(locale, options);
  } catch {
    return new Intl.NumberFormat("en", options);
  }
}
