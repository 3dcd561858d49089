/** Where a dashboard's numbers come from, in columns from tables to charts. */

import { h, svg } from "../../src/renderer/dom";
import type { Graph } from "./models";
import { heading, Report } from "./report";

const ORDER = ["column", "table", "query", "chart", "dashboard"];
const NAMES: Record<string, string> = {
  column: "Columns",
  table: "Tables",
  query: "Queries",
  chart: "Charts",
  dashboard: "Dashboard",
};

/** The lineage of a dashboard; a node that is pointed at shows what it stands on and carries. */
export function lineageReport(slug: string, graph: Graph): Report {
  const columns = ORDER.map((kind) => graph.nodes.filter((node) => node.kind === kind)).filter(
    (nodes) => nodes.length > 0,
  );
  const boxes = new Map<string, HTMLElement>();
  const lines = svg("svg", { class: "peter-edges", "aria-hidden": "true" });
  const frame = h("div", { class: "peter-lineage" }, lines);
  for (const nodes of columns) {
    const list = nodes.map((node) => {
      const box = h(
        "li",
        { tabindex: 0, "data-kind": node.kind, title: node.name },
        node.title ?? shortName(node.name),
      );
      boxes.set(node.id, box);
      return box;
    });
    frame.append(
      h("section", {}, h("h3", {}, NAMES[nodes[0]?.kind ?? ""] ?? ""), h("ul", {}, ...list)),
    );
  }
  for (const [id, box] of boxes) {
    const near = new Set([
      ...reach(graph, id, "source", "target"),
      ...reach(graph, id, "target", "source"),
      id,
    ]);
    const light = (): void => focus(boxes, lines, near);
    const dim = (): void => focus(boxes, lines, null);
    box.addEventListener("mouseenter", light);
    box.addEventListener("focus", light);
    box.addEventListener("mouseleave", dim);
    box.addEventListener("blur", dim);
  }
  const draw = (): void => drawEdges(graph, boxes, lines, frame);
  new ResizeObserver(draw).observe(frame);
  return new Report(heading(`Lineage of ${slug}`, "From tables to what people see"), frame);
}

function drawEdges(
  graph: Graph,
  boxes: Map<string, HTMLElement>,
  lines: SVGElement,
  frame: HTMLElement,
): void {
  const origin = frame.getBoundingClientRect();
  lines.setAttribute("width", String(frame.scrollWidth));
  lines.setAttribute("height", String(frame.scrollHeight));
  const paths = graph.edges.flatMap((edge) => {
    const [a, b] = [boxes.get(edge.source), boxes.get(edge.target)].map((box) =>
      box?.getBoundingClientRect(),
    );
    if (!a || !b) return [];
    const [left, right] = a.left <= b.left ? [a, b] : [b, a];
    const [x1, y1] = [left.right - origin.left, left.top + left.height / 2 - origin.top];
    const [x2, y2] = [right.left - origin.left, right.top + right.height / 2 - origin.top];
    const bend = (x2 - x1) / 2;
    return [
      svg("path", {
        d: `M${x1},${y1}C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}`,
        "data-source": edge.source,
        "data-target": edge.target,
      }),
    ];
  });
  lines.replaceChildren(...paths);
}

function focus(boxes: Map<string, HTMLElement>, lines: SVGElement, near: Set<string> | null): void {
  for (const [id, box] of boxes) box.classList.toggle("is-dim", near !== null && !near.has(id));
  for (const path of lines.querySelectorAll("path")) {
    const { source, target } = path.dataset;
    const lit = near !== null && near.has(source ?? "") && near.has(target ?? "");
    path.classList.toggle("is-lit", lit);
    path.classList.toggle("is-dim", near !== null && !lit);
  }
}

function reach(
  graph: Graph,
  id: string,
  from: "source" | "target",
  to: "source" | "target",
): Set<string> {
  const found = new Set<string>();
  const waiting = [id];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const edge of graph.edges) {
      if (edge[from] === next && !found.has(edge[to])) {
        found.add(edge[to]);
        waiting.push(edge[to]);
      }
    }
  }
  return found;
}

function shortName(name: string): string {
  return name.split(".").slice(-2).join(".");
}
