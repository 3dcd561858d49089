/** Drawing in a theme by its name: its colours are in the chart bundle, where they are needed. */

import type { VegaView } from "../artifact";
import { drawChart, type Drawing, type Reader } from "./draw";
import { type ThemeName, tokens } from "./tokens";

export type DrawThemed = (
  element: HTMLElement,
  view: VegaView,
  theme: ThemeName,
  reader?: Reader,
) => Promise<Drawing>;

/** Draws a view in the colours of a theme. */
export const drawThemed: DrawThemed = (element, view, theme, reader) =>
  drawChart(element, view, tokens[theme], reader);
