import { describe, expect, it } from "vitest";
import type { TableView } from "../src/artifact";
import { toTsv } from "../src/renderer/csv";
import { initialState, tableBody } from "../src/renderer/table";

const view = (rows: number, page_size: number | null): TableView => ({
  kind: "table",
  columns: ["name", "size"].map((field) => ({
    field,
    title: field,
    type: field === "size" ? "INT64" : "STRING",
    align: "left",
    bar: null,
    color_scale: null,
    link: null,
  })),
  values: [
    Array.from({ length: rows }, (_, row) => `row ${row}`),
    Array.from({ length: rows }, (_, row) => row),
  ],
  texts: [null, null],
  page_size,
  sort: null,
});
const shown = (of: TableView): HTMLElement => tableBody(of, "en-US", "A table", initialState(of));
const names = (table: HTMLElement): string[] =>
  [...table.querySelectorAll("tbody tr:not(.space) td:first-child")].map((td) => td.textContent);

describe("a table", () => {
  it("of two thousand rows has those in the page that are near", () => {
    const table = shown(view(2_000, null));
    expect(names(table).length).toBeLessThan(200);
    expect(names(table)[0]).toBe("row 0");
    expect(table.querySelector("table")?.getAttribute("aria-rowcount")).toBe("2001");
    const scroll = table.querySelector(".tbl") as HTMLElement;
    scroll.scrollTop = 37 * 1_000;
    scroll.dispatchEvent(new Event("scroll"));
    expect(names(table)).toContain("row 1000");
    expect(names(table)).not.toContain("row 0");
    const heights = [...table.querySelectorAll<HTMLElement>("tr.space")].map((row) =>
      parseInt(row.style.height),
    );
    expect((heights[0] ?? 0) + (heights[1] ?? 0) + names(table).length * 37).toBe(2_000 * 37);
  });

  it("of five hundred rows is whole", () => {
    expect(names(shown(view(500, null)))).toHaveLength(500);
  });

  it("is searched in what is shown, and says when nothing matches", () => {
    const table = shown(view(30, 10));
    const box = table.querySelector("input") as HTMLInputElement;
    const search = (text: string): void => {
      box.value = text;
      box.dispatchEvent(new Event("input"));
    };
    search("ROW 2");
    expect(names(table)).toEqual(["row 2", ...Array.from({ length: 9 }, (_, at) => `row 2${at}`)]);
    expect(table.querySelector("[role=status]")?.textContent).toBe("1–10 of 11");
    search("nothing");
    expect(names(table)).toEqual([]);
    expect(table.querySelector("[role=status]")?.textContent).toBe("No row matches.");
    expect(table.querySelector("input")).toBe(box);
  });

  it("of a few rows has neither search nor pages", () => {
    expect(shown(view(10, 25)).querySelector(".pager")).toBeNull();
  });

  it("is copied as a spreadsheet takes it, and nothing in it runs there", () => {
    const small = view(1, null);
    small.values = [["=HYPERLINK(1)\t2"], ["-5"]];
    expect(toTsv(small)).toBe("name\tsize\n'=HYPERLINK(1) 2\t-5");
    small.columns[0] = { ...small.columns[0], title: "=1+1\r\n@x" } as (typeof small.columns)[0];
    small.values = [["a\r\n=1+1"], ["\r=2"]];
    expect(toTsv(small)).toBe("'=1+1 @x\tsize\na =1+1\t' =2");
  });
});
