/** The figure of a Vega view: legend above, plot that fills the card, redrawn with the theme. */

import type { VegaView } from "../artifact";
import type { Drawing, Reader } from "../charts/draw";
import { messages } from "../messages";
import { button, h } from "./dom";
import { legend } from "./legend";
import type { RenderOptions } from "./options";
import type { Spotlight } from "./spotlight";
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

/** What the reader did with a figure; it outlives a refresh of the data. */
export interface FigureState {
  hidden: Set<number>;
  zoom: [number, number] | null;
}

/** Draws a view now or when its charts are loaded, and again when colours or choices change. */
export function figure(
  view: VegaView,
  label: string,
  state: FigureState,
  around: { theme: Theme; spotlight: Spotlight; charts: RenderOptions["charts"] },
): Figure {
  return new VegaFigure(view, label, state, around);
}

class VegaFigure implements Figure {
  readonly element: HTMLElement;
  readonly drawn: Promise<void>;
  private readonly plot: HTMLElement;
  private readonly keys = h("div", {});
  private readonly spoken = h("div", { class: "sr", role: "status" });
  private readonly back: HTMLElement;
  private current: Drawing | null = null;
  private turn = 0;
  private readonly ends: (() => void)[];

  constructor(
    private readonly view: VegaView,
    label: string,
    private readonly state: FigureState,
    private readonly around: Parameters<typeof figure>[3],
  ) {
    this.plot = h("div", {
      class: "plot",
      // Keys are for the cursor, not for a screen reader's own reading mode.
      role: "application",
      "aria-roledescription": messages.chart,
      "aria-label": label,
      "aria-description": messages.chartKeys,
      tabindex: 0,
    });
    if (view.min_height) this.plot.style.minHeight = `${view.min_height}px`;
    this.back = button({ class: "btn unzoom" }, () => this.zoom(null), messages.wholePeriod);
    this.element = h("figure", {}, this.keys, this.plot, this.back, this.spoken);
    const { theme, spotlight } = around;
    this.ends = [
      theme.onChange(() => void this.draw()),
      spotlight.onChange((name) => this.current?.highlight(name)),
    ];
    this.drawn = this.draw();
  }

  drawing(): Drawing | null {
    return this.current;
  }

  destroy(): void {
    this.turn += 1;
    for (const end of this.ends) end();
    this.current?.destroy();
  }

  private async draw(): Promise<void> {
    this.turn += 1;
    const mine = this.turn;
    this.drawKeys();
    this.back.hidden = this.state.zoom === null;
    try {
      const drawChart = await this.around.charts();
      if (mine !== this.turn) return;
      const next = await drawChart(this.plot, this.view, this.around.theme.name, this.reader());
      if (mine !== this.turn) next.destroy();
      else {
        // The older picture stays until there is a newer one.
        this.current?.destroy();
        this.current = next;
      }
    } catch {
      if (mine === this.turn) showFailure(this.element);
    }
  }

  private reader(): Reader {
    return {
      hidden: this.state.hidden,
      zoom: this.state.zoom,
      onZoom: (range) => this.zoom(range),
      onPoint: (name) => this.around.spotlight.set(name),
      say: (text) => {
        this.spoken.textContent = text;
      },
    };
  }

  private zoom(range: [number, number] | null): void {
    if (range === null && this.state.zoom === null) return;
    this.state.zoom = range;
    this.spoken.textContent = range ? messages.zoomed : messages.unzoomed;
    if (!range && this.back.contains(document.activeElement)) this.plot.focus();
    void this.draw();
  }

  private drawKeys(): void {
    const { spotlight } = this.around;
    const focused = [...this.keys.querySelectorAll("button")].indexOf(
      document.activeElement as HTMLButtonElement,
    );
    const list = legend(this.view, this.state.hidden, {
      toggle: (at) => this.toggle(at),
      point: (name) => spotlight.set(name),
    });
    this.keys.replaceChildren(...(list ? [list] : []));
    this.keys.querySelectorAll("button")[focused]?.focus();
  }

  private toggle(at: number): void {
    const { hidden } = this.state;
    if (!hidden.delete(at)) hidden.add(at);
    // A chart without any series says nothing: the last one's switch brings all of them back.
    if (hidden.size === this.view.legend.length) hidden.clear();
    void this.draw();
  }
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
