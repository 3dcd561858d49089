import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Artifact, VegaView } from "../src/artifact";
import { chosenView, isZoomable } from "../src/charts/choice";

const fixture = "../tests/fixtures/artifacts/gallery.json";
const gallery = JSON.parse(readFileSync(fixture, "utf8")) as Artifact;
const view = (name: string): VegaView => gallery.charts[name]?.view as VegaView;
const column = (of: VegaView, name: string): unknown[] =>
  of.data.values[of.data.columns.findIndex((one) => one.name === name)] ?? [];
const none = { hidden: new Set<number>(), zoom: null };

describe("a chosen view", () => {
  it("is the view itself while nothing is chosen", () => {
    expect(chosenView(view("regions"), none)).toBe(view("regions"));
  });

  it("has no rows of a hidden series, and stands on the ground again", () => {
    const shown = chosenView(view("regions"), { ...none, hidden: new Set([0, 2]) });
    expect(new Set(column(shown, "f2"))).toEqual(new Set([1, 3]));
    const sizes = (of: VegaView, key: number): number[] =>
      column(of, "f2").flatMap((one, row) =>
        one === key ? [Number(column(of, "f1")[row]) - Number(column(of, "f4")[row])] : [],
      );
    sizes(shown, 3).forEach((size, row) => {
      expect(size).toBeCloseTo(sizes(view("regions"), 3)[row] ?? NaN);
    });
    const lowest = column(shown, "f4").filter((_, row) => column(shown, "f2")[row] === 1);
    expect(new Set(lowest)).toEqual(new Set([0]));
    // What was drawn before is as it was.
    expect(new Set(column(view("regions"), "f2"))).toEqual(new Set([0, 1, 2, 3]));
  });

  it("hides the earlier period alone", () => {
    const shown = chosenView(view("by_day"), { ...none, hidden: new Set([1]) });
    expect(new Set(column(shown, "f2"))).toEqual(new Set([0]));
    expect(column(shown, "f1")).toEqual(column(view("by_day"), "f1").slice(0, 90));
  });

  it("is zoomed with the neighbours that its line leads to", () => {
    const days = column(view("conversion"), "f0") as number[];
    const zoom = [Number(days[10]) + 1, Number(days[20]) - 1] as const;
    const shown = chosenView(view("conversion"), { ...none, zoom });
    expect(column(shown, "f0")).toEqual(days.slice(10, 21));
    const [line] = shown.spec.layer as { mark: object; encoding: { x: Record<string, unknown> } }[];
    expect(line?.mark).toMatchObject({ clip: true });
    expect(line?.encoding.x.scale).toMatchObject({ domainMin: { expr: String(zoom[0]) } });
    const params = shown.spec.params as { name: string; value: string[] }[];
    const labels = params.find((param) => param.name === "zoom_labels")?.value ?? [];
    expect(labels.length).toBeGreaterThan(3);
    expect(labels.every((label) => column(view("conversion"), "t0").includes(label))).toBe(true);
  });

  it("zooms along time and measures only", () => {
    const zoomable = ["by_day", "conversion", "rating", "regions", "channels", "heat", "payment"];
    expect(zoomable.filter((name) => isZoomable(view(name)))).toEqual([
      "by_day",
      "conversion",
      "rating",
    ]);
    expect(chosenView(view("channels"), { ...none, zoom: [0, 1] })).toBe(view("channels"));
  });
});
