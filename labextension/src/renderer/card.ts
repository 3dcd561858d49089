/** A card: one chart with its title, badge and menu, in whatever state it is. */

import type { Artifact, Chart, TableView, Tile, View } from "../artifact";
import { count } from "../format";
import { messages } from "../messages";
import { chartBadges } from "./badge";
import { toCsv, toTsv } from "./csv";
import { openDetails } from "./details";
import { button, h, safeAddress, uniqueId } from "./dom";
import { fileName, save } from "./download";
import { type Figure, figure, type FigureState } from "./figure";
import { icon } from "./icons";
import { kpiBody } from "./kpi";
import type { RenderOptions } from "./options";
import type { Spans } from "./packing";
import { type MenuItem, menu } from "./popover";
import { prose } from "./prose";
import type { Spotlight } from "./spotlight";
import { stateBlock, waitingBlock } from "./states";
import type { TableState } from "./table";
import { initialState, tableBody } from "./table";
import type { Theme } from "./theme";

/** One card of the grid; what the reader chose in it outlives `update`. */
export class Card {
  readonly element: HTMLElement;
  private readonly titleId = uniqueId("card");
  private chart: Chart;
  private figure: Figure | null = null;
  private readonly said = h("p", { class: "sr", role: "status" });
  private asTable = false;
  private sorting: TableState | null = null;
  private readonly choice: FigureState = { hidden: new Set(), zoom: null };

  constructor(
    private artifact: Artifact,
    tile: Tile,
    spans: Spans,
    private readonly around: { theme: Theme; spotlight: Spotlight },
    private readonly options: RenderOptions,
  ) {
    this.chart = chartOf(artifact, tile.chart);
    const kind = this.chart.type === "kpi" ? " kpi" : "";
    const labelled = this.chart.title === null ? null : this.titleId;
    const style = cardStyle(tile, spans);
    this.element = h("section", { class: `card${kind}`, style, "aria-labelledby": labelled });
    this.element.dataset.chart = tile.chart;
    this.draw();
  }

  /** Settles when the card shows what it has. */
  get drawn(): Promise<void> {
    return this.figure?.drawn ?? Promise.resolve();
  }

  /** Shows the chart of a newer artifact; an unchanged one is left as it stands. */
  update(artifact: Artifact): void {
    const next = chartOf(artifact, this.element.dataset.chart ?? "");
    const same = seen(next) === seen(this.chart);
    this.artifact = artifact;
    const before = legendOf(this.chart);
    this.chart = next;
    if (same) return;
    // Other data may have other series, and another stretch of time.
    this.choice.zoom = null;
    if (legendOf(next) !== before) this.choice.hidden.clear();
    this.draw();
  }

  destroy(): void {
    this.figure?.destroy();
    this.figure = null;
  }

  private draw(): void {
    const focused = this.element.contains(document.activeElement);
    this.destroy();
    this.element.replaceChildren(...this.parts());
    if (focused) this.element.querySelector<HTMLElement>(".menu")?.focus();
  }

  private parts(): Node[] {
    this.said.textContent = "";
    const parts = [this.head(), this.body(), this.note(), this.said];
    return parts.filter((part) => part !== null);
  }

  private head(): HTMLElement | null {
    const { chart } = this;
    // A word that is longer than its card is cut there.
    const kpi = chart.type === "kpi";
    const controls = [
      ...chartBadges(this.artifact, chart, this.options.still ?? false),
      this.menuButton(),
    ];
    if (chart.title === null && controls.every((item) => item === null)) return null;
    return h(
      "div",
      { class: "hd" },
      h(
        "div",
        {},
        chart.title && h("h2", { id: this.titleId, title: kpi && chart.title }, chart.title),
        chart.description && h("p", { class: "desc" }, chart.description),
      ),
      h("div", { class: "r" }, ...controls),
    );
  }

  private menuButton(): HTMLElement | null {
    if (this.items().length === 0) return null;
    const label = messages.menuOf(this.chart.title ?? this.chart.type);
    return menu({ class: "menu", label }, [icon("more")], () => this.items()).element;
  }

  private items(): MenuItem[] {
    const href = safeAddress(this.chart.link);
    const link = href ? [{ label: messages.openLink, href }] : [];
    return [...this.lookItems(), ...this.keepItems(), ...link];
  }

  /** Other ways to look at the chart. */
  private lookItems(): MenuItem[] {
    const { chart } = this;
    const { onRefresh } = this.options;
    const items: MenuItem[] = [];
    if (chart.view?.kind === "vega" && tableOf(chart)) {
      const label = this.asTable ? messages.viewAsChart : messages.viewAsTable;
      items.push({ label, run: () => this.toggleTable() });
    }
    if (chart.sql !== null) items.push({ label: messages.sql, run: () => this.openDetails() });
    if (onRefresh && chart.query !== null) {
      const name = this.element.dataset.chart ?? "";
      items.push({ label: messages.refresh, run: () => onRefresh(name) });
    }
    return items;
  }

  /** Ways to take it along. */
  private keepItems(): MenuItem[] {
    const items: MenuItem[] = [];
    const table = tableOf(this.chart);
    if (table) {
      items.push({ label: messages.csv, run: () => this.saveTable(table) });
      items.push({ label: messages.copyTable, run: () => this.copyTable(table) });
    }
    if (this.figure?.drawing()) {
      items.push({ label: messages.png, run: () => void this.savePicture("png") });
      items.push({ label: messages.svg, run: () => void this.savePicture("svg") });
    }
    return items;
  }

  private body(): HTMLElement {
    const { chart } = this;
    if (chart.state === "waiting") return waitingBlock();
    if (chart.state !== "ready" || chart.view === null) {
      const kind = chart.state === "empty" ? "empty" : "failed";
      return stateBlock(kind, chart.problem, ...(kind === "failed" ? this.waysOut() : []));
    }
    return this.viewBody(chart.view);
  }

