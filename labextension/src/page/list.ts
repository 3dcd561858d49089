/** The list of published dashboards, narrowed as one types and chooses; the address keeps that. */

import { ago, dollars } from "../format";
import { listMessages } from "../messages";
import { button, h } from "../renderer/dom";
import { stateBlock } from "../renderer/states";
import { Theme } from "../renderer/theme";
import { language } from "../translation";

/** One dashboard of the list; `url` leads to its page, on the same server. */
export interface Entry {
  slug: string;
  title: string;
  description?: string | null;
  owner?: string | null;
  tags?: string[];
  revision?: string | null;
  published_at?: string | null;
  computed_at?: string | null;
  last_cost_usd?: string | null;
  url: string;
}

/** What the list is narrowed to: words that all occur, a tag, an owner; empty for any. */
export interface Wanted {
  q: string;
  tag: string;
  owner: string;
}

/** Shows the list of the page's own JSON. */
export function startList(root: HTMLElement, entries: unknown): void {
  renderList(root, Array.isArray(entries) ? (entries as Entry[]) : []);
}

/** The list with its search box, tags and owners in `root`. */
export function renderList(root: HTMLElement, entries: Entry[]): void {
  root.classList.add("pt");
  new Theme(root, "auto");
  new List(root, entries).show();
}

class List {
  private readonly total = h("span", { class: "badge", role: "status" });
  private readonly search = h("input", {
    type: "search",
    placeholder: listMessages.searchDashboards,
    "aria-label": listMessages.searchDashboards,
  });
  private readonly owner = h("select", { "aria-label": listMessages.owner });
  private readonly tags = h("div", {
    class: "tags",
    role: "group",
    "aria-label": listMessages.tags,
  });
  private readonly list = h("main", {});
  private tag: string;

  constructor(
    root: HTMLElement,
    private readonly entries: Entry[],
  ) {
    const asked = new URLSearchParams(location.search);
    this.tag = asked.get("tag") ?? "";
    this.search.value = asked.get("q") ?? "";
    this.fillOwners(asked.get("owner") ?? "");
    this.search.addEventListener("input", () => this.changed());
    this.owner.addEventListener("change", () => this.changed());
    const owners = h(
      "label",
      { class: "field", hidden: this.owner.options.length < 3 },
      h("span", {}, listMessages.owner),
      this.owner,
    );
    const find = h("div", { class: "find" }, this.total, owners, this.search);
    const title = h("h1", {}, listMessages.dashboards);
    const head = h("header", { class: "top" }, title, find, this.tags);
    root.replaceChildren(h("div", { class: "page" }, head, this.list));
  }

  show(): void {
    const wanted = this.wanted();
    const found = this.entries.filter((entry) => matches(entry, wanted));
    const [some, all] = [found.length, this.entries.length];
    this.total.textContent = some === all ? listMessages.every(all) : listMessages.some(some, all);
    this.showTags();
    const none = nothing(this.entries.length === 0);
    this.list.replaceChildren(found.length > 0 ? this.cards(found) : none);
  }

  private wanted(): Wanted {
    return { q: this.search.value, tag: this.tag, owner: this.owner.value };
  }

  private changed(): void {
    const kept = new URLSearchParams();
    const { q, tag, owner } = this.wanted();
    for (const [name, value] of [
      ["q", q],
      ["tag", tag],
      ["owner", owner],
    ] as const) {
      if (value !== "") kept.set(name, value);
    }
    const query = kept.toString();
    history.replaceState(null, "", query === "" ? location.pathname : `?${query}`);
    this.show();
  }

  private choose(tag: string): void {
    this.tag = tag === this.tag ? "" : tag;
    this.changed();
    const chosen = [...this.tags.children].find((one) => one.textContent === tag);
    if (chosen instanceof HTMLElement) chosen.focus();
  }

  private fillOwners(chosen: string): void {
    const known = this.entries.map((entry) => entry.owner).filter((owner) => owner != null);
    const owners = [...new Set(chosen === "" ? known : [...known, chosen])].sort();
    const all = h("option", { value: "" }, listMessages.anyOwner);
    this.owner.append(all, ...owners.map((owner) => h("option", { value: owner }, owner)));
    this.owner.value = chosen;
  }

  /** Every tag there is, the chosen one pressed. */
  private showTags(): void {
    const all = [...new Set(this.entries.flatMap((entry) => entry.tags ?? []))].sort();
    const known = this.tag === "" || all.includes(this.tag) ? all : [...all, this.tag];
    this.tags.hidden = known.length === 0;
    this.tags.replaceChildren(
      ...known.map((tag) =>
        button(
          { class: "badge", "aria-pressed": String(tag === this.tag) },
          () => this.choose(tag),
          tag,
        ),
      ),
    );
  }

  private cards(entries: Entry[]): HTMLElement {
    return h("ul", { class: "entries" }, ...entries.map((entry) => h("li", {}, card(entry))));
  }
}

/** Whether an entry has every word that is asked for, the tag and the owner. */
export function matches(entry: Entry, wanted: Wanted): boolean {
  const tags = entry.tags ?? [];
  if (wanted.tag !== "" && !tags.includes(wanted.tag)) return false;
  if (wanted.owner !== "" && entry.owner !== wanted.owner) return false;
  const texts = [entry.title, entry.slug, entry.description, entry.owner, ...tags];
  const text = texts.filter(Boolean).join(" ").toLowerCase();
  return wanted.q
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function card(entry: Entry): HTMLElement {
  const tags = entry.tags ?? [];
  return h(
    "section",
    { class: "card entry" },
    h("h2", {}, titleLink(entry)),
    entry.description && h("p", { class: "desc" }, entry.description),
    tags.length > 0 &&
      h("div", { class: "tags" }, ...tags.map((tag) => h("span", { class: "badge" }, tag))),
    h(
      "div",
      { class: "meta" },
      h("span", { title: entry.computed_at }, freshness(entry)),
      entry.last_cost_usd != null &&
        h(
          "span",
          { title: listMessages.lastCostTitle },
          listMessages.lastCost(dollars(entry.last_cost_usd, language())),
        ),
      entry.owner && h("span", {}, entry.owner),
      entry.published_at &&
        h("span", { title: entry.published_at }, listMessages.published(ago(entry.published_at))),
      entry.revision && h("code", {}, entry.revision.slice(0, 7)),
    ),
  );
}

function freshness(entry: Entry): string {
  if (entry.computed_at == null) return listMessages.neverComputed;
  return listMessages.computed(ago(entry.computed_at));
}

/** A link within this server; an address that leads elsewhere stays text. */
function titleLink(entry: Entry): HTMLElement {
  const url = new URL(entry.url, document.baseURI);
  if (url.origin !== location.origin) return h("span", {}, entry.title);
  return h("a", { href: url.href }, entry.title);
}

function nothing(none: boolean): HTMLElement {
  const problem = none
    ? { code: "empty", title: listMessages.noneYet, detail: null, hint: listMessages.noneYetHint }
    : { code: "empty", title: listMessages.noDashboards };
  return h("div", { class: "card" }, stateBlock("empty", problem));
}
