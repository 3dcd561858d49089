import { describe, expect, it } from "vitest";
import type { Filter } from "../src/artifact";
import { fromQuery, sameValue, toQuery } from "../src/filters/query";

const filter = (more: Partial<Filter>): Filter => ({
  name: "carrier",
  type: "select",
  label: null,
  value: null,
  default: null,
  ...more,
});
const period = filter({
  name: "period",
  type: "date_range",
  default: ["2013-06-01", "2013-06-30"],
});
const carriers = filter({ name: "carriers", multiple: true });
const least = filter({ name: "least", type: "number", default: 5 });
const late = filter({ name: "late", type: "boolean" });
const name = filter({ name: "name", type: "text" });
const all = [period, filter({}), carriers, least, late, name];

describe("the address of filter values", () => {
  it("is empty for the defaults", () => {
    expect(toQuery(all, fromQuery(all, ""))).toBe("");
  });

  it("is the same for values set in any order", () => {
    const one = { carrier: "AA", period: ["2013-01-01", "2013-01-31"], least: 5 };
    const other = { least: 5, period: ["2013-01-01", "2013-01-31"], carrier: "AA" };
    expect(toQuery(all, one)).toBe(toQuery(all, other));
    expect(toQuery(all, one)).toBe("period_start=2013-01-01&period_end=2013-01-31&carrier=AA");
  });

  it.each([
    [{ period: ["2013-02-01", "2013-02-03"] }],
    [{ period: null }],
    [{ carrier: "A&B=C d" }],
    [{ carriers: ["AA", "UA"] }],
    [{ least: -2.5 }],
    [{ least: null }],
    [{ late: true }],
    [{ late: false }],
    [{ name: "<script>" }],
  ])("brings %j back as it was", (changed) => {
    const values = { ...fromQuery(all, ""), ...changed };
    expect(fromQuery(all, toQuery(all, values))).toEqual(values);
  });

  it.each([
    ["period_start=nonsense&period_end=2013-01-01", "period"],
    ["least=many", "least"],
    ["late=perhaps", "late"],
  ])("falls back to the default for %s", (search, filterName) => {
    const fallback = all.find((one) => one.name === filterName)?.default;
    expect(fromQuery(all, search)[filterName]).toEqual(fallback);
  });

  it("takes a range of which one side is given from the default's other side", () => {
    expect(fromQuery(all, "period_start=2013-06-10").period).toEqual(["2013-06-10", "2013-06-30"]);
  });
});

it("tells equal values from different ones", () => {
  expect(sameValue(["a", "b"], ["a", "b"])).toBe(true);
  expect(sameValue(["a"], "a")).toBe(false);
  expect(sameValue(null, "")).toBe(false);
});
