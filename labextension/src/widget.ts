/** The notebook's widget: the renderer over anywidget's model, with charts bundled in. */

import type { AnyModel, Render } from "@anywidget/types";
import type { Artifact, FilterValues, Problem } from "./artifact";
import { drawChart } from "./charts/draw";
import { renderDashboard } from "./renderer/dashboard";
import type { ThemeChoice } from "./renderer/options";

/** The traits: the artifact as JSON text or object, and what the reader sets. */
interface Traits {
  artifact: string | Artifact | null;
  filters: FilterValues;
  theme: ThemeChoice;
  busy: boolean;
  /** Why the last question has no answer, null when it has one. */
  problem: Problem | null;
}

const render: Render<Traits> = ({ model, el }) => {
  const rendered = renderDashboard(el, readArtifact(model), {
    charts: () => Promise.resolve(drawChart),
    theme: model.get("theme") ?? "auto",
    onFilters: (values) => {
      model.set("filters", values);
      model.save_changes();
    },
  });
  const showArtifact = (): void => {
    const artifact = readArtifact(model);
    if (artifact) rendered.update(artifact);
  };
  const showBusy = (): void => rendered.busy(model.get("busy") ?? false);
  const showTheme = (): void => rendered.theme(model.get("theme") ?? "auto");
  model.on("change:artifact", showArtifact);
  model.on("change:busy", showBusy);
  model.on("change:theme", showTheme);
  const showProblem = (): void => {
    const problem = model.get("problem");
    if (problem) rendered.fail(problem);
    else showArtifact();
  };
  model.on("change:problem", showProblem);
  showBusy();
  if (model.get("problem")) showProblem();
  return () => {
    model.off("change:artifact", showArtifact);
    model.off("change:busy", showBusy);
    model.off("change:theme", showTheme);
    model.off("change:problem", showProblem);
    rendered.destroy();
  };
};

/** The artifact of the model, null while there is none. */
function readArtifact(model: AnyModel<Traits>): Artifact | null {
  const value = model.get("artifact");
  if (typeof value !== "string") return value;
  return value === "" ? null : (JSON.parse(value) as Artifact);
}

export default { render };
