/** A table of a view: sorted by its headings, searched, paged. */

import type { TableColumn, TableView } from "../artifact";
import { count } from "../format";
import { messages } from "../messages";
import { cellClass, line, visible } from "./cells";
import { button, h } from "./dom";
import { icon } from "./icons";
import { isNumeric, type Order, sortedRows } from "./sorting";
import { fillRows } from "./virtual";

const MOST_ROWS = 2_000;
const SEARCH_FROM = 11;

/** Where a reader is in a table; it outlives a refresh of the data. */
export interface TableState {
  sort: { field: string; order: Order } | null;
  page: number;
  /** Rows that hold this text are shown. */
  search: string;
}

/** The state of a table nobody touched yet. */
export function initialState(view: TableView): TableState {
  return { sort: view.sort, page: 0, search: "" };
}

/** A table that changes itself on a click on a heading or on its pager. */
export function tableBody(
  view: TableView,
  locale: string,
  label: string,
  state: TableState,
): HTMLElement {
  return new Table(view, locale, label, state).element;
}

class Table {
  readonly element = h("div", { class: "table-body" });
  private readonly scroll: HTMLElement;
  private readonly told = h("span", { role: "status" });
  private readonly turns = ([-1, 1] as const).map((by) => this.turn(by));

  constructor(
    private readonly view: TableView,
    private readonly locale: string,
    label: string,
    private readonly state: TableState,
  ) {
    this.scroll = h("div", { class: "tbl", tabindex: 0, role: "region", "aria-label": label });
    const all = view.values[0]?.length ?? 0;
    const pager = h("div", { class: "pager" }, this.told, this.search(), ...this.turns);
    this.element.append(this.scroll, ...(all >= SEARCH_FROM || all > this.size ? [pager] : []));
    this.draw();
  }

  private get size(): number {
    return Math.min(this.view.page_size ?? MOST_ROWS, MOST_ROWS);
  }

  private draw(): void {
    const { view, state, size } = this;
    const order = this.rowOrder();
    const pages = Math.max(1, Math.ceil(order.length / size));
    state.page = Math.min(Math.max(state.page, 0), pages - 1);
    const first = state.page * size;
    const rows = order.slice(first, first + size);
    const table = h("table", {}, this.head());
    this.scroll.replaceChildren(table);
    this.scroll.scrollTop = 0;
    table.append(fillRows(this.scroll, table, rows.length, (at) => line(view, rows[at] ?? 0)));
    const format = (value: number): string => count(value, this.locale);
    const [from, to] = [format(first + 1), format(first + rows.length)];
    this.told.textContent =
      rows.length > 0 ? messages.rows(from, to, format(order.length)) : messages.noRows;
    for (const [at, turn] of this.turns.entries()) {
      turn.hidden = pages === 1;
      turn.disabled = at === 0 ? first === 0 : first + rows.length >= order.length;
    }
  }

  private rowOrder(): number[] {
    const { view, state } = this;
    const rows = view.values[0]?.length ?? 0;
    const at = view.columns.findIndex((column) => column.field === state.sort?.field);
    const column = view.columns[at];
    const order =
      state.sort && column
        ? sortedRows(view.values[at] ?? [], column.type, state.sort.order, this.locale)
        : Array.from({ length: rows }, (_, row) => row);
    return state.search === "" ? order : order.filter((row) => holds(view, row, state.search));
  }

  private head(): HTMLElement {
    const headings = visible(this.view).map(([column, at]) => this.heading(column, at));
    return h("thead", {}, h("tr", {}, ...headings));
  }

  private heading(column: TableColumn, at: number): HTMLElement {
    const { sort } = this.state;
    const order = sort?.field === column.field ? sort.order : null;
    const sortBy = (): void => {
      this.state.sort = { field: column.field, order: nextOrder(column, order) };
      this.state.page = 0;
      this.draw();
      this.scroll.querySelector<HTMLElement>(`th[data-column="${at}"] button`)?.focus();
    };
    const arrow = order && h("span", { "aria-hidden": "true" }, order === "ascending" ? "↑" : "↓");
    return h(
      "th",
      { scope: "col", class: cellClass(column), "aria-sort": order ?? "none", "data-column": at },
      button({}, sortBy, column.title, arrow),
    );
  }

  private search(): HTMLElement {
    const label = messages.searchRows;
    const box = h("input", { type: "search", placeholder: label, "aria-label": label });
    box.value = this.state.search;
    box.addEventListener("input", () => {
      this.state.search = box.value.trim().toLowerCase();
      this.state.page = 0;
      this.draw();
    });
    return box;
  }

  private turn(by: -1 | 1): HTMLButtonElement {
    const label = by < 0 ? messages.previousPage : messages.nextPage;
    const step = (): void => {
      this.state.page += by;
      this.draw();
      // At the last page the focus would be lost with the button.
      const [back, next] = this.turns;
      if (by > 0 && next?.disabled) back?.focus();
      if (by < 0 && back?.disabled) next?.focus();
    };
    const attributes = { class: "icon", "aria-label": label, title: label };
    return button(attributes, step, icon(by < 0 ? "left" : "right"));
  }
}

/** Numbers are first asked for from the largest, everything else from the first. */
function nextOrder(column: TableColumn, order: Order | null): Order {
  if (order !== null) return order === "ascending" ? "descending" : "ascending";
  return isNumeric(column.type) ? "descending" : "ascending";
}

/** Whether a shown text of a row holds another one, in lower case. */
function holds(view: TableView, row: number, text: string): boolean {
  return visible(view).some(([, at]) => {
    const shown = view.texts[at]?.[row] ?? view.values[at]?.[row];
    return String(shown ?? "")
      .toLowerCase()
      .includes(text);
  });
}
