/** The cells of a table: texts, share bars, colour scales and links. */

import type { TableColumn, TableView } from "../artifact";
import { messages } from "../messages";
import { type Child, h, link } from "./dom";

/** One row of a view. */
export function line(view: TableView, row: number): HTMLElement {
  return h("tr", {}, ...visible(view).map(([column, at]) => cell(view, column, at, row)));
}

/** The shown columns with their places in the view; a hidden one only serves another's links. */
export function visible(view: TableView): [TableColumn, number][] {
  const placed = view.columns.map((column, at): [TableColumn, number] => [column, at]);
  return placed.filter(([column]) => !column.hidden);
}

function cell(view: TableView, column: TableColumn, at: number, row: number): HTMLElement {
  const value = view.values[at]?.[row] ?? null;
  const content = cellContent(view, column, at, row);
  if (value === null) return h("td", { class: cellClass(column) }, content);
  if (column.bar) return barCell(percent(value, column.bar), content);
  if (column.color_scale) return tintCell(column, percent(value, column.color_scale), content);
  return h("td", { class: cellClass(column) }, content);
}

function cellContent(view: TableView, column: TableColumn, at: number, row: number): Child {
  const value = view.values[at]?.[row] ?? null;
  const text = view.texts[at]?.[row] ?? (value === null ? messages.null : String(value));
  const target = linkTarget(view, column, row);
  return target === null ? text : link(target, text);
}

function barCell(share: number, content: Child): HTMLElement {
  const bar = h("span", {}, h("i", { style: `width:${share}%` }));
  return h("td", { class: "n" }, h("div", { class: "share" }, bar, h("em", {}, content)));
}

function tintCell(column: TableColumn, share: number, content: Child): HTMLElement {
  return h("td", { class: `${cellClass(column)} tint`, style: `--t:${share}%` }, content);
}

function linkTarget(view: TableView, column: TableColumn, row: number): unknown {
  if (column.link === null) return null;
  const at = view.columns.findIndex((other) => other.field === column.link);
  return view.values[at]?.[row] ?? null;
}

function percent(value: unknown, [low, high]: [number, number]): number {
  const share = high > low ? (Number(value) - low) / (high - low) : 0;
  return Number.isFinite(share) ? Math.round(Math.min(Math.max(share, 0), 1) * 1000) / 10 : 0;
}

export function cellClass(column: TableColumn): string {
  return column.align === "right" ? "n" : column.align === "center" ? "c" : "";
}
