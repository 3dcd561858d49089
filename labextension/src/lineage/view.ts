/** The lineage of a dashboard: a layered drawing to search, to follow by keys and to focus. */

import type { Problem } from "../artifact";
import { messages } from "../messages";
import { button, h, svg } from "../renderer/dom";
import { stateBlock } from "../renderer/states";
import { counted, type Graph, label, type Node, reach, search } from "./graph";
import { type Layout, neighbour, NODE, place } from "./layout";

interface Source {
  /** Gives the graph, down to tables or down to their columns. Rejects with a problem's words. */
  load: (columns: boolean) => Promise<Graph>;
}

/** Draws a lineage into `root`; gives the function that takes it away. */
export function renderLineage(root: HTMLElement, source: Source): () => void {
  const view = new LineageView(source);
  root.replaceChildren(view.element);
  void view.show();
  return () => root.replaceChildren();
}

class LineageView {
  readonly element: HTMLElement;
  private readonly stage = h("div", { class: "lineage-stage" });
  private readonly told = h("p", { class: "lineage-told", role: "status" });
  private readonly find: HTMLInputElement;
  private readonly columns: HTMLButtonElement;
  private readonly impact: HTMLButtonElement;
  private graph: Graph = { nodes: [], edges: [] };
  private layout: Layout = place({ nodes: [], edges: [] });
  private chosen: string | null = null;

  constructor(private readonly source: Source) {
    const name = messages.searchLineage;
    this.find = h("input", { type: "search", placeholder: name, "aria-label": name });
    this.find.addEventListener("input", () => this.mark());
    this.columns = this.toggle(messages.columns, () => void this.show());
    this.impact = this.toggle(messages.impact, () => this.mark());
    const bar = h("div", { class: "lineage-bar" }, this.find, this.columns, this.impact, this.told);
    this.element = h(
      "section",
      { class: "card lineage", "aria-label": messages.lineage },
      bar,
      h("div", { class: "lineage-scroll" }, this.stage),
    );
    this.element.addEventListener("keydown", (event) => this.key(event));
  }

  /** Asks for the graph and draws it; the chosen node stays chosen where it is still there. */
  async show(): Promise<void> {
    try {
      this.graph = await this.source.load(this.columns.getAttribute("aria-pressed") === "true");
      this.layout = place(this.graph);
    } catch (error) {
      const problem = (error as { problem?: Problem }).problem ?? null;
      this.stage.replaceChildren(stateBlock("failed", problem));
      return;
    }
    if (!this.layout.places.has(this.chosen ?? "")) this.chosen = null;
    this.draw();
    this.mark();
  }

  private toggle(text: string, changed: () => void): HTMLButtonElement {
    const control = button({ class: "btn", "aria-pressed": "false" }, () => {
      const on = control.getAttribute("aria-pressed") !== "true";
      control.setAttribute("aria-pressed", String(on));
      changed();
    });
    control.textContent = text;
    return control;
  }

  private draw(): void {
    const { width, height, paths, places } = this.layout;
    const lines = svg("svg", { width, height, "aria-hidden": "true" });
    for (const { source, target, points } of paths) {
      const line = svg("path", { d: curve(points) });
      line.dataset.source = source;
      line.dataset.target = target;
      lines.append(line);
    }
    // In reading order: by layers from the left, each from the top.
    const order = [...places].sort(([, a], [, b]) => a.x - b.x || a.y - b.y);
    const known = new Map(this.graph.nodes.map((node) => [node.id, node]));
    const nodes = order.map(([id, { x, y }]) => this.node(known.get(id) as Node, x, y));
    this.stage.style.cssText = `width:${width}px;height:${height}px`;
    this.stage.replaceChildren(lines, ...nodes);
  }

  private node(node: Node, x: number, y: number): HTMLElement {
    const choose = (): void => {
      this.chosen = this.chosen === node.id ? null : node.id;
      this.mark();
    };
    const style = `left:${x}px;top:${y}px;width:${NODE.width}px;height:${NODE.height}px`;
    const face = [h("small", {}, messages.kinds[node.kind]), h("span", {}, label(node))];
    const made = button({ class: `node ${node.kind}`, style, title: node.id }, choose, ...face);
    made.dataset.id = node.id;
    return made;
  }

  /** Lets what belongs to the chosen node, or is searched for, stand out. */
  private mark(): void {
    const found = search(this.graph, this.find.value);
    const lit = this.chosen === null ? found : this.around(this.chosen);
    const searching = this.chosen === null && this.find.value.trim() !== "";
    const dims = this.chosen !== null || searching;
    const stands = (id = ""): boolean => lit.has(id) || id === this.chosen;
    for (const item of this.stage.querySelectorAll<HTMLElement>(".node")) {
      const { id } = item.dataset;
      item.classList.toggle("dim", dims && !stands(id));
      item.setAttribute("aria-pressed", String(id === this.chosen));
    }
    this.markLines(dims, stands);
    this.say(lit, searching);
  }

  private markLines(dims: boolean, stands: (id?: string) => boolean): void {
    for (const line of this.stage.querySelectorAll<SVGPathElement>("path")) {
      const on = stands(line.dataset.source) && stands(line.dataset.target);
      line.classList.toggle("dim", dims && !on);
      line.classList.toggle("lit", this.chosen !== null && on);
    }
  }

  private around(id: string): Set<string> {
    const after = reach(this.graph, id, "downstream");
    if (this.impact.getAttribute("aria-pressed") === "true") return after;
    return new Set([...after, ...reach(this.graph, id, "upstream")]);
  }

  private say(lit: Set<string>, searching: boolean): void {
    const every = new Set(this.graph.nodes.map((node) => node.id));
    const node = this.graph.nodes.find(({ id }) => id === this.chosen);
    const shown = node || searching ? lit : every;
    const counts = counted(this.graph, shown).map(([kind, number]) =>
      messages.things(kind, number),
    );
    const list = counts.length > 0 ? counts.join(", ") : messages.nothing;
    const onlyAfter = this.impact.getAttribute("aria-pressed") === "true";
    if (!node) this.told.textContent = list;
    else if (onlyAfter) this.told.textContent = messages.breaks(label(node), list);
    else this.told.textContent = messages.connected(label(node), list);
  }

  private key(event: KeyboardEvent): void {
    if (event.key === "Escape" && this.chosen !== null) {
      event.stopPropagation();
      this.chosen = null;
      this.mark();
      return;
    }
    const from = (event.target as HTMLElement).dataset.id;
    const next = from === undefined ? null : neighbour(this.layout.places, from, event.key);
    if (next === null) return;
    event.preventDefault();
    const nodes = [...this.stage.querySelectorAll<HTMLElement>(".node")];
    nodes.find((item) => item.dataset.id === next)?.focus();
  }
}

/** A line through an edge's points that leaves and arrives level. */
function curve(points: { x: number; y: number }[]): string {
  const [first, ...rest] = points;
  if (!first) return "";
  let before = first;
  const parts = rest.map((point) => {
    const middle = (before.x + point.x) / 2;
    const part = `C${middle},${before.y} ${middle},${point.y} ${point.x},${point.y}`;
    before = point;
    return part;
  });
  return `M${first.x},${first.y}${parts.join("")}`;
}
