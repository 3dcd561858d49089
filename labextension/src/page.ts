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

/** What came with the page is seen before it is drawn anew: that takes a moment. */
function afterFirstPaint(run: () => void): void {
  const painted = new Promise<unknown>((resolve) => {
    new PerformanceObserver(resolve).observe({ type: "paint", buffered: true });
    // Nothing is painted of a page that nobody sees.
    setTimeout(resolve, 200);
  });
  void painted.then(run);
}

/** The chart bundle: part of an export, else asked for once the first paint is done. */
function chartsOf(address: string | null): typeof awaitCharts {
  return address === null ? awaitCharts : () => loadCharts(address);
}
