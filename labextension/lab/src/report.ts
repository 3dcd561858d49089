/** What Peter says, in panels of its own that follow the theme. */

import { MainAreaWidget, Notification } from "@jupyterlab/apputils";
import { Widget } from "@lumino/widgets";
import { bytes } from "../../src/format";
import { h } from "../../src/renderer/dom";
import { Theme } from "../../src/renderer/theme";
import { peterIcon } from "./icon";
import { languageTag } from "./words";

/** A node in Peter's look; it follows the theme until it is disposed. */
export class Report extends Widget {
  private readonly theme: Theme;

  constructor(...parts: (Node | null | false)[]) {
    super();
    this.addClass("peter-report");
    const root = h("div", { class: "pt peter-out" }, ...parts);
    this.node.append(root);
    this.node.tabIndex = 0;
    this.theme = new Theme(root, "auto");
  }

  override dispose(): void {
    this.theme.destroy();
    super.dispose();
  }
}

/** A report in the main area; one of the same title has the same id. */
export function reportPanel(title: string, report: Report): MainAreaWidget<Report> {
  const panel = new MainAreaWidget({ content: report });
  panel.id = `peter-report-${title.replace(/\W+/g, "-")}`;
  report.title.label = title;
  report.title.icon = peterIcon;
  report.title.closable = true;
  panel.toolbar.hide();
  return panel;
}

/** Say what is being done until it is done. */
export async function waiting<T>(doing: string, work: Promise<T>): Promise<T> {
  const id = Notification.info(`${doing} …`, { autoClose: false });
  try {
    return await work;
  } finally {
    Notification.dismiss(id);
  }
}

/** A table with its columns' alignment: `n` for numbers. */
export function table(
  heads: string[],
  rows: (Node | string | null)[][],
  aligned = "",
): HTMLElement {
  const cell =
    (tag: "td" | "th") =>
    (content: Node | string | null, index: number): HTMLElement => {
      const numeric = aligned[index] === "n" ? "pt-n" : "";
      if (content === null) return h(tag, { class: `${numeric} pt-null` }, "–");
      return h(tag, { class: numeric }, content);
    };
  return h(
    "div",
    { class: "pt-scroll", tabindex: "0" }, // what scrolls must be reached by keys
    h(
      "table",
      { class: "pt-table" },
      h("thead", {}, h("tr", {}, ...heads.map(cell("th")))),
      h("tbody", {}, ...rows.map((row) => h("tr", {}, ...row.map(cell("td"))))),
    ),
  );
}

/** A card with a status line. */
export function card(
  pill: { words: string; tone: "good" | "bad" | "warn" | "info" },
  items: string[],
  ...parts: (Node | null | false)[]
): HTMLElement {
  const status = h(
    "div",
    { class: "pt-status" },
    h("span", { class: `pt-pill pt-${pill.tone}` }, pill.words),
    ...items.map((item, index) => h("span", { class: index === 0 ? "peter-first" : "" }, item)),
  );
  return h("div", { class: "pt-card" }, status, ...parts);
}

/** A title over what follows. */
export function heading(title: string, about: string | null = null): HTMLElement {
  return h(
    "header",
    { class: "peter-heading" },
    h("h1", { class: "pt-h1" }, title),
    about && h("p", { class: "pt-sub" }, about),
  );
}

/** A decimal string of US dollars; what is next to nothing is not told as nothing. */
export function usd(amount: string): string {
  const written = new Intl.NumberFormat(languageTag(), { style: "currency", currency: "USD" });
  const value = Number(amount);
  return value > 0 && value < 0.01 ? `< ${written.format(0.01)}` : written.format(value);
}

/** Bytes as JupyterLab's language writes them. */
export function size(count: number): string {
  return bytes(count, languageTag());
}
