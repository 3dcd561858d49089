/** The lineage that a notebook loads from its server. */

import type { AnyModel } from "@anywidget/types";
import { type LineageTraits, mountLineage } from "./widget/lineage";
import { ensureStyle } from "./widget/style";

export function mount(model: AnyModel<LineageTraits>, el: HTMLElement): () => void {
  ensureStyle();
  return mountLineage(model, el);
}
