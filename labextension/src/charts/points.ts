/** The values of a drawn chart as places on it, for a cursor that moves by keys. */

import type { LegendEntry, Scalar, VegaView } from "../artifact";
import { belongsTo } from "./choice";
import { tooltipRows } from "./tooltip";

type Row = Record<string, Scalar>;

const OF_LINES = new Set(["rule", "text"]);

/** One value: where it is within the plot, in pixels, and what its tooltip says. */
export interface Point {
  x: number;
  y: number;
  rows: [string, string][];
  datum: Row;
}

/** What is read of Vega's scene graph. */
export interface SceneItem {
  x?: number;
  y?: number;
  datum?: unknown;
  tooltip?: unknown;
  bounds?: { x1: number; y1: number; x2: number; y2: number };
  marktype?: string;
  items?: SceneItem[];
  opacity?: number;
  mark?: { marktype?: string };
  _svg?: SVGElement | null;
}

/** Every item of the scene below a group or mark, with the origin it stands at. */
export function* sceneItems(
  scene: SceneItem,
  x = 0,
  y = 0,
): Generator<{ item: SceneItem; x: number; y: number }> {
  for (const child of scene.items ?? []) {
    if (child.marktype !== undefined) {
      yield* sceneItems(child, x, y);
    } else if (child.items) {
      yield* sceneItems(child, x + (child.x ?? 0), y + (child.y ?? 0));
    } else {
      yield { item: child, x, y };
    }
  }
}

/** Every value that has a tooltip, once. */
export function scenePoints(scene: SceneItem): Point[] {
  const points: Point[] = [];
  const seen = new Set<Row>();
  for (const { item, x, y } of sceneItems(scene)) {
    const rows = tooltipRows(item.tooltip);
    // A line across the plot and its label tell of themselves, and are no value of the data.
    if (rows.length === 0 || OF_LINES.has(item.mark?.marktype ?? "")) continue;
    const found = placeOf(item);
    if (!found || seen.has(found.datum)) continue;
    seen.add(found.datum);
    points.push({ ...found, x: found.x + x, y: found.y + y, rows });
  }
  return points;
}

function placeOf(item: SceneItem): Omit<Point, "rows"> | null {
  const datum = item.datum as Row | undefined;
  const box = item.bounds;
  if (!datum || !box) return null;
  return { x: (box.x1 + box.x2) / 2, y: (box.y1 + box.y2) / 2, datum };
}

/** The values in the tracks along which the keys move. */
export interface Tracks {
  /** Whether a track runs from the left to the right; otherwise from the top down. */
  across: boolean;
  tracks: Point[][];
}

/** One track a series; of a heatmap one a row; of everything else one in all. */
export function tracksOf(view: VegaView, points: Point[]): Tracks {
  const [x, y] = axisTypes(view);
  const across = !(y === "ordinal" && x !== "ordinal");
  const split = splitOf(view.legend, x === "ordinal" && y === "ordinal", x === null);
  const tracks = new Map<number, Point[]>();
  for (const point of points) {
    const key = split(point.datum);
    const track = tracks.get(key) ?? [];
    track.push(point);
    tracks.set(key, track);
  }
  const along = (point: Point): number =>
    x === null ? Number(point.datum.f0) : across ? point.x : point.y;
  const sorted = [...tracks].sort(([a], [b]) => a - b);
  return {
    across,
    tracks: sorted.map(([, track]) => track.sort((a, b) => along(a) - along(b))),
  };
}

function splitOf(legend: LegendEntry[], grid: boolean, round: boolean): (datum: Row) => number {
  if (grid) return (datum) => Number(datum.f1);
  if (round) return () => 0;
  return (datum) =>
    Math.max(
      legend.findIndex((entry) => belongsTo(entry, datum)),
      0,
    );
}

/** The types of x and y; null where a chart is round. */
function axisTypes(view: VegaView): [string | null, string | null] {
  const [first] = (view.spec.layer ?? []) as { encoding?: Record<string, { type?: string }> }[];
  const type = (name: string): string | null => first?.encoding?.[name]?.type ?? null;
  return [type("x"), type("y")];
}

/** Where a key leads: the track and the place in it; null for any other key. */
export function moved(
  { across, tracks }: Tracks,
  [track, at]: readonly [number, number],
  key: string,
): [number, number] | null {
  const here = tracks[track] ?? [];
  const [on, back, next, before] = across
    ? ["ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp"]
    : ["ArrowDown", "ArrowUp", "ArrowRight", "ArrowLeft"];
  const steps: Record<string, number> = {
    [on]: at + 1,
    [back]: at - 1,
    PageDown: at + 10,
    PageUp: at - 10,
    Home: 0,
    End: here.length - 1,
  };
  const step = steps[key];
  if (step !== undefined) return [track, Math.min(Math.max(step, 0), here.length - 1)];
  if (key !== next && key !== before) return null;
  const other = Math.min(Math.max(track + (key === next ? 1 : -1), 0), tracks.length - 1);
  return [other, nearest(tracks[other] ?? [], here[at], across)];
}

function nearest(track: Point[], from: Point | undefined, across: boolean): number {
  const along = (point: Point): number => (across ? point.x : point.y);
  if (!from) return 0;
  let best = 0;
  track.forEach((point, at) => {
    const held = track[best];
    const closer =
      held && Math.abs(along(point) - along(from)) < Math.abs(along(held) - along(from));
    if (closer) best = at;
  });
  return best;
}
