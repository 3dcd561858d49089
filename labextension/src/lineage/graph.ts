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

/** What a node is called: its title, or its name. */
export function label(node: Node): string {
  return node.title ?? node.name;
}

/** What stands on a node: its own name in full, and what it is part of in small. */
export function face(node: Node): { name: string; of: string | null } {
  if (node.kind === "table") {
    // The end of a long name is what tells tables apart.
    const [project, ...rest] = node.name.split(".");
    return rest.length > 1
      ? { name: rest.join("."), of: project ?? null }
      : { name: node.name, of: null };
  }
  if (node.kind === "column") {
    const table = node.id.slice("column:".length).split("/")[0] ?? "";
    return { name: node.name, of: table.split(".").slice(-2).join(".") };
  }
  return { name: label(node), of: null };
}

/** Whether others than one dashboard may be made from a node. */
export function isShared(id: string): boolean {
  return id.startsWith("table:") || id.startsWith("column:");
}

/** A graph and what another adds to it. */
export function merged(graph: Graph, more: Graph): Graph {
  const nodes = new Set(graph.nodes.map((node) => node.id));
  const name = ({ source, target, kind }: Edge): string => `${source}\n${target}\n${kind}`;
  const edges = new Set(graph.edges.map(name));
  return {
    nodes: [...graph.nodes, ...more.nodes.filter((node) => !nodes.has(node.id))],
    edges: [...graph.edges, ...more.edges.filter((edge) => !edges.has(name(edge)))],
  };
}

/** A graph down to its tables. */
export function withoutColumns(graph: Graph): Graph {
  const isColumn = (id: string): boolean => id.startsWith("column:");
  return {
    nodes: graph.nodes.filter((node) => !isColumn(node.id)),
    edges: graph.edges.filter(({ source, target }) => !isColumn(source) && !isColumn(target)),
  };
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
