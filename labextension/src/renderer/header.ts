/** The head of a dashboard: title, description, freshness, filters and the export menu. */

import type { Artifact } from "../artifact";
import { type FilterBar, filterBar } from "../filters/controls";
import { filterLines } from "../filters/summary";
import { messages } from "../messages";
import { dashboardBadge } from "./badge";
import { button, h } from "./dom";
import { icon } from "./icons";
import type { RenderOptions } from "./options";
import { menu } from "./popover";

const FEW_FILTERS = 2;

/** The header of one dashboard; `update` keeps its controls and sets their values. */
export interface Header {
  element: HTMLElement;
  update: (artifact: Artifact) => void;
}

/** Draws the header; a kept copy says its filters' values in words instead of controls. */
export function header(artifact: Artifact, options: RenderOptions): Header {
  const title = h("h1", {}, artifact.title);
  const description = h("p", { class: "sub" });
  const badge = h("span", { class: "badge-slot" });
  const bar = filters(artifact, options);
  const told = h("p", { class: "told" });
  // A pair of filters stands beside the title; more get a line of their own.
  const beside = artifact.filters.length <= FEW_FILTERS;
  const controls = h(
    "div",
    { class: "controls" },
    badge,
    beside && bar?.element,
    options.onHistory && button({ class: "btn" }, options.onHistory, messages.history),
    exportMenu(options),
  );
  const show = (next: Artifact): void => {
    title.textContent = next.title;
    description.textContent = next.description ?? "";
    description.hidden = next.description === null;
    badge.replaceChildren(...[dashboardBadge(next, options.still ?? false)].filter(notNull));
    told.textContent = bar ? "" : filterLines(next).join(" · ");
    told.hidden = told.textContent === "";
  };
  show(artifact);
  const texts = h("div", { class: "titles" }, homeLink(options), title, description, told);
  return {
    element: h("header", { class: "top" }, texts, controls, !beside && bar?.element),
    update: (next) => {
      show(next);
      bar?.update(next.filters);
    },
  };
}

function filters(artifact: Artifact, options: RenderOptions): FilterBar | null {
  if (!options.onFilters || options.still || artifact.filters.length === 0) return null;
  return filterBar(artifact.filters, artifact, options.onFilters);
}

/** The way to the other dashboards, on a surface that has a list of them. */
export function homeLink({ home }: RenderOptions): HTMLElement | null {
  return home ? h("a", { class: "up", href: home }, messages.allDashboards) : null;
}

function exportMenu(options: RenderOptions): HTMLElement | null {
  const actions = options.actions ?? [];
  if (actions.length === 0) return null;
  const face = [messages.export, icon("chevron", 14)];
  return menu({ class: "btn" }, face, () => actions).element;
}

function notNull<T>(item: T | null): item is T {
  return item !== null;
}
