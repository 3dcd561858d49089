/** One number with its change. */

import type { Delta, KpiView } from "../artifact";
import { h } from "./dom";
import { triangle } from "./icons";
import { sparkline } from "./sparkline";

/** The body of a KPI card; `summary` is the phrase a screen reader says instead. */
export function kpiBody(view: KpiView, summary: string | null): HTMLElement {
  const { before, text, unit } = view.value;
  // The unit is written smaller.
  const letters = before.length + text.length + 0.6 * unit.length;
  return h(
    "div",
    { class: "kpi-body" },
    summary && h("p", { class: "sr" }, summary),
    h(
      "div",
      { class: "row", "aria-hidden": summary ? "true" : null },
      h(
        "div",
        { class: "v", style: `--letters:${Math.max(letters, 1)}` },
        `${before}${text}`,
        unit !== "" && h("small", {}, unit),
      ),
      view.sparkline && sparkline(view.sparkline),
    ),
    view.delta && deltaLine(view.delta, summary !== null),
  );
}

function deltaLine(delta: Delta, hidden: boolean): HTMLElement {
  const tone = delta.good === null ? "" : delta.good ? " good" : " bad";
  return h(
    "div",
    { class: "d", "aria-hidden": hidden ? "true" : null },
    h("span", { class: `delta${tone}` }, triangle(delta.direction), delta.text),
    delta.label && h("span", { title: delta.label }, delta.label),
  );
}
