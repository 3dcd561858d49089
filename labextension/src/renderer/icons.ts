/** The few drawings the renderer needs, as strokes in the current colour. */

import { svg } from "./dom";

const PATHS = {
  more: "",
  alert: "M12 7.5v5.5M12 16.4v.1",
  empty: "M4 13h4.5l1.5 2.5h4l1.5-2.5H20M6.5 5h11L20 13v5.5H4V13z",
  chevron: "M7 10l5 5 5-5",
  calendar: "M4.5 6.5h15v13h-15zM4.5 10.5h15M8.5 4v4M15.5 4v4",
  close: "M6.5 6.5l11 11M17.5 6.5l-11 11",
  left: "M14.5 7l-5 5 5 5",
  right: "M9.5 7l5 5-5 5",
  search: "M10.5 5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM15 15l4.5 4.5",
  retry: "M18.5 12a6.5 6.5 0 1 1-2-4.7M18.5 4.5V8H15",
  check: "M5.5 12.5l4.5 4.5 8.5-10",
} as const;

export type Icon = keyof typeof PATHS;

/** A decorative 16 px icon; its control carries the name. */
export function icon(name: Icon, size = 16): SVGSVGElement {
  const drawing = svg("svg", {
    viewBox: "0 0 24 24",
    width: size,
    height: size,
    fill: "none",
    stroke: "currentColor",
    "stroke-width": 1.8,
    "stroke-linecap": "round",
    "stroke-linejoin": "round",
    "aria-hidden": "true",
  });
  if (name === "more") {
    for (const cx of [5.5, 12, 18.5]) {
      drawing.append(svg("circle", { cx, cy: 12, r: 1.7, fill: "currentColor", stroke: "none" }));
    }
    return drawing;
  }
  if (name === "alert") drawing.append(svg("circle", { cx: 12, cy: 12, r: 8.5 }));
  drawing.append(svg("path", { d: PATHS[name] }));
  return drawing;
}

/** The triangle of a change: up, down, or a bar for flat. */
export function triangle(direction: "up" | "down" | "flat"): SVGSVGElement {
  const shapes = { up: "M4 1l4 6H0z", down: "M4 7L0 1h8z", flat: "M0 3h8v2H0z" };
  return svg(
    "svg",
    { viewBox: "0 0 8 8", width: 8, height: 8, "aria-hidden": "true" },
    svg("path", { d: shapes[direction], fill: "currentColor" }),
  );
}
