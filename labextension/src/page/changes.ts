/** What differs between two revisions, for reading. */

import { historyMessages } from "../messages";
import { h } from "../renderer/dom";
import type { Change } from "./fetching";

/** A list of changes; words where there are none. */
export function changeList(changes: Change[]): HTMLElement {
  if (changes.length === 0) return h("p", { class: "same" }, historyMessages.sameMeaning);
  return h("ul", { class: "changes" }, ...changes.map(item));
}

function item(change: Change): HTMLElement {
  const [first = "", ...lines] = change.text.split("\n");
  return h(
    "li",
    {},
    h(
      "span",
      { class: `badge ${TONES[change.kind] ?? ""}` },
      historyMessages.changeKinds[change.kind],
    ),
    h(
      "div",
      {},
      h("span", {}, withoutKind(first, change.kind)),
      lines.length > 0 &&
        h("pre", { tabindex: 0 }, ...lines.map((line) => sqlLine(line.replace(/^ {4}/, "")))),
    ),
  );
}

const TONES: Record<Change["kind"], string> = {
  added: "ok",
  removed: "bad",
  changed: "",
  moved: "",
};

/** The badge says the kind already; what is left besides names and values is said here. */
function withoutKind(text: string, kind: Change["kind"]): string {
  const told = text.startsWith(`${kind} `) ? text.slice(kind.length + 1) : text;
  if (kind === "moved") return told.replace(": order ", ": ");
  return told.replace(/(?<=^[\w.]+: )(\d+) lines added, (\d+) removed$/, (_, added, removed) =>
    historyMessages.lines(String(added), String(removed)),
  );
}

function sqlLine(line: string): HTMLElement {
  const tag = line.startsWith("+") ? "ins" : line.startsWith("-") ? "del" : "span";
  return h(tag, {}, `${line}\n`);
}
