import { describe, expect, it } from "vitest";
import type { Artifact, Chart } from "../src/artifact";
import { age, ago, bytes, count, dayRange, dollars, duration, moment } from "../src/format";
import { xsrfToken } from "../src/page/document";
import { readProblem } from "../src/page/fetching";
import { matches } from "../src/page/list";
import { truncationNote } from "../src/renderer/card";
import { receiptText } from "../src/renderer/details";
import { safeAddress } from "../src/renderer/dom";
import { fileName } from "../src/renderer/download";
import { footerTexts } from "../src/renderer/footer";
import { paired } from "../src/renderer/packing";
import { segments } from "../src/renderer/sparkline";

const NOW = Date.parse("2026-11-23T03:00:00Z");

describe("numbers about data", () => {
  it.each([
    ["2026-11-23T02:59:30Z", "just now"],
    ["2026-11-23T02:56:00Z", "4 min"],
    ["2026-11-22T01:00:00Z", "26 h"],
    ["2026-11-20T03:00:00Z", "3 d"],
    ["2026-11-23T04:00:00Z", "just now"],
  ])("an age since %s is %s", (value, text) => {
    expect(age(value, NOW)).toBe(text);
  });

  it("says just now without ago", () => {
    expect(ago("2026-11-23T02:59:30Z", NOW)).toBe("just now");
    expect(ago("2026-11-23T02:56:00Z", NOW)).toBe("4 min ago");
  });

  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1_000, "1 kB"],
    [38_200_000, "38 MB"],
    [999_950_000, "1 GB"],
    [1_240_000_000, "1.2 GB"],
  ])("%d bytes are %s", (value, text) => {
    expect(bytes(value)).toBe(text);
  });

  it("durations change to seconds at one", () => {
    expect([duration(212.4), duration(999.6), duration(1400)]).toEqual([
      "212 ms",
      "1.0 s",
      "1.4 s",
    ]);
  });

  it("counts are whole up to a million and compact above", () => {
    expect([count(2000, "en-US"), count(1_204_311, "en-US")]).toEqual(["2,000", "1.2 M"]);
  });

  it("days are never shifted, moments stand in the dashboard's zone", () => {
    expect(dayRange("2013-06-01", "2013-06-30", "en-US")).toMatch(/^Jun 1\s.\s30, 2013$/u);
    expect(moment("2026-11-23T03:00:00Z", "en-GB", "America/New_York")).toContain("22 Nov 2026");
    expect(moment("2026-11-23T03:00:00Z", "en-GB", "No/Zone")).toContain("03:00");
  });
});

const chart = (more: Partial<Chart>): Chart => ({
  ...({ state: "ready", truncated: true, row_count: 1_204_311 } as Chart),
  view: {
    kind: "table",
    columns: [],
    values: [Array.from({ length: 2000 }, (_, row) => row)],
    texts: [null],
    page_size: null,
    sort: null,
  },
  ...more,
});

describe("what a card says beside its picture", () => {
  it("tells how much of a cut result is shown", () => {
    expect(truncationNote(chart({}), "en-US")).toBe("First 2,000 of 1.2 M rows");
    expect(truncationNote(chart({ row_count: null }), "en-US")).toContain("there are more");
    expect(truncationNote(chart({ truncated: false }), "en-US")).toBeNull();
  });

  it("tells a receipt that no longer matches from one that does", () => {
    const receipt = {
      id: "r",
      verified_at: "2026-11-23T02:00:00Z",
      verdict: "passed",
      matches: true,
    };
    expect(receiptText(receipt)).toContain("unchanged since");
    expect(receiptText({ ...receipt, matches: false })).toContain("; changed since");
    expect(receiptText({ ...receipt, verdict: "failed" })).toContain("failed");
    expect(receiptText(null)).toBe("Not verified");
  });
});

