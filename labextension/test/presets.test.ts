import { expect, it } from "vitest";
import type { Filter } from "../src/artifact";
import { anchor, lastDays, today } from "../src/filters/presets";

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
