/** The sidebar: the published dashboards of this server and of the shared one. */

import { refreshIcon, addIcon, searchIcon } from "@jupyterlab/ui-components";
import { Widget } from "@lumino/widgets";
import type { Message } from "@lumino/messaging";
import { ago } from "../../src/format";
import { button, h, link } from "../../src/renderer/dom";
import { Voice } from "../../src/translation";
import { type Api, PeterError } from "./api";
import { peterIcon } from "./icon";
import type { Freshness, Shared, Summary } from "./models";
import { trans } from "./words";

/** What the sidebar does with a dashboard. */
export interface Actions {
  open: (entry: Summary) => void;
  edit: (entry: Summary) => void;
  create: () => void;
}

const ASKED_AT_ONCE = 4;

/** Lists are asked for when the sidebar is first shown, never before. */
export class Sidebar extends Widget {
  private entries: Summary[] = [];
  private shared: Shared | null = null;
  private failure: PeterError | null = null;
  private loaded = false;
  private readonly ages = new Map<string, Freshness | null>();
  private readonly search = h("input", {
    type: "search",
    placeholder: trans.__("Search dashboards"),
    "aria-label": trans.__("Search dashboards"),
  });
  private readonly body = h("div", { class: "peter-lists" });
  /** Ages are not told in the language of a dashboard that happens to be open. */
  private readonly voice = new Voice(this.node);

  constructor(
    private readonly api: Api,
    private readonly actions: Actions,
  ) {
    super();
    this.id = "peter-sidebar";
    this.addClass("peter-sidebar");
    this.title.icon = peterIcon;
    this.title.caption = trans.__("Peter: dashboards");
    this.node.setAttribute("role", "region");
    this.node.setAttribute("aria-label", trans.__("Peter dashboards"));
    this.search.addEventListener("input", () => this.paint());
    this.node.addEventListener("keydown", (event) => this.key(event));
    this.node.append(this.head(), this.searchBox(), this.body);
  }

  /** Ask for the lists again. */
  async refresh(): Promise<void> {
    this.loaded = true;
    this.node.setAttribute("aria-busy", "true");
    try {
      this.entries = (await this.api.list()).dashboards;
      this.failure = null;
    } catch (error) {
      if (!(error instanceof PeterError)) throw error;
      this.failure = error;
    }
    this.ages.clear();
    this.paint();
    this.node.removeAttribute("aria-busy");
    void this.loadShared();
    void this.loadAges();
  }

  protected override onBeforeShow(_: Message): void {
    if (!this.loaded) void this.refresh();
  }

  protected override onActivateRequest(_: Message): void {
    // The palette gives the focus back where it was before it goes.
    requestAnimationFrame(() => this.search.focus());
  }

  /** Arrows lead from the search through the dashboards and back. */
  private key(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    const stops = [this.search, ...this.body.querySelectorAll<HTMLElement>(".peter-open")];
    const next = stops[stops.indexOf(event.target as HTMLElement) + step];
    if (!stops.includes(event.target as HTMLElement) || !next) return;
    event.preventDefault();
    next.focus();
  }

  private head(): HTMLElement {
    const tools = h(
      "div",
      { class: "peter-tools" },
      tool(trans.__("New dashboard from a template"), addIcon, this.actions.create),
      tool(trans.__("Refresh the list"), refreshIcon, () => void this.refresh()),
    );
    return h("div", { class: "peter-head" }, h("h2", {}, trans.__("Dashboards")), tools);
  }

  private searchBox(): HTMLElement {
    const icon = h("span", { class: "peter-search-icon", "aria-hidden": "true" });
    searchIcon.element({ container: icon });
    return h("div", { class: "peter-search" }, icon, this.search);
  }

  private async loadShared(): Promise<void> {
    try {
      this.shared = await this.api.shared();
    } catch {
      this.shared = null;
    }
    this.paint();
  }

  private async loadAges(): Promise<void> {
    const waiting = this.entries.map((entry) => entry.slug);
    const work = async (): Promise<void> => {
      for (let slug = waiting.shift(); slug !== undefined; slug = waiting.shift()) {
        this.ages.set(slug, await this.api.freshness(slug).catch(() => null));
        this.paint();
      }
    };
    await Promise.all(Array.from({ length: ASKED_AT_ONCE }, work));
  }

  /** Draws the lists anew; what had the focus has it again. */
  private paint(): void {
    const held = this.body.contains(document.activeElement)
      ? (document.activeElement as HTMLElement).dataset.key
      : undefined;
    this.fill();
    if (held === undefined) return;
    const all = [...this.body.querySelectorAll<HTMLElement>("[data-key]")];
    all.find(({ dataset }) => dataset.key === held)?.focus();
  }

