/** A view as its reader left it: without the series that were switched off, zoomed along x. */

import type { Data, LegendEntry, Scalar, VegaView } from "../artifact";

/** What the reader chose in one figure. */
export interface Choice {
  /** Places in the legend of the series that are switched off. */
  hidden: ReadonlySet<number>;
  /** The part of x that is shown, in the units of `f0`; null is all of it. */
  zoom: readonly [number, number] | null;
}

type Spec = Record<string, unknown>;

interface Layer extends Spec {
  /** Rows of its own, of a layer that does not read the view's data. */
  data?: { values?: Record<string, Scalar>[] };
  mark?: { type?: string; clip?: boolean };
  encoding?: Record<string, Channel>;
}

interface Channel extends Spec {
  field?: string;
  type?: string;
  scale?: Spec;
}

const MOST_TICKS = 6;
const CONTINUOUS = new Set(["temporal", "quantitative"]);
const ZOOMED = new Set(["line", "area", "point"]);

/** The view to draw for a choice; the view itself where nothing was chosen. */
export function chosenView(view: VegaView, choice: Choice): VegaView {
  let shown = view;
  if (choice.hidden.size > 0) shown = withoutSeries(shown, choice.hidden);
  if (choice.zoom && isZoomable(view)) shown = zoomed(shown, choice.zoom);
  return shown;
}

/** Whether x is a continuous axis of marks that stand at one place of it. */
export function isZoomable(view: VegaView): boolean {
  const [first] = layers(view);
  const x = first?.encoding?.x;
  if (!first?.mark || x?.field !== "f0") return false;
  return CONTINUOUS.has(x.type ?? "") && ZOOMED.has(first.mark.type ?? "");
}

/** Whether rows belong to a legend's entry. */
export function belongsTo(entry: LegendEntry | undefined, row: Record<string, Scalar>): boolean {
  return entry?.series != null && row[entry.series[0]] === entry.series[1];
}

function layers(view: VegaView): Layer[] {
  const found = view.spec.layer;
  return Array.isArray(found) ? (found as Layer[]) : [];
}

function withoutSeries(view: VegaView, hidden: ReadonlySet<number>): VegaView {
  const { columns, values } = view.data;
  const gone = view.legend.filter((_, at) => hidden.has(at)).flatMap((entry) => entry.series ?? []);
  const field = gone[0];
  const keys = values[columns.findIndex((column) => column.name === field)];
  if (!keys) return view;
  const kept = keys.flatMap((key, row) => (gone.includes(key as never) ? [] : [row]));
  const data = { columns, values: values.map((column) => kept.map((row) => column[row] ?? null)) };
  return { ...view, data: isStacked(view) ? restacked(data) : data };
}

function isStacked(view: VegaView): boolean {
  const split = view.legend.filter((entry) => entry.series?.[1] !== -1).length > 1;
  return split && layers(view).some((layer) => isBase(layer.encoding?.y2 ?? layer.encoding?.x2));
}

function isBase(channel: Channel | undefined): boolean {
  return channel?.field === "f4";
}

/** Series on top of each other again, where those below them are gone. */
function restacked(data: Data): Data {
  const place = (name: string): number => data.columns.findIndex((column) => column.name === name);
  const [at, high, low] = [place("f0"), place("f1"), place("f4")];
  const [places, tops, bases] = [data.values[at], data.values[high], data.values[low]];
  if (!places || !tops || !bases) return data;
  const sums = new Map<string, number>();
  const newTops: Scalar[] = [];
  const newBases = bases.map((base, row) => {
    const size = Number(tops[row] ?? 0) - Number(base ?? 0);
    // Negative parts of a stack grow the other way.
    const key = `${String(places[row])}${size < 0 ? "-" : ""}`;
    const start = sums.get(key) ?? 0;
    sums.set(key, start + size);
    newTops.push(start + size);
    return start;
  });
  const values = data.values.map((column, index) =>
    index === high ? newTops : index === low ? newBases : column,
  );
  return { columns: data.columns, values };
}