it("the foot names cost, cache and revision", () => {
  const artifact = {
    slug: "sales",
    revision: "4f2c91a7d0",
    queries: 7,
    queries_cached: 6,
    bytes_scanned: 38_000_000,
    duration_ms: 212,
    timezone: "UTC",
    charts: {
      a: { query: "q", receipt: { id: "r", verified_at: null, verdict: "passed", matches: true } },
      b: { query: "q", receipt: { id: "r", verified_at: null, verdict: "passed", matches: false } },
      c: { query: "p", receipt: null },
      d: { query: null, receipt: null },
    },
  } as unknown as Artifact;
  expect(footerTexts(artifact)).toEqual([
    "6 of 7 queries from cache",
    "38 MB scanned",
    "Loaded in 212 ms",
    "sales.peter.yaml @ 4f2c91a",
    "UTC",
    "1 of 3 charts as they were verified",
  ]);
});

it.each([
  ["https://example.com/a", true],
  ["http://example.com", true],
  ["javascript:alert(1)", false],
  [" JaVaScRiPt:alert(1)", false],
  ["java\nscript:alert(1)", false],
  ["data:text/html,x", false],
  ["//example.com", false],
  ["vbscript:x", false],
  [null, false],
])("%j is a link: %s", (address, isLink) => {
  expect(safeAddress(address) !== null).toBe(isLink);
});

it("file names hold no path and no surprise", () => {
  expect(fileName("../../Net revenue: by day", "csv")).toBe("net-revenue-by-day.csv");
  expect(fileName("///", "svg")).toBe("chart.svg");
});

it("pairs halves and lets no card stand beside a hole", () => {
  expect(paired([true, true, true])).toEqual([6, 6, 12]);
  expect(paired([false, true])).toEqual([12, 12]);
  expect(paired([true, false, true, true])).toEqual([12, 12, 6, 6]);
});

it("a sparkline has a gap where a value is missing and none from one value", () => {
  expect(segments([1, 2, null, 3, 4])).toHaveLength(2);
  expect(segments([1, null, null])).toEqual([]);
  expect(segments([5, 5])[0]?.every(([, y]) => y === 18)).toBe(true);
});

it("finds a dashboard by every word asked for", () => {
  const entry = { slug: "sales", title: "Sales overview", owner: "ana@example.com", url: "/d" };
  const any = { q: "", tag: "", owner: "" };
  expect(matches(entry, { ...any, q: "ANA sales" })).toBe(true);
  expect(matches(entry, { ...any, q: "ana costs" })).toBe(false);
  expect(matches({ ...entry, tags: ["costs"] }, { ...any, q: "ana costs" })).toBe(true);
  expect(matches({ ...entry, tags: ["costs"] }, { ...any, tag: "costs" })).toBe(true);
  expect(matches(entry, { ...any, tag: "costs" })).toBe(false);
  expect(matches(entry, { ...any, owner: "ana@example.com" })).toBe(true);
  expect(matches(entry, { ...any, owner: "bob@example.com" })).toBe(false);
});

it.each([
  ["0", "$0"],
  ["0.000119", "< $0.01"],
  ["0.12", "$0.12"],
  ["1234.5", "$1,235"],
])("%s dollars are %s", (amount, text) => {
  expect(dollars(amount)).toBe(text);
});

it("reads the XSRF token among other cookies", () => {
  expect(xsrfToken("a=1; _xsrf=2%7Cab; b=2")).toBe("2|ab");
  expect(xsrfToken("not_xsrf=1")).toBeNull();
});

it("reads a problem document, and an answer that is none", async () => {
  const body = {
    title: "Not found",
    detail: "No dashboard x.",
    detail_lang: "en",
    code: "not_found",
    hint: "Look.",
    diff: { changes: [{ kind: "added", path: "charts.x", text: "x" }] },
  };
  const headers = { "content-type": "application/problem+json" };
  expect(await readProblem(new Response(JSON.stringify(body), { status: 404, headers }))).toEqual({
    ...body,
    hint_lang: null,
  });
  const broken = await readProblem(new Response("{", { status: 502, headers }));
  expect(broken.code).toBe("502");
  expect((await readProblem(new Response("<html>", { status: 500 }))).detail).toContain("500");
});
