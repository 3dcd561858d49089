/** What a dashboard is made of, in the view that its page and the notebook have too. */

import type { Graph } from "../../src/lineage/graph";
import { h } from "../../src/renderer/dom";
import { type Api, PeterError } from "./api";
import { heading, Report } from "./report";
import { trans } from "./words";

/** The lineage of a dashboard; `load` gives its graph, down to tables or to their columns. */
export async function lineageReport(
  slug: string,
  api: Api,
  load: (columns: boolean) => Promise<Graph>,
): Promise<Report> {
  const { renderLineage } = await import("../../src/lineage/view");
  const place = h("div", { class: "peter-fill" });
  const leave = renderLineage(place, {
    load: (columns) => told(load(columns)),
    impact: (id) => told(api.downstream(id)),
  });
  const report = new Report(heading(trans.__("Lineage of %1", slug), about()), place);
  report.disposed.connect(leave);
  return report;
}

function about(): string {
  return trans.__(
    "Choose a part to see what it stands on and what it carries. Impact shows what hangs on it in every published dashboard.",
  );
}

/** A refusal in the terms of the view. */
async function told(answer: Promise<Graph>): Promise<Graph> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof PeterError)) throw error;
    const { code, title, detail, hint } = error;
    throw Object.assign(new Error(title), { problem: { code, title, detail, hint } });
  }
}
