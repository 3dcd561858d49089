/** A table of a view: sorted by its headings, paged, with share bars, colour scales and links. */

import type { TableColumn, TableView } from "../artifact";
import { count } from "../format";
import { messages } from "../messages";
import { button, type Child, h, link } from "./dom";
import { icon } from "./icons";
import { isNumeric, type Order, sortedRows } from "./sorting";

const MOST_ROWS = 500;

/** Where a reader is in a table; it outlives a refresh of the data. */
export interface TableState {
  sort: { field: string; order: Order } | null;
  page: number;
}

interface Shown {
  view: TableView;
  locale: string;
  label: string;
  state: TableState;
}

/** The state of a table nobody touched yet. */
export function initialState(view: TableView): TableState {
  return { sort: view.sort, page: 0 };
}

/** A table that changes itself on a click on a heading or on its pager. */
export function tableBody(
  view: TableView,
  locale: string,
  label: string,
  state: TableState,
): HTMLElement {
  const host = h("div", { class: "table-body" });
  const shown: Shown = { view, locale, label, state };
  draw(host, shown);
  return host;
}

function draw(host: HTMLElement, shown: Shown): void {
  const { view, state } = shown;
  const order = rowOrder(shown);
  const size = Math.min(view.page_size ?? MOST_ROWS, MOST_ROWS);
  const pages = Math.max(1, Math.ceil(order.length / size));
  state.page = Math.min(Math.max(state.page, 0), pages - 1);
  const first = state.page * size;
  const rows = order.slice(first, first + size);
  const again = (focus: string): void => {
    draw(host, shown);
    host.querySelector<HTMLElement>(focus)?.focus();
  };
  const scroll = h(
    "div",
    { class: "tbl", tabindex: 0, role: "region", "aria-label": shown.label },
    h("table", {}, head(shown, again), h("tbody", {}, ...rows.map((row) => line(view, row)))),
  );
  host.replaceChildren(scroll);
  if (pages > 1) host.append(pager(shown, first, rows.length, order.length, again));
}

function rowOrder({ view, state, locale }: Shown): number[] {
  const rows = view.values[0]?.length ?? 0;
  const at = view.columns.findIndex((column) => column.field === state.sort?.field);
  const column = view.columns[at];
  if (!state.sort || !column) return Array.from({ length: rows }, (_, row) => row);
  return sortedRows(view.values[at] ?? [], column.type, state.sort.order, locale);
}

function head(shown: Shown, again: (focus: string) => void): HTMLElement {
  return h(
    "thead",
    {},
    h("tr", {}, ...visible(shown.view).map(([column, at]) => heading(shown, column, at, again))),
  );
}

function heading(
  shown: Shown,
  column: TableColumn,
  at: number,
  again: (focus: string) => void,
): HTMLElement {
  const { sort } = shown.state;
  const order = sort?.field === column.field ? sort.order : null;
  const sortBy = (): void => {
    shown.state.sort = { field: column.field, order: nextOrder(column, order) };
    shown.state.page = 0;
    again(`th[data-column="${at}"] button`);
  };
  const arrow = order && h("span", { "aria-hidden": "true" }, order === "ascending" ? "↑" : "↓");
  return h(
    "th",
    { scope: "col", class: cellClass(column), "aria-sort": order ?? "none", "data-column": at },
    button({}, sortBy, column.title, arrow),
  );
}

/** Numbers are first asked for from the largest, everything else from the first. */
function nextOrder(column: TableColumn, order: Order | null): Order {
  if (order !== null) return order === "ascending" ? "descending" : "ascending";
  return isNumeric(column.type) ? "descending" : "ascending";
}

function line(view: TableView, row: number): HTMLElement {
  return h("tr", {}, ...visible(view).map(([column, at]) => cell(view, column, at, row)));
}

/** The shown columns with their places in the view; a hidden one only serves another's links. */
function visible(view: TableView): [TableColumn, number][] {
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

function cellClass(column: TableColumn): string {
  return column.align === "right" ? "n" : column.align === "center" ? "c" : "";
}

function pager(
  shown: Shown,
  first: number,
  rows: number,
  all: number,
  again: (focus: string) => void,
): HTMLElement {
  const format = (value: number): string => count(value, shown.locale);
  const step = (by: number, name: string): void => {
    shown.state.page += by;
    again(`.pager .${name}:not(:disabled), .pager button:not(:disabled)`);
  };
  const turn = (by: -1 | 1, disabled: boolean): HTMLElement => {
    const name = by < 0 ? "previous" : "next";
    const label = by < 0 ? messages.previousPage : messages.nextPage;
    const attributes = { class: `icon ${name}`, "aria-label": label, title: label, disabled };
    return button(attributes, () => step(by, name), icon(by < 0 ? "left" : "right"));
  };
  return h(
    "div",
    { class: "pager" },
    h(
      "span",
      { role: "status" },
      messages.rows(format(first + 1), format(first + rows), format(all)),
    ),
    turn(-1, first === 0),
    turn(1, first + rows >= all),
  );
}
