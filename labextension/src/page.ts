/** The page of a dashboard, from what its HTML carries or from its address. */

import { awaitCharts, loadCharts } from "./charts/registry";
import { startDashboard } from "./page/dashboard";
import { readMeta } from "./page/document";

const root = document.getElementById("peter");

const charts = readMeta("peter-charts");
const start = (): void => {
  if (root) startDashboard(root, { charts: chartsOf(charts) });
};

// A kept copy holds all it needs.
if (charts === null) start();
else afterFirstPaint(start);

/** The title that came with the page is painted before anything is drawn below it. */
function afterFirstPaint(run: () => void): void {
  // No frame comes for a page that nobody sees.
  if (document.hidden || performance.getEntriesByType("paint").length > 0) run();
  else requestAnimationFrame(() => setTimeout(run));
}

/** The chart bundle: part of an export, else asked for once the first paint is done. */
function chartsOf(address: string | null): typeof awaitCharts {
  return address === null ? awaitCharts : () => loadCharts(address);
}
