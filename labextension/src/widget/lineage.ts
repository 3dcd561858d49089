/** The lineage over anywidget's model: the kernel is asked for the graph, and for what hangs on it. */

import type { AnyModel } from "@anywidget/types";
import type { Problem } from "../artifact";
import type { Graph } from "../lineage/graph";
import { renderLineage } from "../lineage/view";
import { h } from "../renderer/dom";
import type { ThemeChoice } from "../renderer/options";
import { Theme } from "../renderer/theme";
import type { Catalogue } from "../translation";
import { receive } from "./parcels";

export interface LineageTraits {
  theme: ThemeChoice;
  /** Whether the columns are shown from the beginning. */
  columns: boolean;
}

/** Draws the model's lineage in `el`; gives the function that takes it away. */
export function mountLineage(model: AnyModel<LineageTraits>, el: HTMLElement): () => void {
  const root = h("div", { class: "pt" });
  const theme = new Theme(root, model.get("theme") ?? "auto");
  const place = h("div", {});
  root.append(place);
  el.replaceChildren(root);
  const stops = new Set<() => void>();
  const asked = async (what: string): Promise<Graph> => {
    const graph = await answer<Graph>(model, what, stops);
    // The still beside this output gives way from here on.
    el.dataset.peterLive = "";
    return graph;
  };
  let leave = (): void => undefined;
  const show = (words: Catalogue | null): void => {
    leave = renderLineage(place, {
      load: (columns) => asked(columns ? "columns" : "tables"),
      impact: (id) => asked(`impact ${id}`),
      columns: model.get("columns") ?? false,
      words,
    });
  };
  void answer<Catalogue | null>(model, "words", stops).then(show);
  const showTheme = (): void => theme.choose(model.get("theme") ?? "auto");
  model.on("change:theme", showTheme);
  return () => {
    for (const stop of stops) stop();
    model.off("change:theme", showTheme);
    theme.destroy();
    leave();
    el.replaceChildren();
  };
}

/** The kernel's answer to a question; rejects with the problem that it tells instead. */
function answer<T>(
  model: AnyModel<LineageTraits>,
  what: string,
  stops: Set<() => void>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = receive(model, what, (text) => {
      stop();
      stops.delete(stop);
      const told = JSON.parse(text) as (T & { problem?: undefined }) | { problem: Problem } | null;
      if (told?.problem) reject(new Untold(told.problem));
      else resolve(told as T);
    });
    stops.add(stop);
    model.send({ kind: "ask", what });
  });
}

class Untold extends Error {
  constructor(readonly problem: Problem) {
    super(problem.title);
  }
}
