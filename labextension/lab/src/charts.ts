/** The chart engine: loaded when the first chart is drawn. */

import type { DrawChart } from "../../src/charts/draw";

let loading: Promise<DrawChart> | null = null;

/** The function that draws charts. */
export function charts(): Promise<DrawChart> {
  loading ??= import("../../src/charts/draw").then((module) => module.drawChart);
  return loading;
}
