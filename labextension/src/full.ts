/** The renderer with its charts in one file, for a notebook whose server does not have it. */

import type { AnyModel } from "@anywidget/types";
import { drawThemed } from "./charts/themed";
import { type LineageTraits, mountLineage } from "./widget/lineage";
import { mountLive, type Traits } from "./widget/live";
import { ensureStyle } from "./widget/style";

export function mount(model: AnyModel, el: HTMLElement): () => void {
  ensureStyle();
  if (model.get("shows") === "lineage") {
    return mountLineage(model as unknown as AnyModel<LineageTraits>, el);
  }
  return mountLive(model as unknown as AnyModel<Traits>, el, () => Promise.resolve(drawThemed));
}