  /** What a reader can do about a chart that failed; a KPI has no room for it. */
  private waysOut(): HTMLElement[] {
    const { chart, options } = this;
    const buttons: HTMLElement[] = [];
    if (chart.type === "kpi" || options.stacked) return buttons;
    if (chart.sql !== null) {
      buttons.push(button({ class: "btn" }, () => this.openDetails(), messages.openQuery));
    }
    const { onRetry } = options;
    if (onRetry) {
      // A sign and no word: not every surface can, and all of them show the same words.
      const named = { class: "btn", "aria-label": messages.retry, title: messages.retry };
      const again = (): void => onRetry(this.element.dataset.chart ?? "");
      buttons.push(button(named, again, icon("retry")));
    }
    return buttons;
  }

  private viewBody(view: View): HTMLElement {
    switch (view.kind) {
      case "kpi":
        return kpiBody(view, this.chart.summary);
      case "text":
        return prose(view);
      case "table":
        return this.table(view);
      case "vega":
        if (this.asTable && view.table) return this.plotTable(view.table);
        return this.plot(view);
      default:
        return stateBlock("failed", null);
    }
  }

  private plot(view: Extract<View, { kind: "vega" }>): HTMLElement {
    const label = this.chart.summary ?? this.chart.title ?? this.chart.type;
    const around = { ...this.around, charts: this.options.charts };
    this.figure = figure(view, label, this.choice, around);
    this.figure.element.addEventListener("keydown", (event) => {
      const inPlot = (event.target as Element).matches(".plot");
      if (event.key === "Enter" && inPlot && view.table) this.toggleTable();
    });
    return this.figure.element;
  }

  private plotTable(view: TableView): HTMLElement {
    const body = this.table(view);
    body.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.toggleTable();
    });
    return body;
  }

  private table(view: TableView): HTMLElement {
    this.sorting ??= initialState(view);
    const label = this.chart.summary ?? this.chart.title ?? this.chart.type;
    return tableBody(view, this.artifact.locale, label, this.sorting);
  }

  private note(): HTMLElement | null {
    const texts = [truncationNote(this.chart, this.artifact.locale), this.chart.note ?? null];
    const told = new Set(texts.filter((text) => text !== null).map(withoutStop));
    return told.size > 0 ? h("p", { class: "note" }, [...told].join(" · ")) : null;
  }

  private toggleTable(): void {
    this.asTable = !this.asTable;
    this.draw();
    this.element.querySelector<HTMLElement>(this.asTable ? ".tbl" : ".plot")?.focus();
  }

  private openDetails(): void {
    openDetails(this.element, this.artifact, this.chart);
  }

  private saveTable(table: TableView): void {
    const name = fileName(this.chart.title ?? this.chart.type, "csv");
    save(name, toCsv(table), "text/csv;charset=utf-8");
  }

  private copyTable(table: TableView): void {
    void navigator.clipboard?.writeText(toTsv(table)).then(() => {
      this.said.textContent = messages.copied;
    });
  }

  private async savePicture(kind: "png" | "svg"): Promise<void> {
    const drawing = this.figure?.drawing();
    if (!drawing) return;
    const content = await (kind === "svg" ? drawing.toSvg() : drawing.toPng());
    save(fileName(this.chart.title ?? this.chart.type, kind), content, "image/svg+xml");
  }
}

function cardStyle(tile: Tile, spans: Spans): string {
  const height = tile.height ? `;--h:${tile.height}px` : "";
  return `--w:${tile.width ?? 12};--m:${spans.medium};--n:${spans.narrow}${height}`;
}

/** "First 2,000 of 1.2 M rows" where not everything is shown, else null. */
export function truncationNote(chart: Chart, locale: string): string | null {
  if (!chart.truncated || chart.state !== "ready") return null;
  const shown = shownRows(chart);
  const all = chart.row_count ?? 0;
  if (all > shown && shown > 0) return messages.truncated(count(shown, locale), count(all, locale));
  return shown > 0 ? messages.truncatedOpen(count(shown, locale)) : null;
}

function legendOf(chart: Chart): string {
  return chart.view?.kind === "vega" ? JSON.stringify(chart.view.legend) : "";
}

function shownRows(chart: Chart): number {
  return tableOf(chart)?.values[0]?.length ?? 0;
}

function withoutStop(text: string): string {
  return text.replace(/\.$/, "");
}

/** The data behind a chart as a table, where it has one. */
export function tableOf(chart: Chart): TableView | null {
  if (chart.view?.kind === "table") return chart.view;
  return chart.view?.kind === "vega" ? chart.view.table : null;
}

function chartOf(artifact: Artifact, name: string): Chart {
  if (Object.hasOwn(artifact.charts, name)) return artifact.charts[name] as Chart;
  return {
    ...MISSING,
    title: name,
    problem: { code: "not_found", title: messages.failedTitle, detail: messages.missingChart },
  };
}

const MISSING: Chart = {
  type: "text",
  title: null,
  description: null,
  link: null,
  query: null,
  state: "failed",
  view: null,
  summary: null,
  problem: null,
  row_count: null,
  truncated: false,
  computed_at: null,
  source_updated_at: null,
  freshness: "unknown",
  freshness_reason: null,
  cache_hit: false,
  bytes_scanned: 0,
  receipt: null,
  sql: null,
  tables: [],
};

/** All that a card shows: what its data cost to read is told when one asks for it. */
function seen(chart: Chart): string {
  return JSON.stringify({ ...chart, cache_hit: true, bytes_scanned: 0 });
}
