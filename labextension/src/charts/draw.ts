/** Drawing a Vega-Lite view as SVG, without eval and without any request. */

import { parse, View as VegaRuntime } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import type { VegaView } from "../artifact";
import { brush } from "./brush";
import { type Choice, chosenView, isZoomable } from "./choice";
import { Cursor } from "./cursor";
import { expressions } from "./expression";
import { highlight, nameOf, rowOf } from "./highlight";
import { refusingLoader } from "./loader";
import { followNearest, withoutNearest } from "./nearest";
import { type SceneItem, scenePoints, tracksOf } from "./points";
import { toRows } from "./rows";
import { type Tokens, vegaConfig, withTokens } from "./tokens";
import { Tooltip, tooltipRows } from "./tooltip";
import { inTurn, type Room } from "./turns";

/** A drawn chart. Sizes follow its element until `destroy`. */
export interface Drawing {
  toSvg(): Promise<string>;
  /** A PNG as a data address, at twice the size on screen. */
  toPng(): Promise<string>;
  /** Lets the marks of one name stand out; null ends it. */
  highlight(name: string | null): void;
  destroy(): void;
}

/** What the reader chose before, and who is told of what the reader does. */
export interface Reader extends Choice {
  onZoom: (range: [number, number] | null) => void;
  /** Called with the name of the series or category pointed at, with null after it. */
  onPoint: (name: string | null) => void;
  /** Speaks to who does not see the chart. */
  say: (text: string) => void;
}

/**
 * Draws a view into an element that has a size of its own, when it is the element's turn.
 *
 * What else the element holds is left there. Rejects when the spec cannot be drawn, or when
 * another view is drawn there before it.
 */
export function drawChart(
  element: HTMLElement,
  view: VegaView,
  tokens: Tokens,
  reader?: Reader,
): Promise<Drawing> {
  return inTurn(element, (room) => draw(element, room, view, tokens, reader));
}

async function draw(
  element: HTMLElement,
  room: Room,
  view: VegaView,
  tokens: Tokens,
  reader?: Reader,
): Promise<Drawing> {
  const chosen = reader ? chosenView(view, reader) : view;
  const { spec, nearest } = withoutNearest(chosen.spec);
  const shown = { ...chosen, spec };
  const plot = document.createElement("div");
  plot.className = "vega";
  // The element says in words what is seen here.
  plot.setAttribute("aria-hidden", "true");
  const tooltip = new Tooltip(element);
  const faults = new FaultLog();
  element.prepend(plot);
  const told = nearest ? untold : tooltip.handle;
  const runtime = makeRuntime(plot, shown, room, tokens, told, faults);
  plot.addEventListener("pointerleave", () => tooltip.hide());
  await runtime.runAsync();
  if (faults.first !== null) {
    runtime.finalize();
    tooltip.destroy();
    plot.remove();
    throw faults.first;
  }
  const stage = { host: element, runtime, view: shown, tooltip };
  return drawing(
    stage,
    [followSize(element, runtime, room.size), ...follow(stage, nearest, reader)],
    tokens,
  );
}

function drawing(stage: Stage, ends: (() => void)[], tokens: Tokens): Drawing {
  const { runtime, view, tooltip } = stage;
  const scene = sceneOf(runtime);
  return {
    toSvg: () => runtime.toSVG(),
    toPng: () => runtime.background(tokens.surface ?? "#fff").toImageURL("png", 2),
    highlight: (name) => highlight(scene(), view, name),
    destroy: () => {
      for (const end of ends) end();
      tooltip.destroy();
      runtime.finalize();
      runtime.container()?.remove();
    },
  };
}

/** Hears pointer and keys over a drawing; gives the functions that end it. */
function follow(stage: Stage, nearest: boolean, reader?: Reader): (() => void)[] {
  if (!reader) return nearest ? [pointNearest(stage)] : [];
  const pointing = nearest ? pointNearest(stage, reader) : pointMarks(stage, reader);
  return [pointing, ...listen(stage, reader)];
}

/** For Vega, where the tooltip follows the nearest value. */
const untold: Tooltip["handle"] = () => undefined;

/** A drawing that pointer and keys move over. */
interface Stage {
  host: HTMLElement;
  runtime: VegaRuntime;
  view: VegaView;
  tooltip: Tooltip;
}