  private fill(): void {
    this.voice.speak();
    if (this.failure) {
      this.body.replaceChildren(this.failed(this.failure));
      return;
    }
    const parts = [this.section(trans.__("This server"), this.entries, true)];
    if (this.shared?.url || this.shared?.problem) {
      const { url, dashboards } = this.shared;
      parts.push(
        this.section(url ? new URL(url).host : trans.__("Shared server"), dashboards, false),
      );
    }
    this.body.replaceChildren(...parts);
  }

  private section(title: string, entries: Summary[], own: boolean): HTMLElement {
    const found = entries.filter((entry) => matches(entry, this.search.value));
    const count =
      found.length === entries.length
        ? entries.length
        : trans.__("%1 of %2", String(found.length), String(entries.length));
    const list = h(
      "ul",
      {},
      ...found.map((entry) => (own ? this.item(entry) : this.outside(entry))),
    );
    return h(
      "section",
      {},
      h("h3", {}, title, h("span", { class: "peter-count" }, String(count))),
      found.length > 0 ? list : this.nothing(entries.length === 0, own),
    );
  }

  private item(entry: Summary): HTMLElement {
    const about = entry.description ?? entry.title;
    const open = button(
      { class: "peter-open", title: about, "data-key": `open ${entry.slug}` },
      () => {
        this.actions.open(entry);
      },
    );
    open.append(
      h("span", { class: "peter-name" }, entry.title, this.badge(entry.slug)),
      h("span", { class: "peter-meta" }, told(entry)),
    );
    const edit = button(
      {
        class: "peter-edit",
        "data-key": `edit ${entry.slug}`,
        "aria-label": trans.__("Edit %1 as a file", entry.title),
        title: trans.__("Edit as a file"),
      },
      () => this.actions.edit(entry),
      trans.__("Edit"),
    );
    return h("li", {}, open, edit);
  }

  private outside(entry: Summary): HTMLElement {
    const address = `${this.shared?.url ?? ""}/dashboards/${encodeURIComponent(entry.slug)}`;
    const name = h("span", { class: "peter-name" }, entry.title);
    const opened = link(address, name, h("span", { class: "peter-meta" }, told(entry)));
    opened.classList.add("peter-open");
    opened.dataset.key = `shared ${entry.slug}`;
    return h("li", {}, opened);
  }

  private badge(slug: string): HTMLElement | null {
    const found = this.ages.get(slug);
    if (!found) return null;
    const all = Object.values(found.charts);
    const stale = all.filter((chart) => chart.status === "stale").length;
    const fresh = all.length > 0 && all.every((chart) => chart.status === "fresh");
    if (stale === 0 && !fresh) return null;
    const words = stale > 0 ? trans.__("Stale") : trans.__("Fresh");
    return h("span", { class: "peter-badge", "data-tone": stale > 0 ? "warn" : "good" }, words);
  }

  private nothing(none: boolean, own: boolean): HTMLElement {
    if (!none) return h("p", { class: "peter-none" }, trans.__("No dashboard matches the search."));
    const there = this.shared?.problem ?? trans.__("Nothing is published there yet.");
    if (!own) return h("p", { class: "peter-none" }, there);
    const make = button({ class: "peter-btn" }, this.actions.create, trans.__("New from template"));
    return h(
      "div",
      { class: "peter-none" },
      h("p", {}, trans.__("Nothing is published yet.")),
      make,
    );
  }

  private failed(error: PeterError): HTMLElement {
    const again = button({ class: "peter-btn" }, () => void this.refresh(), trans.__("Try again"));
    const hint = error.hint ? h("p", { class: "peter-meta" }, error.hint) : null;
    return h("div", { class: "peter-none", role: "alert" }, h("p", {}, error.detail), hint, again);
  }
}

function tool(label: string, icon: typeof addIcon, run: () => void): HTMLElement {
  const made = button({ class: "peter-tool", title: label, "aria-label": label }, run);
  icon.element({ container: made });
  return made;
}

function told(entry: Summary): string {
  return [ago(entry.published_at), entry.owner ?? entry.published_by].filter(Boolean).join(" · ");
}

function matches(entry: Summary, asked: string): boolean {
  const texts = [entry.title, entry.slug, entry.description, entry.owner, ...entry.tags];
  const text = texts.filter(Boolean).join(" ").toLowerCase();
  return asked
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
