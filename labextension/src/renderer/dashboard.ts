/** A dashboard in an element: the one renderer behind widget, page and export. */

import type { Artifact, Problem, Tab, Tile } from "../artifact";
import { messages } from "../messages";
import { language, Voice } from "../translation";
import { Card } from "./card";
import { button, h } from "./dom";
import { footer } from "./footer";
import { type Header, header, homeLink } from "./header";
import type { RenderOptions, ThemeChoice } from "./options";
import { packed } from "./packing";
import { Spotlight } from "./spotlight";
import { skeleton, stateBlock } from "./states";
import { tabList } from "./tabs";
import { Theme } from "./theme";

/** A dashboard that is shown. */
export interface Rendered {
  /** Shows a newer artifact; what the reader opened, sorted or focused stays. */
  update: (artifact: Artifact) => void;
  /** Says that newer data is on its way; what is shown stays. */
  busy: (on: boolean) => void;
  /** Shows why there is no dashboard, or above an older one, why it is not refreshed. */
  fail: (problem: Problem, retry?: () => void) => void;
  setTheme: (choice: ThemeChoice) => void;
  /** Shows a tab, counted from 1; the last one where there are fewer. */
  setTab: (tab: number) => void;
  /** Settles when every chart of the open page is drawn. */
  drawn: () => Promise<void>;
  /** Opens the browser's print dialog once all pages are drawn. */
  print: () => Promise<void>;
  destroy: () => void;
}

/** Draws an artifact into `root`, or a skeleton of one while there is none. */
export function renderDashboard(
  root: HTMLElement,
  artifact: Artifact | null,
  options: RenderOptions,
): Rendered {
  const surface = new Surface(root, options);
  if (artifact) surface.update(artifact);
  else surface.wait();
  return surface;
}

const WHOLE = { medium: 12, narrow: 12 };

class Surface implements Rendered {
  readonly theme: Theme;
  readonly spotlight = new Spotlight();
  private readonly voice: Voice;
  private readonly page = h("div", { class: "page" });
  private readonly notice = h("div", { class: "notice", hidden: true, role: "alert" });
  private readonly status = h("p", { class: "sr", role: "status" });
  private readonly main = h("main", { tabindex: -1 });
  private artifact: Artifact | null = null;
  private head: Header | null = null;
  private foot: HTMLElement | null = null;
  private cards: Card[] = [];
  private openTab: number;
  /** What stands in the open page, while all pages are shown to be printed. */
  private open: { parts: Element[]; cards: Card[] } | null = null;

  constructor(
    private readonly root: HTMLElement,
    private readonly options: RenderOptions,
  ) {
    this.openTab = (options.tab ?? 1) - 1;
    this.voice = new Voice(root);
    root.classList.add("pt");
    root.replaceChildren(h("div", { class: "progress", "aria-hidden": "true" }), this.page);
    this.theme = new Theme(root, options.theme ?? "auto");
    window.addEventListener("beforeprint", this.unfold);
    window.addEventListener("afterprint", this.fold);
  }

  wait(): void {
    this.page.replaceChildren(skeleton(messages.loading));
  }

  update(artifact: Artifact): void {
    const before = this.artifact;
    this.artifact = artifact;
    this.notice.hidden = true;
    this.voice.use(artifact.words);
    this.root.lang = language();
    if (!before || shape(before) !== shape(artifact)) {
      this.build(artifact);
      return;
    }
    this.head?.update(artifact);
    for (const card of this.cards) card.update(artifact);
    this.setFoot(artifact);
  }

  setTheme(choice: ThemeChoice): void {
    this.theme.choose(choice);
  }

  setTab(tab: number): void {
    this.openTab = tab - 1;
    if (this.artifact) this.build(this.artifact);
  }

  busy(on: boolean): void {
    this.voice.speak();
    this.page.setAttribute("aria-busy", String(on));
    this.root.classList.toggle("is-busy", on);
    this.status.textContent = on ? messages.refreshing : "";
  }

  fail(problem: Problem, retry?: () => void): void {
    this.voice.speak();
    const again = retry && button({ class: "btn" }, retry, messages.retry);
    if (this.artifact) {
      this.notice.replaceChildren(stateBlock("failed", problem, again));
      this.notice.hidden = false;
      return;
    }
    const block = stateBlock("failed", problem, again, homeLink(this.options));
    this.page.replaceChildren(h("main", { class: "alone" }, h("div", { class: "card" }, block)));
  }

