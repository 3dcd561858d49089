/** Rows of a long table: only those near what is seen are in the page. */

import { h } from "./dom";

const MANY = 500;
const AROUND = 40;
const ROW_PX = 37;

/**
 * Fills a table's body with rows made by `make`. From 500 rows on, those out of sight are two
 * empty rows of their height, and the body follows the scrolling of `scroll`.
 */
export function fillRows(
  scroll: HTMLElement,
  table: HTMLElement,
  count: number,
  make: (row: number) => HTMLElement,
): HTMLElement {
  const body = h("tbody", {});
  if (count <= MANY) {
    body.append(...Array.from({ length: count }, (_, row) => make(row)));
    return body;
  }
  // One row is the heading.
  table.setAttribute("aria-rowcount", String(count + 1));
  let height = ROW_PX;
  let drawn: [number, number] = [-1, -1];
  const space = (rows: number): HTMLElement =>
    h("tr", { class: "space", "aria-hidden": "true", style: `height:${rows * height}px` });
  const show = (): void => {
    height = body.querySelector<HTMLElement>("tr:not(.space)")?.offsetHeight || height;
    const top = Math.floor(scroll.scrollTop / height);
    const seen = Math.ceil((scroll.clientHeight || 600) / height);
    const from = Math.max(0, top - AROUND);
    const to = Math.min(count, top + seen + AROUND);
    // Small steps stay within the rows that are there already.
    if (Math.abs(from - drawn[0]) < AROUND / 2 && to - drawn[1] < AROUND / 2 && drawn[0] >= 0)
      return;
    drawn = [from, to];
    const rows = Array.from({ length: to - from }, (_, at) => {
      const row = make(from + at);
      row.setAttribute("aria-rowindex", String(from + at + 2));
      return row;
    });
    body.replaceChildren(space(from), ...rows, space(count - to));
  };
  show();
  const follow = (): void => {
    // The table was drawn anew, with another body.
    if (!table.contains(body)) scroll.removeEventListener("scroll", follow);
    else show();
  };
  scroll.addEventListener("scroll", follow, { passive: true });
  return body;
}
