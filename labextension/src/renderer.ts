/** The renderer that a notebook loads from its server; charts follow once something is drawn. */

import { loadCharts } from "./charts/registry";
import { type Mount, mountLive } from "./widget/live";
import { ensureStyle } from "./widget/style";

/** The chart bundle's address by its content. Filled in by the build. */
declare const CHARTS_FILE: string;

export const mount: Mount = (model, el) => {
  ensureStyle();
  return mountLive(model, el, () => loadCharts(new URL(CHARTS_FILE, import.meta.url).href));
};
