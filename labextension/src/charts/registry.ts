/**
 * Where the chart bundle and the rest of the page meet. The bundle is several times larger than
 * the rest, so a page paints without it and draws its charts when it has come.
 */

import type { DrawChart } from "./draw";

const KEY = Symbol.for("peter.drawChart");
const EVENT = "peter:charts";

type Home = typeof globalThis & { [KEY]?: DrawChart };

/** Offers the function that draws charts; called once by the chart bundle. */
export function offerCharts(draw: DrawChart): void {
  (globalThis as Home)[KEY] = draw;
  document.dispatchEvent(new Event(EVENT));
}

/** The function that draws charts, as soon as its bundle is there. */
export function awaitCharts(): Promise<DrawChart> {
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
