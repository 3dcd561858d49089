/**
 * Where the chart bundle and the rest of the page meet. The bundle is several times larger than
 * the rest, so a page paints without it and draws its charts when it has come.
 */

import type { DrawThemed } from "./themed";

const KEY = Symbol.for("peter.drawThemed");
const EVENT = "peter:charts";

type Home = typeof globalThis & { [KEY]?: DrawThemed };

/** Offers the function that draws charts; called once by the chart bundle. */
export function offerCharts(draw: DrawThemed): void {
  (globalThis as Home)[KEY] = draw;
  document.dispatchEvent(new Event(EVENT));
}

/** The function that draws charts, as soon as its bundle is there. */
export function awaitCharts(): Promise<DrawThemed> {
  return new Promise((resolve) => {
    const found = (globalThis as Home)[KEY];
    if (found) {
      resolve(found);
      return;
    }
    const arrived = (): void => {
      const draw = (globalThis as Home)[KEY];
      if (draw) resolve(draw);
    };
    document.addEventListener(EVENT, arrived, { once: true });
  });
}

const asked = new Map<string, Promise<DrawThemed>>();

/** The same from the script at an address, which is asked for once, after the next paint. */
export function loadCharts(address: string): Promise<DrawThemed> {
  const known = asked.get(address);
  if (known) return known;
  const loading = new Promise<DrawThemed>((resolve, reject) => {
    void awaitCharts().then(resolve);
    if ((globalThis as Home)[KEY]) return;
    const script = document.createElement("script");
    script.src = address;
    script.addEventListener("error", () => {
      asked.delete(address);
      reject(new Error("The chart bundle cannot be loaded."));
    });
    requestAnimationFrame(() => document.head.append(script));
  });
  asked.set(address, loading);
  return loading;
}
