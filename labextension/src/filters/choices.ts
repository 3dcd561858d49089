/** A select of several: a button that says what is chosen, over a list of checkboxes. */

import type { Filter, FilterValue } from "../artifact";
import { messages } from "../messages";
import { button, h } from "../renderer/dom";
import { icon } from "../renderer/icons";
import { popover } from "../renderer/popover";
import { type Context, type Control, labelOf } from "./control";

const SEARCH_FROM = 9;

/** Choices apply as they are ticked; nothing ticked is no restriction. */
export function choices(filter: Filter, context: Context): Control {
  let options = filter.options ?? [];
  const chosen = new Set<string>();
  const text = h("b", {});
  const say = (): void => {
    const labels = options.filter((option) => chosen.has(option.value));
    const one = chosen.size === 1 ? (labels[0]?.label ?? [...chosen][0]) : null;
    text.textContent = chosen.size === 0 ? messages.all : (one ?? messages.chosen(chosen.size));
  };
  const apply = (): void => {
    say();
    const listed = options.map((option) => option.value).filter((value) => chosen.has(value));
    const values = [...new Set([...listed, ...chosen])];
    context.change(values.length > 0 ? values : null);
  };
  const face = [h("span", {}, labelOf(filter)), text, icon("chevron", 14)];
  const made = popover({ class: "field", kind: "dialog" }, face, (panel) => {
    panel.append(...choicePanel(options, chosen, apply));
    panel.setAttribute("aria-label", labelOf(filter));
  });
  const set = (value: FilterValue, from: Filter): void => {
    options = from.options ?? options;
    chosen.clear();
    for (const item of Array.isArray(value) ? value : []) chosen.add(item);
    say();
  };
  set(filter.value, filter);
  return { element: made.element, set };
}

function choicePanel(
  options: { value: string; label: string }[],
  chosen: Set<string>,
  apply: () => void,
): HTMLElement[] {
  const rows = options.map((option) => ({ option, row: choiceRow(option, chosen, apply) }));
  const list = h("div", { class: "choices" }, ...rows.map(({ row }) => row));
  const clear = button({ class: "btn quiet" }, () => {
    chosen.clear();
    for (const box of list.querySelectorAll("input")) box.checked = false;
    apply();
  });
  clear.textContent = messages.clear;
  const foot = h("div", { class: "pop-foot" }, clear);
  if (options.length < SEARCH_FROM) return [list, foot];
  const search = h("input", {
    type: "search",
    class: "search",
    placeholder: messages.search,
    "aria-label": messages.search,
  });
  search.addEventListener("input", () => {
    const wanted = search.value.trim().toLowerCase();
    for (const { option, row } of rows) {
      row.hidden = !`${option.label} ${option.value}`.toLowerCase().includes(wanted);
    }
  });
  return [search, list, foot];
}

function choiceRow(
  option: { value: string; label: string },
  chosen: Set<string>,
  apply: () => void,
): HTMLElement {
  const box = h("input", { type: "checkbox", checked: chosen.has(option.value) });
  box.addEventListener("change", () => {
    if (box.checked) chosen.add(option.value);
    else chosen.delete(option.value);
    apply();
  });
  return h("label", {}, box, h("span", {}, option.label));
}