function zoomed(view: VegaView, [low, high]: readonly [number, number]): VegaView {
  const rows = rowsWithin(view.data, low, high);
  const values = view.data.values.map((column) => rows.map((row) => column[row] ?? null));
  const data = { columns: view.data.columns, values };
  const ticks = ticksOf(data, low, high);
  const params = [
    ...((view.spec.params as unknown[] | undefined) ?? []),
    { name: "zoom_places", value: ticks.map(([value]) => value) },
    { name: "zoom_labels", value: ticks.map(([, label]) => label) },
  ];
  const layer = layers(view).map((one) => zoomedLayer(one, low, high, ticks));
  return { ...view, data, spec: { ...view.spec, params, layer } };
}

/** The rows between two places and the neighbours that lines lead to, in their order. */
function rowsWithin(data: Data, low: number, high: number): number[] {
  const at = columnOf(data, "f0");
  const line = columnOf(data, "f3");
  const near = new Map<unknown, { below: number; above: number }>();
  at.forEach((value, row) => {
    const ends = near.get(line[row]) ?? { below: -Infinity, above: Infinity };
    const x = Number(value);
    if (x < low) ends.below = Math.max(ends.below, x);
    if (x > high) ends.above = Math.min(ends.above, x);
    near.set(line[row], ends);
  });
  return at.flatMap((value, row) => {
    const ends = near.get(line[row]);
    const x = Number(value);
    return ends && x >= ends.below && x <= ends.above ? [row] : [];
  });
}

/** A few places of the rows with their texts, evenly spread: what stands below the axis. */
function ticksOf(data: Data, low: number, high: number): [number, Scalar][] {
  const texts = columnOf(data, "t0");
  const known = new Map<number, Scalar>();
  columnOf(data, "f0").forEach((value, row) => {
    const x = Number(value);
    if (x >= low && x <= high) known.set(x, texts[row] ?? "");
  });
  const all = [...known].sort(([a], [b]) => a - b);
  if (all.length <= MOST_TICKS) return all;
  const step = (all.length - 1) / (MOST_TICKS - 1);
  const places = Array.from({ length: MOST_TICKS }, (_, tick) => Math.round(tick * step));
  return all.filter((_, at) => places.includes(at));
}

function columnOf(data: Data, name: string): Scalar[] {
  return data.values[data.columns.findIndex((column) => column.name === name)] ?? [];
}

function zoomedLayer(layer: Layer, low: number, high: number, ticks: [number, Scalar][]): Layer {
  const x = layer.encoding?.x;
  if (!x || !("field" in x || "datum" in x)) return layer;
  const axis = {
    // As numbers: Vega-Lite would make dates of them, by a function that the interpreter reads
    // in another way.
    values: { expr: JSON.stringify(ticks.map(([value]) => value)) },
    // By value: Vega leaves ticks out where a plot is narrow.
    labelExpr: "zoom_labels[indexof(zoom_places, toNumber(datum.value))]",
    labelOverlap: true,
    labelFlush: true,
  };
  const channel = { ...x, scale: zoomedScale(x, low, high), ...(x.field ? { axis } : {}) };
  const encoding = { ...layer.encoding, x: channel };
  // Words stand beside the plot too: they are left out where their place is out of sight.
  if (layer.mark?.type === "text") return { ...layer, ...within(layer, low, high), encoding };
  return { ...layer, mark: { ...layer.mark, clip: true }, encoding };
}

function within(layer: Layer, low: number, high: number): Pick<Layer, "data"> {
  const values = layer.data?.values?.filter(({ f0 }) => {
    const x = Number(f0 ?? low);
    return x >= low && x <= high;
  });
  return values ? { data: { values } } : {};
}

function zoomedScale(x: Channel, low: number, high: number): Spec {
  if (x.type === "temporal") {
    return { ...x.scale, domainMin: { expr: String(low) }, domainMax: { expr: String(high) } };
  }
  return { ...x.scale, domain: [low, high], nice: false, zero: false };
}
