/** The lineage of a dashboard: a layered drawing to search, to follow by keys and to focus. */

import type { Problem } from "../artifact";
import { lineageMessages, messages } from "../messages";
import { button, h, svg } from "../renderer/dom";
import { stateBlock } from "../renderer/states";
import { type Catalogue, language, Voice } from "../translation";
import {
  counted,
  face,
  type Graph,
  isShared,
  label,
  merged,
  type Node,
  reach,
  search,
  withoutColumns,
} from "./graph";
import { type Layout, neighbour, place, sizes } from "./layout";

/** Where a view has its lineage from. What rejects carries a problem's words. */
export interface LineageSource {
  /** Gives the graph, down to tables or down to their columns. */
  load: (columns: boolean) => Promise<Graph>;
  /** Gives what every published dashboard makes of a table or a column, where that is known. */
  impact?: (id: string) => Promise<Graph>;
  /** Whether the columns are shown from the beginning. */
  columns?: boolean;
  /** What it is read in, where that is not the language of the page. */
  words?: Catalogue | null;
}

/** Of the frame around the drawing, as its styles have it, in pixels. */
const PADDING = 12;
const NONE: Graph = { nodes: [], edges: [] };

/** Draws a lineage into `root`; gives the function that takes it away. */
export function renderLineage(root: HTMLElement, source: LineageSource): () => void {
  const view = new LineageView(source);
  root.replaceChildren(view.element);
  void view.show();
  return () => {
    view.leave();
    root.replaceChildren();
  };
}

class LineageView {
  readonly element = h("section", { class: "card lineage" });
  private readonly voice: Voice;
  private readonly stage = h("div", { class: "lineage-stage" });
  private readonly frame = h("div", { class: "lineage-scroll" }, this.stage);
  private readonly sized = new ResizeObserver(() => this.fit());
  private readonly told = h("p", { class: "lineage-told", role: "status" });
  private readonly find: HTMLInputElement;
  private readonly columns: HTMLButtonElement;
  private readonly impact: HTMLButtonElement;
  /** What was loaded, and what is drawn: in impact mode other dashboards stand there too. */
  private own: Graph = NONE;
  private graph: Graph = NONE;
  private layout: Layout = place(NONE);
  private chosen: string | null = null;
  private untold = false;
  private turn = 0;

  constructor(private readonly source: LineageSource) {
    this.voice = new Voice(this.element, source.words);
    this.element.lang = language();
    this.element.setAttribute("aria-label", messages.lineage);
    const name = lineageMessages.searchLineage;
    this.find = h("input", { type: "search", placeholder: name, "aria-label": name });
    this.find.addEventListener("input", () => this.mark());
    this.columns = this.toggle(lineageMessages.columns, () => void this.show());
    this.columns.setAttribute("aria-pressed", String(source.columns ?? false));
    this.impact = this.toggle(lineageMessages.impact, () => void this.follow());
    const bar = h("div", { class: "lineage-bar" }, this.find, this.columns, this.impact, this.told);
    this.element.append(bar, this.frame);
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.sized.observe(this.frame);
  }

  leave(): void {
    this.turn += 1;
    this.voice.leave();
    this.sized.disconnect();
  }

  /** Asks for the graph and draws it; the chosen node stays chosen where it is still there. */
  async show(): Promise<void> {
    const turn = (this.turn += 1);
    this.element.setAttribute("aria-busy", "true");
    try {
      const loaded = await this.source.load(isOn(this.columns));
      if (turn !== this.turn) return;
      this.own = loaded;
      this.lay(loaded);
      await this.follow();
    } catch (error) {
      if (turn !== this.turn) return;
      this.fail((error as { problem?: Problem }).problem ?? null);
    }
    this.element.removeAttribute("aria-busy");
  }

  /** Marks what belongs to the chosen node; in impact mode all dashboards are asked for theirs. */
  private async follow(): Promise<void> {
    const turn = (this.turn += 1);
    const { chosen, source } = this;
    this.untold = false;
    this.mark();
    const asks = chosen !== null && isOn(this.impact) && isShared(chosen);
    if (!asks || !source.impact) {
      if (this.graph !== this.own) this.lay(this.own);
    } else {
      try {
        const more = await source.impact(chosen);
        if (turn !== this.turn) return;
        this.lay(merged(this.own, isOn(this.columns) ? more : withoutColumns(more)));
      } catch {
        if (turn !== this.turn) return;
        this.untold = true;
      }
    }
    this.mark();
  }

