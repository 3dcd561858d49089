import { Text } from "@codemirror/state";
import { describe, expect, it } from "vitest";
import type { Problem } from "../src/models";
import { offsetOf, rangeOf } from "../src/places";

const TEXT = Text.of(["title: 😀 ok", "y: dealy  # typo", ""]);
const PROBLEM: Problem = {
  rule: "r",
  severity: "error",
  message: "m",
  path: "",
  line: 2,
  column: 4,
  end_line: 2,
  end_column: 9,
  hint: null,
};

describe("the place of a problem", () => {
  it("is its range, whose end does not count", () => {
    const { from, to } = rangeOf(TEXT, PROBLEM);
    expect(TEXT.sliceString(from, to)).toBe("dealy");
  });

  it("counts characters, not halves of them", () => {
    expect(TEXT.sliceString(0, offsetOf(TEXT, 1, 9))).toBe("title: 😀");
  });

  it("is a word where no end is known", () => {
    const { from, to } = rangeOf(TEXT, { ...PROBLEM, end_line: null, end_column: null });
    expect(TEXT.sliceString(from, to)).toBe("dealy");
  });

  it("stays inside a text that became shorter", () => {
    expect(rangeOf(TEXT, { ...PROBLEM, line: 99, end_line: 99 }).to).toBeLessThanOrEqual(
      TEXT.length,
    );
  });

  it("is the first line where none is known", () => {
    expect(rangeOf(TEXT, { ...PROBLEM, line: null })).toEqual({ from: 0, to: TEXT.line(1).to });
  });
});
