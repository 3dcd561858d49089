/** The dashboard over anywidget's model: what the kernel tells is drawn, what one sets is told. */

import type { AnyModel } from "@anywidget/types";
import type { Artifact, FilterValues, Problem } from "../artifact";
import { merged } from "../partial";
import { renderDashboard } from "../renderer/dashboard";
import type { RenderOptions, ThemeChoice } from "../renderer/options";
import { receive } from "./parcels";

/** The traits that are synchronised; the artifact itself travels as a message and is never saved. */
export interface Traits {
  filters: FilterValues;
  theme: ThemeChoice;
  busy: boolean;
  /** Why the last question has no answer, null when it has one. */
  problem: Problem | null;
}

export type Mount = (model: AnyModel<Traits>, el: HTMLElement) => () => void;

/** Draws the model's dashboard in `el`; gives the function that takes it away. */
export function mountLive(
  model: AnyModel<Traits>,
  el: HTMLElement,
  charts: RenderOptions["charts"],
): () => void {
  let shown: Artifact | null = null;
  const rendered = renderDashboard(el, null, {
    charts,
    theme: model.get("theme") ?? "auto",
    onFilters: (values) => {
      model.set("filters", values);
      model.save_changes();
    },
  });
  const showArtifact = (text: string): void => {
    const whole = merged(shown, JSON.parse(text) as Artifact);
    if (!whole) {
      // A part, and its whole was not told to this output.
      model.send({ kind: "ask", what: "artifact" });
      return;
    }
    shown = whole;
    // The still beside this output gives way from here on.
    el.dataset.peterLive = "";
    showShown();
  };
  const showShown = (): void => {
    if (shown) rendered.update(shown);
    const problem = model.get("problem");
    if (problem) rendered.fail(problem);
  };
  const stop = receive(model, "artifact", showArtifact);
  const showBusy = (): void => rendered.busy(model.get("busy") ?? false);
  const showTheme = (): void => rendered.setTheme(model.get("theme") ?? "auto");
  model.on("change:busy", showBusy);
  model.on("change:theme", showTheme);
  model.on("change:problem", showShown);
  showBusy();
  showShown();
  model.send({ kind: "ask", what: "artifact" });
  return () => {
    stop();
    model.off("change:busy", showBusy);
    model.off("change:theme", showTheme);
    model.off("change:problem", showShown);
    rendered.destroy();
  };
}
