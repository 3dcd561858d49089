/** What stands in a card instead of a figure. */

import type { Problem } from "../artifact";
import { messages } from "../messages";
import { type Child, h } from "./dom";
import { icon } from "./icons";

const untold = (kind: "failed" | "empty"): Problem =>
  kind === "failed"
    ? { code: kind, title: messages.failedTitle }
    : { code: kind, title: messages.emptyTitle, detail: messages.emptyDetail };

/** Why there is nothing to see, and what to do: an icon, a title, a detail and a hint. */
export function stateBlock(
  kind: "failed" | "empty",
  problem: Problem | null,
  ...actions: Child[]
): HTMLElement {
  const { title, detail, hint, detail_lang: lang, hint_lang } = problem ?? untold(kind);
  return h(
    "div",
    { class: `state ${kind}` },
    h("span", { class: "ic" }, icon(kind === "failed" ? "alert" : "empty", 18)),
    h("strong", {}, title),
    detail && h("p", { lang }, ...marked(detail)),
    hint && h("p", { class: "hint", lang: hint_lang }, ...marked(hint)),
    actions.some(Boolean) && h("div", { class: "acts" }, ...actions),
  );
}

/** The place of a figure that is on its way; on paper, that nobody asked for it. */
export function waitingBlock(): HTMLElement {
  const told = h("span", { class: "paper" }, messages.notLoaded);
  return h("div", { class: "waiting" }, told);
}

/** A text in which names stand between backticks, those as code. */
function marked(text: string): Child[] {
  return text.split(/`([^`]+)`/).map((part, at) => (at % 2 === 1 ? h("code", {}, part) : part));
}

/** A dashboard-shaped skeleton; it shows itself after 300 ms. */
export function skeleton(label: string): HTMLElement {
  const card = (width: number, height: number): HTMLElement =>
    h("div", { class: "card bone", style: `--w:${width};min-height:${height}px` });
  return h(
    "div",
    { class: "skeleton", role: "status", "aria-label": label },
    h("div", { class: "bone line", style: "width:220px;height:24px" }),
    h("div", { class: "bone line", style: "width:380px;height:14px" }),
    h("div", { class: "grid" }, ...[3, 3, 3, 3].map((width) => card(width, 120))),
    h("div", { class: "grid" }, card(8, 340), card(4, 340)),
  );
}
