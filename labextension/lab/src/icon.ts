/** Peter's mark: three bars on a line, in the colour of the surrounding theme. */

import { LabIcon } from "@jupyterlab/ui-components";

export const peterIcon = new LabIcon({
  name: "peter:icon",
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <g class="jp-icon3" fill="#616161">
    <rect x="4" y="12" width="4" height="7" rx="1"/>
    <rect x="10" y="5" width="4" height="14" rx="1"/>
    <rect x="16" y="9" width="4" height="10" rx="1"/>
    <rect x="3" y="20.5" width="18" height="1.5" rx=".75"/>
  </g>
</svg>`,
});
