/** The blocks of a text chart as elements. */

import type { Block, Inline, TextView } from "../artifact";
import { h, link } from "./dom";

const DEEPEST = 24;

/** Paragraphs, lists and headings, which stand below the second level of the card's title. */
export function prose(view: TextView): HTMLElement {
  return h("div", { class: "prose" }, ...view.blocks.map(block));
}

function block(item: Block): HTMLElement {
  switch (item.kind) {
    case "heading":
      return h("h3", {}, ...inlines(item.children));
    case "list":
      return h(
        item.ordered ? "ol" : "ul",
        {},
        ...item.items.map((children) => h("li", {}, ...inlines(children))),
      );
    default:
      return h("p", {}, ...inlines(item.children));
  }
}

function inlines(items: Inline[], depth = 0): (Node | string)[] {
  if (depth > DEEPEST) return [];
  return items.map((item) => inline(item, depth + 1));
}

function inline(item: Inline, depth: number): Node | string {
  if ("text" in item) return item.text;
  if ("code" in item) return h("code", {}, item.code);
  if ("strong" in item) return h("strong", {}, ...inlines(item.strong, depth));
  if ("em" in item) return h("em", {}, ...inlines(item.em, depth));
  return link(item.link, ...inlines(item.children, depth));
}
