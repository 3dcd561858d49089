/** The page: one dashboard or the list of them, from what the HTML carries or from its address. */

import { awaitCharts, loadCharts } from "./charts/registry";
import { startDashboard } from "./page/dashboard";
import { readJson, readMeta } from "./page/document";
import { startList } from "./page/list";

const root = document.getElementById("peter");

if (root) {
  const entries = readJson("peter-dashboards");
  if (entries) startList(root, entries);
  else startDashboard(root, { charts: chartsOf(readMeta("peter-charts")) });
}

/** The chart bundle: part of an export, else asked for once the first paint is done. */
function chartsOf(address: string | null): typeof awaitCharts {
  return address === null ? awaitCharts : () => loadCharts(address);
}
