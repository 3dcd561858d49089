/** Zooming along x: a stretch is drawn with the pointer, or `+` halves what is shown. */

import { h } from "../renderer/dom";

/** How pixels of the plot become values of x, and what happens with a chosen stretch. */
interface Stage {
  host: HTMLElement;
  origin: () => readonly [number, number];
  /** Width and height of the plot in pixels. */
  size: () => readonly [number, number];
  invert: (pixel: number) => number;
  /** Pixels within the plot that `+` zooms around. */
  middle: () => number;
  onZoom: (range: [number, number] | null) => void;
}

const LEAST_PX = 8;

/** Listens until the function it gives is called. */
export function brush(stage: Stage): () => void {
  const ending = new AbortController();
  const { signal } = ending;
  const box = h("div", { class: "brush", hidden: true, "aria-hidden": "true" });
  stage.host.append(box);
  stage.host.addEventListener("keydown", (event) => zoomByKey(stage, event), { signal });
  stage.host.addEventListener("dblclick", () => stage.onZoom(null), { signal });
  drag(stage, box, signal);
  return () => {
    ending.abort();
    box.remove();
  };
}

function drag(stage: Stage, box: HTMLElement, signal: AbortSignal): void {
  const { host } = stage;
  let from: number | null = null;
  const along = (event: PointerEvent): number => {
    const pixel = event.clientX - host.getBoundingClientRect().left - stage.origin()[0];
    return Math.min(Math.max(pixel, 0), stage.size()[0]);
  };
  const down = (event: PointerEvent): void => {
    if (event.button === 0 && event.pointerType !== "touch") from = along(event);
  };
  const move = (event: PointerEvent): void => {
    if (from === null) return;
    const to = along(event);
    if (Math.abs(to - from) < LEAST_PX && box.hidden) return;
    // Only now is it a stretch and not a click; the pointer may leave the plot with it.
    if (box.hidden) host.setPointerCapture(event.pointerId);
    const [left, top] = stage.origin();
    box.hidden = false;
    box.style.cssText =
      `left:${left + Math.min(from, to)}px;width:${Math.abs(to - from)}px;` +
      `top:${top}px;height:${stage.size()[1]}px`;
  };
  const up = (event: PointerEvent): void => {
    if (from === null) return;
    const to = along(event);
    const drawn = !box.hidden && Math.abs(to - from) >= LEAST_PX;
    const range = [stage.invert(Math.min(from, to)), stage.invert(Math.max(from, to))];
    stop();
    if (drawn) stage.onZoom(range as [number, number]);
  };
  const stop = (): void => {
    from = null;
    box.hidden = true;
  };
  host.addEventListener("pointerdown", down, { signal });
  host.addEventListener("pointermove", move, { signal });
  host.addEventListener("pointerup", up, { signal });
  host.addEventListener("pointercancel", stop, { signal });
}

function zoomByKey(stage: Stage, event: KeyboardEvent): void {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "+") {
    const [width] = stage.size();
    const start = Math.min(Math.max(stage.middle() - width / 4, 0), width / 2);
    stage.onZoom([stage.invert(start), stage.invert(start + width / 2)]);
  } else if (event.key === "-" || event.key === "0") stage.onZoom(null);
  else return;
  event.preventDefault();
}
