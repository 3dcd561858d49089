/** The page of a dashboard's lineage. */

import type { Graph } from "./lineage/graph";
import { renderLineage } from "./lineage/view";
import { lineageMessages, messages } from "./messages";
import { readMeta } from "./page/document";
import { readProblem, RequestProblem } from "./page/fetching";
import { h, link } from "./renderer/dom";
import { Theme } from "./renderer/theme";

const root = document.getElementById("peter");
const address = readMeta("peter-lineage");

if (root && address !== null) {
  new Theme(root, "auto");
  const place = h("main", {});
  const back = link(
    new URL(readMeta("peter-board") ?? ".", document.baseURI).href,
    lineageMessages.back,
  );
  back.removeAttribute("target");
  const title = h("h1", {}, `${readMeta("peter-title") ?? ""} · ${messages.lineage}`);
  const head = h("header", { class: "top" }, h("div", { class: "titles" }, title), back);
  root.replaceChildren(h("div", { class: "page" }, head, place));
  const here = new URL(address, document.baseURI);
  renderLineage(place, {
    load: (columns) => load(new URL(columns ? "?columns=true" : "", here)),
    // Beside the dashboards of the API stands the lineage of all of them.
    impact: (id) => load(new URL(`../../lineage/downstream/${encodeURIComponent(id)}`, here)),
  });
}

async function load(url: URL): Promise<Graph> {
  const response = await fetch(url, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new RequestProblem(await readProblem(response));
  return (await response.json()) as Graph;
}
