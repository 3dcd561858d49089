/** The tooltip of a chart: a small table of text nodes beside the pointer. */

import { h } from "../renderer/dom";

/** Shows one tooltip inside `host`, which must be positioned. */
export class Tooltip {
  private readonly box: HTMLElement;

  constructor(private readonly host: HTMLElement) {
    this.box = h("div", { class: "tip", hidden: true, "aria-hidden": "true" });
    host.append(this.box);
  }

  /** Vega's tooltip handler: what `tooltipRows` reads; null hides. */
  readonly handle = (
    _handler: unknown,
    event: MouseEvent,
    _item: unknown,
    value: unknown,
  ): void => {
    const rows = tooltipRows(value);
    // Vega tells of the end of a tooltip without an event.
    if (rows.length === 0) {
      this.hide();
      return;
    }
    const frame = this.host.getBoundingClientRect();
    this.show(rows, event.clientX - frame.left, event.clientY - frame.top);
  };

  /** Shows lines beside a place of the host, in pixels; no lines hide it. */
  show(rows: [string, string][], x: number, y: number): void {
    this.box.hidden = rows.length === 0;
    this.box.replaceChildren(
      ...rows.map(([title, text]) =>
        h("div", {}, title !== "" && h("span", {}, title), h("b", {}, text)),
      ),
    );
    if (rows.length > 0) this.place(x, y);
  }

  hide(): void {
    this.box.hidden = true;
  }

  destroy(): void {
    this.box.remove();
  }

  private place(x: number, y: number): void {
    const frame = this.host.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.box;
    const right = x + 14;
    const left = right + width > frame.width + 8 ? x - width - 14 : right;
    const top = Math.min(Math.max(y - height / 2, -8), frame.height - height + 8);
    this.box.style.transform = `translate(${Math.round(Math.max(left, -8))}px, ${Math.round(top)}px)`;
  }
}

/** The lines of a tooltip: pairs of a title and a text, in an array or an object; or one text. */
export function tooltipRows(value: unknown): [string, string][] {
  if (value === null || value === undefined || value === "") return [];
  if (typeof value !== "object") return [["", told(value)]];
  const pairs: unknown[] = Array.isArray(value) ? value : Object.entries(value);
  return pairs.filter(isTold).map(([title, text]) => [told(title), told(text)]);
}

/** Texts and numbers as they are; nothing else is told. */
function told(value: unknown): string {
  const known =
    typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  return known ? String(value) : "";
}

function isTold(pair: unknown): pair is [unknown, unknown] {
  return Array.isArray(pair) && pair[1] !== null && pair[1] !== undefined;
}
