/**
 * The value nearest to the pointer. A view asks for it by a selection of Vega-Lite, which draws a
 * cell around every value, as many paths again as there are values, and runs the whole chart for
 * every step of the pointer. Here the places of the values are enough.
 */

import { type SceneItem, sceneItems } from "./points";
import { tooltipRows } from "./tooltip";

type Spec = Record<string, unknown>;

interface Selecting extends Spec {
  params?: { name: string; select?: { nearest?: unknown } }[];
  encoding?: Record<string, Spec | null>;
}

/** A spec without its selections of what is nearest, and whether there were any. */
export function withoutNearest(spec: Spec): { spec: Spec; nearest: boolean } {
  let nearest = false;
  const layer = ((spec.layer ?? []) as Selecting[]).map((one) => {
    const gone = new Set(one.params?.filter((param) => param.select?.nearest).map(nameOf));
    if (gone.size === 0) return one;
    nearest = true;
    const params = one.params?.filter((param) => !gone.has(param.name));
    return { ...one, params, encoding: withoutConditions(one.encoding ?? {}, gone) };
  });
  return { spec: nearest ? { ...spec, layer } : spec, nearest };
}

function nameOf(param: { name: string }): string {
  return param.name;
}

/** Channels as they are where nothing is selected. */
function withoutConditions(
  encoding: Record<string, Spec | null>,
  gone: ReadonlySet<string>,
): Record<string, Spec | null> {
  const left = Object.entries(encoding).map(([channel, value]) => {
    const condition = value?.condition as { param?: string } | undefined;
    if (condition?.param === undefined || !gone.has(condition.param)) return [channel, value];
    return [channel, { ...value, condition: undefined }];
  });
  return Object.fromEntries(left) as Record<string, Spec | null>;
}

/** Where values are looked for, and who is told. */
interface Stage {
  host: HTMLElement;
  scene: () => SceneItem;
  /** Where the plot begins within the host, in pixels. */
  origin: () => readonly [number, number];
  /** Width and height of the plot in pixels. */
  size: () => readonly [number, number];
  /** Called with a value and the pointer's place in the host, and with null once it leaves. */
  onPoint: (item: SceneItem | null, x: number, y: number) => void;
}

/** A value that can be pointed at, with the origin of the group it is in. */
interface Placed {
  item: SceneItem;
  x: number;
  y: number;
}

/** Shows the dot nearest to the pointer, and tells of it; gives the function that ends it. */
export function followNearest(stage: Stage): () => void {
  const ending = new AbortController();
  const { signal } = ending;
  // Where a value is changes with the chart's size; which ones there are does not.
  let places: Placed[] | null = null;
  let shown: SceneItem | null = null;
  const show = (next: SceneItem | null, x: number, y: number): void => {
    if (next !== shown) {
      if (shown?._svg) shown._svg.style.opacity = "";
      if (next?._svg && isDot(next)) next._svg.style.opacity = "1";
      shown = next;
    } else if (next === null) return;
    stage.onPoint(next, x, y);
  };
  const move = (event: PointerEvent): void => {
    places ??= [...sceneItems(stage.scene())].filter(({ item }) => isDot(item));
    const frame = stage.host.getBoundingClientRect();
    const [x, y] = [event.clientX - frame.left, event.clientY - frame.top];
    const [left, top] = stage.origin();
    const [width, height] = stage.size();
    const within = x >= left && y >= top && x <= left + width && y <= top + height;
    // A line across the plot tells of itself, and so does its label, which may stand above it.
    const line = lineAt(event.target);
    // A pressed pointer draws a stretch.
    if ((!within && !line) || event.buttons !== 0) leave();
    else show(line ?? nearest(places, x - left, y - top), x, y);
  };
  const leave = (): void => show(null, 0, 0);
  stage.host.addEventListener("pointermove", move, { signal });
  stage.host.addEventListener("pointerleave", leave, { signal });
  return () => {
    ending.abort();
    leave();
  };
}

/** Whether an item is a dot that stands for a value. */
function isDot(item: SceneItem): boolean {
  return item.mark?.marktype === "symbol" && tooltipRows(item.tooltip).length > 0;
}

/** What has a tooltip of its own at an element, and is no dot. */
function lineAt(target: EventTarget | null): SceneItem | null {
  const item = (target as { __data__?: SceneItem } | null)?.__data__;
  return item && !isDot(item) && tooltipRows(item.tooltip).length > 0 ? item : null;
}

/** The value whose place is the least away from a place of the plot. */
export function nearest(places: readonly Placed[], x: number, y: number): SceneItem | null {
  let best: SceneItem | null = null;
  let least = Infinity;
  for (const place of places) {
    const across = (place.item.x ?? 0) + place.x - x;
    const down = (place.item.y ?? 0) + place.y - y;
    const away = across * across + down * down;
    if (away < least) [best, least] = [place.item, away];
  }
  return best;
}
