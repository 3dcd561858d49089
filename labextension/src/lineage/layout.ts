/** Places for the nodes of a lineage: layers from the dashboard on the left to its tables. */

import { Graph as Layered, layout } from "@dagrejs/dagre";
import type { Graph } from "./graph";

const HEIGHT = 44;
const MARGIN = 8;
/** A node's width and the gap between layers, in pixels: as wide as can be, down to what is read. */
const WIDTHS = { roomy: [208, 72], narrow: [132, 40] } as const;

export interface Place {
  x: number;
  y: number;
}

/** Upper left corners by id, the points of each edge, the sizes of a node and of the whole, in pixels. */
export interface Layout {
  places: Map<string, Place>;
  node: { width: number; height: number };
  paths: { source: string; target: string; points: Place[] }[];
  width: number;
  height: number;
}

/**
 * Lays a graph out for a width in pixels; it is wider where its layers do not fit. An edge to a
 * node that is not there is left out.
 */
export function place(graph: Graph, room = Infinity): Layout {
  const { width: wide, gap } = sizes(graph, room);
  const node = { width: wide, height: HEIGHT };
  const drawn = new Layered({ multigraph: false });
  drawn.setGraph({ rankdir: "RL", nodesep: 14, ranksep: gap, marginx: MARGIN, marginy: MARGIN });
  drawn.setDefaultEdgeLabel(() => ({}));
  for (const { id } of graph.nodes) drawn.setNode(id, { ...node });
  for (const { source, target } of graph.edges) {
    if (drawn.hasNode(source) && drawn.hasNode(target)) drawn.setEdge(source, target);
  }
  layout(drawn);
  const places = new Map<string, Place>();
  for (const id of drawn.nodes()) {
    const { x, y } = drawn.node(id) as Place;
    places.set(id, { x: x - node.width / 2, y: y - node.height / 2 });
  }
  const paths = drawn.edges().map(({ v, w }) => {
    const { points } = drawn.edge(v, w) as { points: Place[] };
    const [from, to] = [places.get(v), places.get(w)];
    const start = { x: from?.x ?? 0, y: (from?.y ?? 0) + node.height / 2 };
    const end = { x: (to?.x ?? 0) + node.width, y: (to?.y ?? 0) + node.height / 2 };
    // A line over several layers is led around what stands between.
    const around = points.length > 3 ? points.slice(1, -1) : [];
    return { source: v, target: w, points: [start, ...around, end] };
  });
  const { width = 0, height = 0 } = drawn.graph() as { width?: number; height?: number };
  return { places, node, paths, width, height };
}

/** How wide a node and a gap between layers are in a width. */
export function sizes(graph: Graph, room: number): { width: number; gap: number } {
  const layers = new Set(graph.nodes.map((node) => node.kind)).size;
  const [[most, far], [least, near]] = [WIDTHS.roomy, WIDTHS.narrow];
  const need = (width: number, gap: number): number =>
    layers * width + (layers - 1) * gap + 2 * MARGIN;
  if (layers < 2 || need(most, far) <= room) return { width: most, gap: far };
  const share = (room - need(least, near)) / (need(most, far) - need(least, near));
  const part = Math.max(0, share);
  return {
    width: Math.floor(least + part * (most - least)),
    gap: Math.floor(near + part * (far - near)),
  };
}

/** The node that an arrow key leads to: the nearest on that side; null where there is none. */
export function neighbour(places: Map<string, Place>, from: string, key: string): string | null {
  const here = places.get(from);
  const sides: Record<string, [number, number]> = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
  };
  const side = sides[key];
  if (!here || !side) return null;
  let best: [number, string] | null = null;
  for (const [id, there] of places) {
    const [dx, dy] = [there.x - here.x, there.y - here.y];
    const along = dx * side[0] + dy * side[1];
    if (along < 1) continue;
    const aside = Math.abs(dx * side[1]) + Math.abs(dy * side[0]);
    const cost = along + 3 * aside;
    if (best === null || cost < best[0]) best = [cost, id];
  }
  return best?.[1] ?? null;
}
