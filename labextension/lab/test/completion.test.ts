import { describe, expect, it } from "vitest";
import { namesOf, optionsAt, parametersOf } from "../src/completion";
import { cursorAt } from "../src/cursor";
import type { Plan } from "../src/models";
import { keysAt, valuesAt } from "../src/schema";
import { slugOf, template } from "../src/template";

const TEXT = `version: 1
filters:
  period: {type: date_range, default: null}
  carrier:
    type: select
queries:
  daily:
    sql: |
      SELECT day FROM t
  other: {sql: "SELECT 1"}
charts:
  days: {type: line, query: daily, x: day}
  sum:
    type: kpi
    query: daily
`;
const PLAN = {
  queries: [{ name: "daily", role: "main", columns: [{ name: "day", type: "DATE" }] }],
} as unknown as Plan;

/** The labels that are offered when a line is written at the end of a text. */
function labels(more: string): string[] {
  const text = TEXT + more;
  const cursor = cursorAt(text, text.length);
  return cursor ? optionsAt(cursor, text, PLAN).map((option) => option.label) : [];
}

describe("completion", () => {
  it("offers the keys of a chart's own type, without those that are there", () => {
    const found = labels("    va");
    expect(found).toContain("value");
    expect(found).toContain("sparkline");
    expect(found).not.toContain("query");
    expect(found).not.toContain("page_size");
  });

  it("offers the names of queries and charts", () => {
    expect(labels("  new: {type: line, query: ")).toEqual(["daily", "other"]);
    expect(labels("layout:\n  - [")).toEqual(["days", "sum"]);
    expect(labels("layout:\n  - [{chart: ")).toEqual(["days", "sum"]);
  });

  it("offers the columns of the chart's query", () => {
    expect(labels("    value: ")).toEqual(["day"]);
    expect(labels("  new: {type: line, query: daily, x: d")).toEqual(["day"]);
    expect(labels("  new: {type: line, query: other, x: ")).toEqual([]);
  });

  it("offers the values that the schema names", () => {
    expect(labels("    aggregate: ")).toContain("mean");
    expect(labels("  new: {type: ")).toContain("heatmap");
    expect(labels("    format: ")).toContain("percent");
  });

  it("knows the parameters that filters bind", () => {
    expect(parametersOf(TEXT)).toEqual(["period_start", "period_end", "carrier"]);
  });

  it("knows the names of a section", () => {
    expect(namesOf(TEXT, "queries")).toEqual(["daily", "other"]);
    expect(namesOf(TEXT, "charts")).toEqual(["days", "sum"]);
    expect(namesOf(TEXT, "layout")).toEqual([]);
  });
});

describe("the schema", () => {
  it("knows the root's keys and which of them are needed", () => {
    const keys = keysAt([], undefined);
    expect(keys.filter((key) => key.required).map((key) => key.name)).toContain("slug");
    expect(keys.find((key) => key.name === "queries")?.nested).toBe(true);
    expect(keys.find((key) => key.name === "title")?.nested).toBe(false);
  });

  it("tells types apart by their tag", () => {
    expect(keysAt(["charts", "any"], "pie").map((key) => key.name)).toContain("category");
    expect(keysAt(["charts", "any"], "kpi").map((key) => key.name)).not.toContain("category");
    expect(valuesAt(["filters", "any", "type"], undefined)).toContain("date_range");
  });
});

describe("the template", () => {
  it("has a slug of every title", () => {
    expect(slugOf("Café sales 2026")).toBe("cafe-sales-2026");
    expect(slugOf("売上")).toBe("new-dashboard");
    expect(slugOf("a".repeat(90))).toHaveLength(64);
  });

  it("keeps a title with quotes one text", () => {
    expect(template("a-b", 'Say "hi": x')).toContain('title: "Say \\"hi\\": x"');
  });
});
