/** The page that lists dashboards, from what its HTML carries. */

import { readJson } from "./page/document";
import { startList } from "./page/list";

const root = document.getElementById("peter");
if (root) startList(root, readJson("peter-dashboards"));