  async drawn(): Promise<void> {
    await Promise.all(this.cards.map((card) => card.drawn));
  }

  async print(): Promise<void> {
    this.unfold();
    await this.drawn();
    window.print();
  }

  destroy(): void {
    window.removeEventListener("beforeprint", this.unfold);
    window.removeEventListener("afterprint", this.fold);
    this.clearCards();
    this.voice.leave();
    this.theme.destroy();
    this.root.replaceChildren();
    this.root.classList.remove("pt", "is-busy");
  }

  private build(artifact: Artifact): void {
    const { tabs } = artifact.layout;
    this.openTab = Math.min(this.openTab, Math.max(tabs.length - 1, 0));
    this.head = header(artifact, this.options);
    this.foot = footer(artifact);
    const list = tabs.length > 1 && !this.options.stacked ? this.tabs(tabs) : null;
    const parts = [
      this.skipLink(),
      this.head.element,
      this.notice,
      list,
      this.main,
      this.foot,
      this.status,
    ];
    this.page.replaceChildren(...parts.filter((part) => part !== null));
    this.fillMain(artifact);
  }

  private tabs(tabs: Tab[]): HTMLElement {
    const titles = tabs.map((tab, index) => tab.title ?? String(index + 1));
    return tabList(titles, this.openTab, (index) => {
      this.openTab = index;
      if (this.artifact) this.fillMain(this.artifact);
      this.options.onTab?.(index + 1);
    }).element;
  }

  private fillMain(artifact: Artifact): void {
    this.clearCards();
    const { tabs } = artifact.layout;
    const all = this.options.stacked && tabs.length > 1;
    const shown = this.options.stacked ? tabs : tabs.slice(this.openTab, this.openTab + 1);
    const parts = shown.flatMap((tab) => [
      ...(all ? titleOf(tab) : []),
      ...tab.rows.map((row) => this.row(artifact, row)),
    ]);
    this.main.replaceChildren(...parts);
  }

  /** All pages below each other; the open one stays as its reader has it. */
  private readonly unfold = (): void => {
    this.voice.speak();
    const { artifact, options } = this;
    const tabs = artifact?.layout.tabs ?? [];
    if (!artifact || this.open || options.stacked || tabs.length < 2) return;
    this.open = { parts: [...this.main.children], cards: [...this.cards] };
    const { parts } = this.open;
    const all = tabs.flatMap((tab, at) => [
      ...titleOf(tab),
      ...(at === this.openTab ? parts : tab.rows.map((row) => this.row(artifact, row))),
    ]);
    this.main.replaceChildren(...all);
  };

  private readonly fold = (): void => {
    if (!this.open) return;
    const { parts, cards } = this.open;
    this.open = null;
    for (const card of this.cards) if (!cards.includes(card)) card.destroy();
    this.cards = cards;
    this.main.replaceChildren(...parts);
  };

  private row(artifact: Artifact, row: Tile[]): HTMLElement {
    const spans = packed(row, artifact.charts);
    const cards = row.map(
      (tile, at) => new Card(artifact, tile, spans[at] ?? WHOLE, this, this.options),
    );
    this.cards.push(...cards);
    return h("div", { class: "grid" }, ...cards.map((card) => card.element));
  }

  private setFoot(artifact: Artifact): void {
    const next = footer(artifact);
    this.foot?.replaceWith(next);
    this.foot = next;
  }

  private skipLink(): HTMLElement {
    return button({ class: "skip" }, () => this.main.focus(), messages.skip);
  }

  private clearCards(): void {
    for (const card of this.cards) card.destroy();
    this.cards = [];
    this.open = null;
  }
}

function titleOf(tab: Tab): HTMLElement[] {
  return tab.title ? [h("h2", { class: "tab" }, tab.title)] : [];
}

/** What decides whether a newer artifact fits into the elements of an older one. */
function shape(artifact: Artifact): string {
  const filters = artifact.filters.map(({ name, type, label, multiple, default: fallback }) => [
    name,
    type,
    label,
    multiple,
    fallback,
  ]);
  const charts = Object.entries(artifact.charts).map(([name, { type, title }]) => [
    name,
    type,
    title,
  ]);
  const { slug, layout, timezone, locale } = artifact;
  return JSON.stringify([slug, layout, filters, charts, timezone, locale]);
}
