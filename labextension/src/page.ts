/** The page of a dashboard, from what its HTML carries or from its address. */

import { awaitCharts, loadCharts } from "./charts/registry";
import { startDashboard } from "./page/dashboard";
import { readMeta } from "./page/document";

const root = document.getElementById("peter");

if (root) startDashboard(root, { charts: chartsOf(readMeta("peter-charts")) });

/** The chart bundle: part of an export, else asked for once the first paint is done. */
function chartsOf(address: string | null): typeof awaitCharts {
  return address === null ? awaitCharts : () => loadCharts(address);
}
