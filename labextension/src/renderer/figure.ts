/** The figure of a Vega view: legend above, plot that fills the card, redrawn with the theme. */

import type { LegendEntry, VegaView } from "../artifact";
import type { Drawing } from "../charts/draw";
import { token } from "../charts/tokens";
import { messages } from "../messages";
import { h } from "./dom";
import type { RenderOptions } from "./options";
import { stateBlock } from "./states";
import type { Theme } from "./theme";

/** A figure in the page; `drawing` is null until the chart bundle is there. */
export interface Figure {
  element: HTMLElement;
  drawing: () => Drawing | null;
  /** Settles when the figure is drawn, or shows why it is not. */
  drawn: Promise<void>;
  destroy: () => void;
}

/** Draws a view now or when its charts are loaded, and again when colours change. */
export function figure(
  view: VegaView,
  label: string,
  theme: Theme,
  charts: RenderOptions["charts"],
): Figure {
  const plot = h("div", { class: "plot", role: "img", "aria-label": label, tabindex: 0 });
  if (view.min_height) plot.style.minHeight = `${view.min_height}px`;
  const legend = h("ul", { class: "legend" });
  const element = h("figure", {}, view.legend.length > 0 && legend, plot);
  let drawing: Drawing | null = null;
  let turn = 0;
  const draw = async (): Promise<void> => {
    turn += 1;
    const mine = turn;
    legend.replaceChildren(...view.legend.map((entry) => legendEntry(entry, theme)));
    const drawChart = await charts();
    if (mine !== turn) return;
    drawing?.destroy();
    drawing = null;
    try {
      const next = await drawChart(plot, view, theme.tokens);
      if (mine === turn) drawing = next;
      else next.destroy();
    } catch {
      showFailure(element);
    }
  };
  const ignore = theme.onChange(() => void draw());
  return {
    element,
    drawing: () => drawing,
    drawn: draw(),
    destroy: () => {
      turn += 1;
      ignore();
      drawing?.destroy();
    },
  };
}

function legendEntry(entry: LegendEntry, theme: Theme): HTMLElement {
  const shape = { square: "", line: "ln", dash: "ln dash" }[entry.mark];
  const color = token(entry.color, theme.tokens);
  const key = h("b", { class: shape, "aria-hidden": "true" });
  key.style.setProperty("--k", color);
  return h("li", {}, key, entry.label);
}

function showFailure(element: HTMLElement): void {
  const problem = {
    code: "chart_failed",
    title: messages.failedTitle,
    detail: messages.chartFailed,
    hint: messages.chartFailedHint,
  };
  element.replaceChildren(stateBlock("failed", problem));
}
