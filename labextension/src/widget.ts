/** The notebook's widget: the renderer over anywidget's model, with charts bundled in. */

import type { AnyModel, Render } from "@anywidget/types";
import type { Artifact, FilterValues } from "./artifact";
import { drawChart } from "./charts/draw";
import { messages } from "./messages";
import { renderDashboard } from "./renderer/dashboard";
import type { ThemeChoice } from "./renderer/options";

/** The traits: the artifact as JSON text or object, and what the reader sets. */
interface Traits {
  artifact: string | Artifact | null;
  filters: FilterValues;
  theme: ThemeChoice;
  busy: boolean;
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
  showBusy();
  if (model.get("artifact") === UNREADABLE)
    rendered.fail({ code: "artifact", title: messages.failedTitle });
  return () => {
    model.off("change:artifact", showArtifact);
    model.off("change:busy", showBusy);
    model.off("change:theme", showTheme);
    rendered.destroy();
  };
};

const UNREADABLE = "";

function readArtifact(model: AnyModel<Traits>): Artifact | null {
  const value = model.get("artifact");
  if (typeof value !== "string") return value;
  return value === UNREADABLE ? null : (JSON.parse(value) as Artifact);
}

export default { render };
