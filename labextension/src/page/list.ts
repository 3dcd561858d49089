/** The list of published dashboards, searched as one types. */

import { ago } from "../format";
import { messages } from "../messages";
import { h } from "../renderer/dom";
import { stateBlock } from "../renderer/states";
import { Theme } from "../renderer/theme";

/** One dashboard of the list; `url` leads to its page, on the same server. */
export interface Entry {
  slug: string;
  title: string;
  description?: string | null;
  owner?: string | null;
  tags?: string[];
  revision?: string | null;
  published_at?: string | null;
  url: string;
}

/** Shows the list of the page's own JSON. */
export function startList(root: HTMLElement, entries: unknown): void {
  renderList(root, Array.isArray(entries) ? (entries as Entry[]) : []);
}

/** The list with its search box in `root`. */
export function renderList(root: HTMLElement, entries: Entry[]): void {
  root.classList.add("pt");
  new Theme(root, "auto");
  const total = h("span", { class: "badge", role: "status" });
  const search = h("input", {
    type: "search",
    placeholder: messages.searchDashboards,
    "aria-label": messages.searchDashboards,
  });
  const list = h("main", {});
  const show = (): void => {
    const found = entries.filter((entry) => matches(entry, search.value));
    total.textContent = messages.count(found.length, entries.length);
    list.replaceChildren(found.length > 0 ? cards(found) : nothing(entries.length === 0));
  };
  search.addEventListener("input", show);
  show();
  const find = h("div", { class: "find" }, total, search);
  const head = h("header", { class: "top" }, h("h1", {}, messages.dashboards), find);
  root.replaceChildren(h("div", { class: "page" }, head, list));
}

/** Whether every word asked for is in an entry's texts. */
export function matches(entry: Entry, asked: string): boolean {
  const texts = [entry.title, entry.slug, entry.description, entry.owner, ...(entry.tags ?? [])];
  const text = texts.filter(Boolean).join(" ").toLowerCase();
  return asked
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function cards(entries: Entry[]): HTMLElement {
  return h("ul", { class: "entries" }, ...entries.map((entry) => h("li", {}, card(entry))));
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
      entry.owner && h("span", {}, entry.owner),
      entry.published_at &&
        h("span", { title: entry.published_at }, messages.published(ago(entry.published_at))),
      entry.revision && h("code", {}, entry.revision.slice(0, 7)),
    ),
  );
}

/** A link within this server; an address that leads elsewhere stays text. */
function titleLink(entry: Entry): HTMLElement {
  const url = new URL(entry.url, document.baseURI);
  if (url.origin !== location.origin) return h("span", {}, entry.title);
  return h("a", { href: url.href }, entry.title);
}

function nothing(none: boolean): HTMLElement {
  const problem = none
    ? { code: "empty", title: messages.noneYet, detail: null, hint: messages.noneYetHint }
    : { code: "empty", title: messages.noDashboards };
  return h("div", { class: "card" }, stateBlock("empty", problem));
}
