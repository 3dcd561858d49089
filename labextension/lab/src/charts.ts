/** The chart engine: loaded when the first chart is drawn. */

import type { DrawThemed } from "../../src/charts/themed";

let loading: Promise<DrawThemed> | null = null;

/** The function that draws charts. */
export function charts(): Promise<DrawThemed> {
  loading ??= import("../../src/charts/themed").then((module) => module.drawThemed);
  return loading;
}
