import { expect, it } from "vitest";
import type { TableView } from "../src/artifact";
import { field, toCsv } from "../src/renderer/csv";

const column = { align: "left", bar: null, color_scale: null, link: null } as const;

it.each([
  "=1+1",
  "+cmd",
  "-cmd|x",
  "@sum",
  "\tx",
  "\rx",
  "=HYPERLINK(0)",
  "-1+cmd|' /C calc'!A0",
  "+1-2",
])("keeps %j from being a formula", (text) => {
  expect(field(text).replace(/^"/, "")).toMatch(/^'/);
});

it.each(["-12.5", "+3", "-1e-7", "12"])("leaves the number %s a number", (text) => {
  expect(field(text)).toBe(text);
  expect(field(Number(text))).toBe(String(Number(text)));
});

it("quotes commas, quotes and line breaks", () => {
  expect(field('a "b", c\nd')).toBe('"a ""b"", c\nd"');
});

it("writes shown columns only, and nothing for null", () => {
  const table: TableView = {
    kind: "table",
    columns: [
      { ...column, field: "a", title: "A, first", type: "STRING" },
      { ...column, field: "b", title: "B", type: "STRING", hidden: true },
      { ...column, field: "c", title: "C", type: "INT64" },
    ],
    values: [
      ["x", null],
      ["hidden", "hidden"],
      ["9007199254740993", 1],
    ],
    texts: [null, null, null],
    page_size: null,
    sort: null,
  };
  expect(toCsv(table)).toBe('"A, first",C\r\nx,9007199254740993\r\n,1\r\n');
});