/** Shows and tells of the value nearest to the pointer; gives the function that ends it. */
function pointNearest({ host, runtime, view, tooltip }: Stage, reader?: Reader): () => void {
  return followNearest({
    host,
    scene: sceneOf(runtime),
    origin: () => originOf(runtime),
    size: () => [runtime.width(), runtime.height()],
    onPoint: (item, x, y) => {
      tooltip.show(item ? tooltipRows(item.tooltip) : [], x, y);
      const row = item && rowOf(item);
      reader?.onPoint(row ? nameOf(view, row) : null);
    },
  });
}

/** Tells of the mark that is pointed at; gives the function that ends it. */
function pointMarks({ host, runtime, view }: Stage, reader: Reader): () => void {
  const over = (_: unknown, item: unknown): void => {
    const row = rowOf((item as SceneItem | null | undefined) ?? {});
    reader.onPoint(row ? nameOf(view, row) : null);
  };
  const out = (): void => reader.onPoint(null);
  runtime.addEventListener("pointerover", over as never);
  host.addEventListener("pointerleave", out);
  return () => host.removeEventListener("pointerleave", out);
}

/** Hears keys and strokes over a drawing; gives the functions that end it. */
function listen({ host, runtime, view, tooltip }: Stage, reader: Reader): (() => void)[] {
  const scene = sceneOf(runtime);
  const origin = (): readonly [number, number] => originOf(runtime);
  const cursor = new Cursor({
    host,
    tooltip,
    origin,
    say: reader.say,
    tracks: () => tracksOf(view, scenePoints(scene())),
  });
  const ends = [() => cursor.destroy()];
  if (!isZoomable(view)) return ends;
  const size = (): readonly [number, number] => [runtime.width(), runtime.height()];
  const scale = runtime.scale("x") as { invert: (pixel: number) => number | Date };
  const invert = (pixel: number): number => Number(scale.invert(pixel));
  const middle = (): number => cursor.point?.x ?? runtime.width() / 2;
  return [...ends, brush({ host, origin, size, invert, middle, onZoom: reader.onZoom })];
}

function sceneOf(runtime: VegaRuntime): () => SceneItem {
  return () => (runtime.scenegraph() as unknown as { root: SceneItem }).root;
}

/** Where the plot begins within its element, in pixels. */
function originOf(runtime: VegaRuntime): readonly [number, number] {
  const [x, y] = runtime.origin();
  const padding = runtime.padding();
  return typeof padding === "number"
    ? [x + padding, y + padding]
    : [x + (padding.left ?? 0), y + (padding.top ?? 0)];
}

function makeRuntime(
  plot: HTMLElement,
  view: VegaView,
  { size: [width, height], font }: Room,
  tokens: Tokens,
  tooltip: Tooltip["handle"],
  logger: FaultLog,
): VegaRuntime {
  const spec = {
    ...withTokens(view.spec, tokens),
    data: { name: "table", values: toRows(view.data) },
    width,
    height,
  };
  // The spec is checked where it is made, in Python.
  const compiled = compile(spec as unknown as TopLevelSpec, {
    config: { ...vegaConfig(tokens, font), aria: false },
  });
  const runtime = new VegaRuntime(parse(compiled.spec, undefined, { ast: true }), {
    logger,
    renderer: "svg",
    container: plot,
    loader: refusingLoader,
    expr: expressions as never,
    tooltip,
  });
  return runtime;
}

/** Keeps the first error of a drawing, which Vega would only write to the console. */
class FaultLog {
  first: Error | null = null;
  private threshold = 1;

  level(value?: number): number | this {
    if (value === undefined) return this.threshold;
    this.threshold = value;
    return this;
  }
  error(...faults: unknown[]): this {
    const [fault] = faults;
    this.first ??= fault instanceof Error ? fault : new Error("Vega could not draw the chart.");
    return this;
  }
  warn(): this {
    return this;
  }
  info(): this {
    return this;
  }
  debug(): this {
    return this;
  }
}

/** Redraws when the element changes its size, once a frame; gives the function that stops it. */
function followSize(element: HTMLElement, runtime: VegaRuntime, first: Room["size"]): () => void {
  let frame = 0;
  // What was drawn for, not what the element is by now: Lab attaches it after rendering.
  let drawn = first;
  // Measured where nothing has to be laid out for it.
  const observer = new ResizeObserver(() => {
    cancelAnimationFrame(frame);
    const [width, height] = [element.clientWidth, element.clientHeight];
    if (width === 0 || height === 0 || (width === drawn[0] && height === drawn[1])) return;
    frame = requestAnimationFrame(() => {
      drawn = [width, height];
      void runtime.width(width).height(height).runAsync();
    });
  });
  observer.observe(element);
  return () => {
    cancelAnimationFrame(frame);
    observer.disconnect();
  };
}
