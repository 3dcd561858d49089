/** The controls of a dashboard's filters. */

import type { Filter, FilterValue, FilterValues } from "../artifact";
import { messages } from "../messages";
import { button, h } from "../renderer/dom";
import { choices } from "./choices";
import { type Context, type Control, labelOf } from "./control";
import { dateRange } from "./date-range";
import { filterValues, sameValue } from "./query";

/** The row of all filters; `update` takes the values of a new artifact. */
export interface FilterBar {
  element: HTMLElement;
  update: (filters: Filter[]) => void;
}

/** Controls for every filter, and a reset once one differs from its default. */
export function filterBar(
  filters: Filter[],
  where: { timezone: string; locale: string },
  onChange: (values: FilterValues) => void,
): FilterBar {
  let values = filterValues(filters);
  let current = filters;
  const controls = new Map<string, Control>();
  const change = (changed: FilterValues): void => {
    values = { ...values, ...changed };
    showReset();
    onChange(values);
  };
  const reset = button({ class: "btn quiet" }, () => {
    const defaults = Object.fromEntries(current.map((filter) => [filter.name, filter.default]));
    for (const filter of current) controls.get(filter.name)?.set(filter.default, filter);
    change(defaults);
  });
  reset.textContent = messages.reset;
  const showReset = (): void => {
    reset.hidden = current.every((f) => sameValue(values[f.name] ?? null, f.default));
  };
  for (const filter of filters) {
    const set = (value: FilterValue): void => change({ [filter.name]: value });
    controls.set(filter.name, control(filter, { ...where, change: set }));
  }
  showReset();
  const elements = [...controls.values()].map((item) => item.element);
  return {
    element: h(
      "div",
      { class: "filters", role: "group", "aria-label": messages.filters },
      ...elements,
      reset,
    ),
    update: (next) => {
      current = next;
      values = filterValues(next);
      for (const filter of next) controls.get(filter.name)?.set(filter.value, filter);
      showReset();
    },
  };
}

function control(filter: Filter, context: Context): Control {
  switch (filter.type) {
    case "date_range":
      return dateRange(filter, context);
    case "select":
      return filter.multiple ? choices(filter, context) : select(filter, context, ONE_OF);
    case "boolean":
      return select(filter, context, YES_NO);
    default:
      return input(filter, context);
  }
}

/** How a kind of value stands in a native select. */
interface Choice {
  none: "all" | "any";
  options: (filter: Filter) => { value: string; label: string }[];
  read: (text: string) => FilterValue;
}

const ONE_OF: Choice = {
  none: "all",
  options: (filter) => filter.options ?? [],
  read: (text) => text,
};

const YES_NO: Choice = {
  none: "any",
  options: () => [
    { value: "true", label: messages.yes },
    { value: "false", label: messages.no },
  ],
  read: (text) => text === "true",
};

function select(filter: Filter, context: Context, choice: Choice): Control {
  const element = h("select", {});
  const set = (value: FilterValue, from: Filter): void => {
    const chosen = value === null ? "" : String(value);
    const options = [...choice.options(from)];
    const known = chosen === "" || options.some((option) => option.value === chosen);
    if (!known) options.unshift({ value: chosen, label: chosen });
    element.replaceChildren(
      h("option", { value: "" }, messages[choice.none]),
      ...options.map((option) => h("option", { value: option.value }, option.label)),
    );
    element.value = chosen;
  };
  set(filter.value, filter);
  element.addEventListener("change", () => {
    context.change(element.value === "" ? null : choice.read(element.value));
  });
  return { element: field(filter, element), set };
}

function input(filter: Filter, context: Context): Control {
  const types = { number: "number", date: "date" } as Record<string, string>;
  const element = h("input", {
    type: types[filter.type] ?? "search",
    step: filter.type === "number" ? "any" : null,
    placeholder: filter.type === "text" ? messages.any : null,
  });
  const read = (): FilterValue => {
    if (element.value === "") return null;
    return filter.type === "number" ? element.valueAsNumber : element.value;
  };
  const set = (value: FilterValue): void => {
    if (document.activeElement !== element) element.value = value === null ? "" : String(value);
  };
  set(filter.value);
  element.addEventListener("change", () => {
    if (element.validity.valid) context.change(read());
  });
  return { element: field(filter, element), set };
}

function field(filter: Filter, element: HTMLElement): HTMLElement {
  return h("label", { class: `field ${filter.type}` }, h("span", {}, labelOf(filter)), element);
}
