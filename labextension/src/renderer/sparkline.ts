/** The small line of a KPI; decorative, since the KPI's phrase says what it shows. */

import { svg } from "./dom";

const WIDTH = 112;
const HEIGHT = 36;
const INSET = 2;

type Point = [number, number];

/** A line with a soft fill below it; gaps where values are missing. */
export function sparkline(values: (number | null)[]): SVGSVGElement | null {
  const runs = segments(values);
  if (runs.length === 0) return null;
  const drawing = svg("svg", {
    class: "spark",
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: "none",
    "aria-hidden": "true",
  });
  for (const run of runs) {
    const line = run.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join("L");
    const [first, last] = [run[0]?.[0] ?? 0, run.at(-1)?.[0] ?? 0];
    drawing.append(
      svg("path", {
        class: "fill",
        d: `M${line}L${last.toFixed(1)},${HEIGHT}L${first.toFixed(1)},${HEIGHT}Z`,
      }),
      svg("path", { class: "stroke", d: `M${line}` }),
    );
  }
  return drawing;
}

/** Runs of at least two neighbouring values, scaled to the drawing. */
export function segments(values: (number | null)[]): Point[][] {
  const known = values.filter((value): value is number => Number.isFinite(value));
  if (known.length < 2) return [];
  const low = Math.min(...known);
  const span = Math.max(...known) - low;
  const step = WIDTH / (values.length - 1);
  const runs: Point[][] = [[]];
  values.forEach((value, index) => {
    if (typeof value !== "number" || !Number.isFinite(value)) {
      runs.push([]);
      return;
    }
    const share = span === 0 ? 0.5 : (value - low) / span;
    runs.at(-1)?.push([index * step, HEIGHT - INSET - share * (HEIGHT - 2 * INSET)]);
  });
  return runs.filter((run) => run.length > 1);
}
