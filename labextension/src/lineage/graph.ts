/** What a dashboard is made of, as the API tells it: data flows from an edge's source to its target. */

export interface Graph {
  nodes: Node[];
  edges: Edge[];
}

export type Kind = "dashboard" | "chart" | "query" | "table" | "column";

export interface Node {
  id: string;
  kind: Kind;
  name: string;
  title?: string | null;
}

export interface Edge {
  source: string;
  target: string;
  kind: string;
}

export type Direction = "upstream" | "downstream";

/** The ids that a node is made from, or that are made from it; the node itself is not among them. */
export function reach(graph: Graph, start: string, direction: Direction): Set<string> {
  const next = new Map<string, string[]>();
  for (const { source, target } of graph.edges) {
    const [from, to] = direction === "downstream" ? [source, target] : [target, source];
    next.set(from, [...(next.get(from) ?? []), to]);
  }
  const found = new Set<string>();
  const open = [start];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const other of next.get(id) ?? []) {
      if (found.has(other)) continue;
      found.add(other);
      open.push(other);
    }
  }
  found.delete(start);
  return found;
}

/** What stands on a node: its title, or its name. */
export function label(node: Node): string {
  return node.title ?? node.name;
}

/** The nodes whose label or id holds a text; none for an empty one. */
export function search(graph: Graph, text: string): Set<string> {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return new Set();
  const found = graph.nodes.filter((node) =>
    `${label(node)} ${node.id}`.toLowerCase().includes(wanted),
  );
  return new Set(found.map((node) => node.id));
}

/** How many of a kind are among ids, in the order of the layers, without those there are none of. */
export function counted(graph: Graph, ids: ReadonlySet<string>): [Kind, number][] {
  const kinds: Kind[] = ["dashboard", "chart", "query", "table", "column"];
  const numbers = kinds.map((kind): [Kind, number] => [
    kind,
    graph.nodes.filter((node) => node.kind === kind && ids.has(node.id)).length,
  ]);
  return numbers.filter(([, number]) => number > 0);
}
