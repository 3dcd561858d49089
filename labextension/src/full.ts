/** The renderer with its charts in one file, for a notebook whose server does not have it. */

import { drawChart } from "./charts/draw";
import { type Mount, mountLive } from "./widget/live";
import { ensureStyle } from "./widget/style";

export const mount: Mount = (model, el) => {
  ensureStyle();
  return mountLive(model, el, () => Promise.resolve(drawChart));
};
