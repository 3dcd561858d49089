/** Drawing in a theme by its name: its colours are in the chart bundle, where they are needed. */

import type { VegaView } from "../artifact";
import { drawChart, type Drawing, type Reader } from "./draw";
import { type ThemeName, tokens } from "./tokens";

/** Draws a view in the colours of a theme, as `drawChart` does in given ones. */
export function drawThemed(
  element: HTMLElement,
  view: VegaView,
  theme: ThemeName,
  reader?: Reader,
): Promise<Drawing> {
  return drawChart(element, view, tokens[theme], reader);
}

export type DrawThemed = typeof drawThemed;
