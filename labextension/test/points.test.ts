import { describe, expect, it } from "vitest";
import type { VegaView } from "../src/artifact";
import { moved, type Point, scenePoints, type Tracks, tracksOf } from "../src/charts/points";

const view = (x: string | null, y: string | null, series: number): VegaView => ({
  kind: "vega",
  spec: { layer: [{ encoding: { ...(x && { x: { type: x } }), ...(y && { y: { type: y } }) } }] },
  data: { columns: [], values: [] },
  legend: Array.from({ length: series }, (_, at) => ({
    label: `s${at}`,
    color: "$c1",
    mark: "line" as const,
    series: ["f2", at] as [string, number],
  })),
  table: null,
});
const point = (x: number, y: number, datum: Point["datum"] = {}): Point => ({
  x,
  y,
  rows: [["", `${x}/${y}`]],
  datum,
});
const places = ({ tracks }: Tracks): string[][] =>
  tracks.map((track) => track.map(({ x, y }) => `${x}/${y}`));

describe("the values of a scene", () => {
  it("are the marks with a tooltip, where their groups put them", () => {
    const dot = { x: 5, y: 6, datum: { f0: 1, t0: "a" }, bounds: { x1: 1, y1: 2, x2: 9, y2: 10 } };
    const scene = {
      items: [
        {
          x: 10,
          y: 20,
          items: [
            {
              marktype: "rect",
              items: [
                { datum: { f0: 2 }, tooltip: [["T", "b"]], bounds: { x1: 0, y1: 0, x2: 4, y2: 2 } },
                { datum: { f0: 3 }, bounds: { x1: 0, y1: 0, x2: 4, y2: 2 } },
              ],
            },
            { marktype: "symbol", items: [{ ...dot, tooltip: [["T", "a"]] }] },
          ],
        },
      ],
    };
    const found = scenePoints({ marktype: "group", ...scene });
    expect(found.map(({ x, y, rows }) => [x, y, rows])).toEqual([
      [12, 21, [["T", "b"]]],
      [15, 26, [["T", "a"]]],
    ]);
    expect(found[1]?.datum).toEqual({ f0: 1, t0: "a" });
  });
});

describe("the tracks of a cursor", () => {
  it("are the series of a line chart, each from left to right", () => {
    const points = [point(9, 1, { f2: 1 }), point(9, 5, { f2: 0 }), point(2, 3, { f2: 1 })];
    const tracks = tracksOf(view("temporal", "quantitative", 2), points);
    expect(places(tracks)).toEqual([["9/5"], ["2/3", "9/1"]]);
    expect(tracks.across).toBe(true);
  });

  it("go down a chart of lying bars and along the rows of a heatmap", () => {
    const lying = tracksOf(view("quantitative", "ordinal", 0), [point(5, 9), point(7, 1)]);
    expect([lying.across, places(lying)]).toEqual([false, [["7/1", "5/9"]]]);
    const cells = [point(1, 9, { f1: 1 }), point(8, 2, { f1: 0 }), point(1, 2, { f1: 0 })];
    const grid = tracksOf(view("ordinal", "ordinal", 0), cells);
    expect(places(grid)).toEqual([["1/2", "8/2"], ["1/9"]]);
  });

  it("follow the order of the parts around a ring", () => {
    const parts = [point(1, 1, { f0: 2 }), point(9, 9, { f0: 0 }), point(5, 2, { f0: 1 })];
    expect(places(tracksOf(view(null, null, 3), parts))).toEqual([["9/9", "5/2", "1/1"]]);
  });
});

describe("a key", () => {
  const tracks: Tracks = {
    across: true,
    tracks: [
      [point(0, 0), point(10, 0), point(20, 0)],
      [point(1, 5), point(19, 5)],
    ],
  };

  it("moves along a track and stops at its ends", () => {
    expect(moved(tracks, [0, -1], "ArrowRight")).toEqual([0, 0]);
    expect(moved(tracks, [0, 1], "ArrowLeft")).toEqual([0, 0]);
    expect(moved(tracks, [0, 0], "ArrowLeft")).toEqual([0, 0]);
    expect(moved(tracks, [0, 1], "End")).toEqual([0, 2]);
    expect(moved(tracks, [0, 0], "PageDown")).toEqual([0, 2]);
  });

  it("goes to the nearest value of the next series", () => {
    expect(moved(tracks, [0, 2], "ArrowDown")).toEqual([1, 1]);
    expect(moved(tracks, [1, 0], "ArrowUp")).toEqual([0, 0]);
    expect(moved(tracks, [1, 0], "ArrowDown")).toEqual([1, 0]);
  });

  it("that means nothing leaves the cursor where it is", () => {
    expect(moved(tracks, [0, 1], "a")).toBeNull();
    expect(moved(tracks, [0, 1], "Enter")).toBeNull();
  });
});
