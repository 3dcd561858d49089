/** Places for the nodes of a lineage: layers from the dashboard on the left to its tables. */

import { Graph as Layered, layout } from "@dagrejs/dagre";
import type { Graph } from "./graph";

export const NODE = { width: 208, height: 44 } as const;

export interface Place {
  x: number;
  y: number;
}

/** Upper left corners by id, the points of each edge, and the size of the whole, in pixels. */
export interface Layout {
  places: Map<string, Place>;
  paths: { source: string; target: string; points: Place[] }[];
  width: number;
  height: number;
}

/** Lays a graph out; an edge to a node that is not there is left out. */
export function place(graph: Graph): Layout {
  const drawn = new Layered({ multigraph: false });
  drawn.setGraph({ rankdir: "RL", nodesep: 14, ranksep: 72, marginx: 8, marginy: 8 });
  drawn.setDefaultEdgeLabel(() => ({}));
  for (const node of graph.nodes) drawn.setNode(node.id, { ...NODE });
  for (const { source, target } of graph.edges) {
    if (drawn.hasNode(source) && drawn.hasNode(target)) drawn.setEdge(source, target);
  }
  layout(drawn);
  const places = new Map<string, Place>();
  for (const id of drawn.nodes()) {
    const { x, y } = drawn.node(id) as Place;
    places.set(id, { x: x - NODE.width / 2, y: y - NODE.height / 2 });
  }
  const paths = drawn.edges().map(({ v, w }) => {
    const { points } = drawn.edge(v, w) as { points: Place[] };
    const [from, to] = [places.get(v), places.get(w)];
    const start = { x: from?.x ?? 0, y: (from?.y ?? 0) + NODE.height / 2 };
    const end = { x: (to?.x ?? 0) + NODE.width, y: (to?.y ?? 0) + NODE.height / 2 };
    // A line over several layers is led around what stands between.
    const around = points.length > 3 ? points.slice(1, -1) : [];
    return { source: v, target: w, points: [start, ...around, end] };
  });
  const { width = 0, height = 0 } = drawn.graph() as { width?: number; height?: number };
  return { places, paths, width, height };
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
