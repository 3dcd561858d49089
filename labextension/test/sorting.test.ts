import { describe, expect, it } from "vitest";
import { compareNumbers, sortedRows } from "../src/renderer/sorting";

describe("the order of rows", () => {
  it("puts nulls last in both directions", () => {
    const values = [2, null, 1];
    expect(sortedRows(values, "INT64", "ascending", "en")).toEqual([2, 0, 1]);
    expect(sortedRows(values, "INT64", "descending", "en")).toEqual([0, 2, 1]);
  });

  it("keeps equal rows as they came", () => {
    expect(sortedRows(["b", "a", "b", "a"], "STRING", "descending", "en")).toEqual([0, 2, 1, 3]);
  });

  it("compares numbers that travel as strings as numbers", () => {
    expect(sortedRows(["10", "9", "-1"], "NUMERIC", "ascending", "en")).toEqual([2, 1, 0]);
  });

  it("sorts texts as people do, whatever the locale is called", () => {
    expect(sortedRows(["item 10", "item 9"], "STRING", "ascending", "en")).toEqual([1, 0]);
    expect(sortedRows(["b", "a"], "STRING", "ascending", "no_such-locale!")).toEqual([1, 0]);
  });
});

it.each([
  ["9007199254740993", "9007199254740992", 1],
  ["-9007199254740993", "-9007199254740992", -1],
  ["0.10000000000000000001", "0.1", 1],
  ["00012", "12", 0],
])("tells %s from %s beyond a double's digits", (a, b, sign) => {
  expect(Math.sign(compareNumbers(a, b))).toBe(sign);
  expect(Math.sign(compareNumbers(b, a))).toBe(sign === 0 ? 0 : -sign);
});

it("puts what is no number after the numbers", () => {
  expect(compareNumbers("NaN", 1)).toBeGreaterThan(0);
});
