/** Marks of one name stand out, in every figure that has it. */

import type { Scalar, VegaView } from "../artifact";
import { belongsTo } from "./choice";
import { type SceneItem, sceneItems } from "./points";

type Row = Record<string, Scalar>;

const DIMMED = "0.3";

/** What a row is called: its series, or its category where there are no series; null in time. */
export function nameOf(view: VegaView, row: Row): string | null {
  const entry = view.legend.find((one) => belongsTo(one, row));
  if (entry) return entry.series?.[0] === "f2" ? entry.label : text(row.t0);
  const [first] = (view.spec.layer ?? []) as { encoding?: Record<string, { type?: string }> }[];
  const { x, y } = first?.encoding ?? {};
  return (x?.type === "ordinal") !== (y?.type === "ordinal") ? text(row.t0) : null;
}

/** Whether a row is of a name: its series, its category, or a text of its tooltip. */
function isOf(view: VegaView, row: Row, name: string): boolean {
  if (nameOf(view, row) === name) return true;
  return Object.keys(row).some((key) => /^t\d+$/.test(key) && row[key] === name);
}

/** Dims every mark that is not of a name; nothing is dimmed where no mark is, or for null. */
export function highlight(scene: SceneItem, view: VegaView, name: string | null): void {
  const marks = [...sceneItems(scene)]
    .map(({ item }) => item)
    // What is only seen under the pointer is not dimmed into sight.
    .filter((item) => item._svg && item.opacity !== 0 && rowOf(item) !== null);
  const known = name !== null && marks.some((item) => isOf(view, rowOf(item) ?? {}, name));
  for (const item of marks) {
    const dim = known && !isOf(view, rowOf(item) ?? {}, name);
    if (item._svg) item._svg.style.opacity = dim ? DIMMED : "";
  }
}

/** The row of a mark; null for axes and rules. */
export function rowOf(item: SceneItem): Row | null {
  const datum = item.datum as (Row & SceneItem) | undefined;
  return datum && typeof datum.t0 === "string" ? datum : null;
}

function text(value: Scalar | undefined): string | null {
  return typeof value === "string" ? value : null;
}
