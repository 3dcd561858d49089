/** The chart bundle of pages and exports. */

import { drawChart } from "./charts/draw";
import { offerCharts } from "./charts/registry";

offerCharts(drawChart);
