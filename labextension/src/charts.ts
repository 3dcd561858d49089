/** The chart bundle of pages and exports. */

import { offerCharts } from "./charts/registry";
import { drawThemed } from "./charts/themed";

offerCharts(drawThemed);
