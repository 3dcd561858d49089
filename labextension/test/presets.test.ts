import { expect, it } from "vitest";
import type { Filter } from "../src/artifact";
import { anchor, lastDays, lastYear, periods, today } from "../src/filters/presets";

const range: Filter = {
  name: "period",
  type: "date_range",
  label: null,
  value: null,
  default: null,
};

it("counts both days of a preset", () => {
  expect(lastDays(7, "2013-03-03")).toEqual(["2013-02-25", "2013-03-03"]);
});

it("crosses a change of the clock without losing a day", () => {
  expect(lastDays(30, "2026-04-05")).toEqual(["2026-03-07", "2026-04-05"]);
});

it("counts back from the default's end, so that a closed period has data", () => {
  const closed = { ...range, default: ["2013-06-01", "2013-06-30"] };
  expect(anchor(closed, "UTC", new Date("2026-11-23T00:00:00Z"))).toBe("2013-06-30");
});

it("counts back from today in the dashboard's zone, not in the reader's", () => {
  const now = new Date("2026-11-23T03:00:00Z");
  expect(anchor(range, "America/New_York", now)).toBe("2026-11-22");
  expect(today("Asia/Tokyo", new Date("2026-11-22T20:00:00Z"))).toBe("2026-11-23");
});

it("uses UTC for a zone it does not know", () => {
  expect(today("Mars/Olympus", new Date("2026-11-22T20:00:00Z"))).toBe("2026-11-22");
});

it.each([
  ["2026-11-22", "2025-11-23"],
  ["2026-08-31", "2025-09-01"],
  ["2024-02-29", "2023-03-01"],
  ["2025-02-28", "2024-02-29"],
  ["2026-01-01", "2025-01-02"],
])("counts twelve months back from %s to %s", (end, first) => {
  expect(lastYear(end)).toEqual([first, end]);
});

it("knows the periods of the calendar, whole or up to the day", () => {
  expect(periods("2026-02-10")).toEqual({
    thisMonth: ["2026-02-01", "2026-02-10"],
    lastMonth: ["2026-01-01", "2026-01-31"],
    thisQuarter: ["2026-01-01", "2026-02-10"],
    lastQuarter: ["2025-10-01", "2025-12-31"],
    thisYear: ["2026-01-01", "2026-02-10"],
    lastYear: ["2025-01-01", "2025-12-31"],
  });
  expect(periods("2024-12-31").lastQuarter).toEqual(["2024-07-01", "2024-09-30"]);
  expect(periods("2024-03-31").lastMonth).toEqual(["2024-02-01", "2024-02-29"]);
});