  /** Lays it out anew where there is more or less room than it was laid out for. */
  private fit(): void {
    const { width } = this.layout.node;
    if (this.graph.nodes.length === 0 || sizes(this.graph, this.room).width === width) return;
    this.lay(this.graph);
    this.mark();
  }

  /** The width there is; without a page around it there is no telling. */
  private get room(): number {
    const { clientWidth } = this.frame;
    return clientWidth > 0 ? clientWidth - 2 * PADDING : Infinity;
  }

  private lay(graph: Graph): void {
    this.voice.speak();
    const first = this.graph.nodes.length === 0;
    this.graph = graph;
    this.layout = place(graph, this.room);
    if (!this.layout.places.has(this.chosen ?? "")) this.chosen = null;
    const { id } = (document.activeElement as HTMLElement | null)?.dataset ?? {};
    const held = id !== undefined && this.stage.contains(document.activeElement);
    this.draw();
    if (held) this.focus(id);
    else if (first) this.centre();
  }

  /** Begins at the dashboard, which stands half way down its charts. */
  private centre(): void {
    this.frame.scrollTop = (this.stage.offsetHeight - this.frame.clientHeight) / 2;
  }

  private fail(problem: Problem | null): void {
    this.voice.speak();
    this.stage.style.cssText = "";
    const again = button({ class: "btn" }, () => void this.show(), messages.retry);
    this.stage.replaceChildren(stateBlock("failed", problem, again));
    this.told.textContent = "";
  }

  private toggle(text: string, changed: () => void): HTMLButtonElement {
    const control = button({ class: "btn", "aria-pressed": "false" }, () => {
      control.setAttribute("aria-pressed", String(!isOn(control)));
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
      void this.follow();
    };
    const { width, height } = this.layout.node;
    const style = `left:${x}px;top:${y}px;width:${width}px;height:${height}px`;
    const { name, of } = face(node);
    const kind = [lineageMessages.kinds[node.kind], of].filter(Boolean).join(" · ");
    const title = `${lineageMessages.kinds[node.kind]} ${node.id.slice(node.kind.length + 1)}`;
    const made = button(
      { class: `node ${node.kind}`, style, title },
      choose,
      h("small", {}, kind),
      h("span", {}, name),
    );
    made.dataset.id = node.id;
    return made;
  }

  /** Lets what belongs to the chosen node, or is searched for, stand out. */
  private mark(): void {
    this.voice.speak();
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
    if (isOn(this.impact)) return after;
    return new Set([...after, ...reach(this.graph, id, "upstream")]);
  }

  private say(lit: Set<string>, searching: boolean): void {
    const every = new Set(this.graph.nodes.map((node) => node.id));
    const node = this.graph.nodes.find(({ id }) => id === this.chosen);
    const shown = node || searching ? lit : every;
    const counts = counted(this.graph, shown).map(([kind, number]) =>
      lineageMessages.things(kind, number),
    );
    const list = counts.length > 0 ? counts.join(", ") : lineageMessages.nothing;
    let words = list;
    if (node && isOn(this.impact)) words = lineageMessages.breaks(label(node), list);
    else if (node) words = lineageMessages.connected(label(node), list);
    this.told.textContent = this.untold ? `${words}. ${lineageMessages.onlyThisDashboard}` : words;
  }

  private key(event: KeyboardEvent): void {
    if (event.key === "Escape" && this.chosen !== null) {
      event.stopPropagation();
      this.chosen = null;
      void this.follow();
      return;
    }
    const from = (event.target as HTMLElement).dataset.id;
    const next = from === undefined ? null : neighbour(this.layout.places, from, event.key);
    if (next === null) return;
    event.preventDefault();
    this.focus(next);
  }

  private focus(id: string): void {
    const nodes = [...this.stage.querySelectorAll<HTMLElement>(".node")];
    nodes.find((item) => item.dataset.id === id)?.focus();
  }
}

function isOn(toggle: HTMLElement): boolean {
  return toggle.getAttribute("aria-pressed") === "true";
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
