/** The legend of a figure; an entry of a series is a switch for it. */

import type { LegendEntry, VegaView } from "../artifact";
import { button, h } from "./dom";

interface Called {
  toggle: (at: number) => void;
  /** With the name of the entry that is pointed at or has the focus, null after it. */
  point: (name: string | null) => void;
}

/** The name that the marks of an entry bear: its own, or in a ring its category without the share. */
export function entryName(view: VegaView, entry: LegendEntry): string {
  if (entry.series == null || entry.series[0] === "f2") return entry.label;
  const at = (name: string): number => view.data.columns.findIndex((one) => one.name === name);
  const row = view.data.values[at(entry.series[0])]?.indexOf(entry.series[1]) ?? -1;
  const name = view.data.values[at("t0")]?.[row];
  return typeof name === "string" ? name : entry.label;
}

/** The list of entries; null where there is nothing to tell apart. */
export function legend(
  view: VegaView,
  hidden: ReadonlySet<number>,
  called: Called,
): HTMLElement | null {
  const entries = view.legend;
  if (entries.length === 0) return null;
  const switches = entries.length > 1;
  const items = entries.map((entry, at) => {
    const face = [key(entry), h("span", { title: entry.label }, entry.label)];
    const plain = !switches || entry.series == null;
    return h(
      "li",
      {},
      ...(plain ? face : [item(entryName(view, entry), face, !hidden.has(at), at, called)]),
    );
  });
  return h("ul", { class: "legend" }, ...items);
}

function item(
  name: string,
  face: HTMLElement[],
  shown: boolean,
  at: number,
  called: Called,
): HTMLElement {
  const control = button({ "aria-pressed": String(shown) }, () => called.toggle(at), ...face);
  const point = (): void => called.point(name);
  const leave = (): void => called.point(null);
  control.addEventListener("pointerenter", point);
  control.addEventListener("pointerleave", leave);
  control.addEventListener("focus", point);
  control.addEventListener("blur", leave);
  return control;
}

function key(entry: LegendEntry): HTMLElement {
  const shape = { square: "", line: "ln", dash: "ln dash" }[entry.mark];
  const drawn = h("b", { class: shape, "aria-hidden": "true" });
  // "$c1" is a colour of the theme, which the styles name alike.
  drawn.style.setProperty("--k", entry.color.replace(/^\$(.+)/, "var(--$1)"));
  return drawn;
}
