import { describe, expect, it, vi } from "vitest";
import fixture from "../../tests/fixtures/artifacts/gallery.json";
import type { Artifact, VegaView } from "../src/artifact";
import { followNearest, nearest, withoutNearest } from "../src/charts/nearest";
import type { SceneItem } from "../src/charts/points";

const gallery = fixture as unknown as Artifact;
const specOf = (name: string): VegaView["spec"] => (gallery.charts[name]?.view as VegaView).spec;

describe("a spec without its nearest selection", () => {
  it("draws the same marks and selects nothing", () => {
    const { spec, nearest: found } = withoutNearest(specOf("by_day"));
    expect(found).toBe(true);
    const text = JSON.stringify(spec);
    expect(text).not.toContain('"nearest"');
    expect(text).not.toContain('"param"');
    const marks = (one: VegaView["spec"]): unknown[] =>
      (one.layer as { mark: unknown }[]).map((layer) => layer.mark);
    expect(marks(spec)).toEqual(marks(specOf("by_day")));
  });

  it("keeps its dots unseen until they are pointed at", () => {
    const { spec } = withoutNearest(specOf("by_day"));
    const dots = (spec.layer as { name?: string; encoding: Record<string, unknown> }[]).find(
      (layer) => layer.name === "hover",
    );
    expect(dots?.encoding.opacity).toEqual({ value: 0 });
  });

  it("is the spec itself where nothing is selected", () => {
    const spec = specOf("heat");
    expect(withoutNearest(spec)).toEqual({ spec, nearest: false });
    expect(withoutNearest(spec).spec).toBe(spec);
  });
});

const dotAt = (x: number, y: number, text = `${x}/${y}`): SceneItem => ({
  x,
  y,
  mark: { marktype: "symbol" },
  tooltip: [["", text]],
  _svg: document.createElementNS("http://www.w3.org/2000/svg", "path"),
});

it("the nearest value is the one least away, in the group it stands in", () => {
  const [near, far] = [dotAt(0, 0), dotAt(14, 10)];
  const places = [
    { item: near, x: 10, y: 10 },
    { item: far, x: 0, y: 0 },
  ];
  expect(nearest(places, 11, 10)).toBe(near);
  expect(nearest(places, 13, 10)).toBe(far);
  expect(nearest([], 0, 0)).toBeNull();
});

describe("the pointer over a plot", () => {
  const [left, right] = [dotAt(10, 50), dotAt(90, 50)];
  const rule: SceneItem = { mark: { marktype: "rule" }, tooltip: [["Goal", "4"]], x: 0, y: 0 };
  const stage = (): { host: HTMLElement; seen: ReturnType<typeof vi.fn>; end: () => void } => {
    const host = document.createElement("div");
    const seen = vi.fn();
    const end = followNearest({
      host,
      scene: () => ({ items: [{ marktype: "symbol", items: [left, right] }, rule] }),
      origin: () => [20, 0],
      size: () => [100, 100],
      onPoint: seen,
    });
    return { host, seen, end };
  };
  const move = (host: HTMLElement, x: number, y: number, more: PointerEventInit = {}): void => {
    host.dispatchEvent(
      new PointerEvent("pointermove", { clientX: x, clientY: y, bubbles: true, ...more }),
    );
  };

  it("shows one dot at a time, and none once it has left", () => {
    const { host, seen } = stage();
    move(host, 31, 40);
    expect(seen).toHaveBeenLastCalledWith(left, 31, 40);
    expect(left._svg?.style.opacity).toBe("1");
    move(host, 100, 40);
    expect(seen).toHaveBeenLastCalledWith(right, 100, 40);
    expect([left._svg?.style.opacity, right._svg?.style.opacity]).toEqual(["", "1"]);
    host.dispatchEvent(new PointerEvent("pointerleave"));
    expect(seen).toHaveBeenLastCalledWith(null, 0, 0);
    expect(right._svg?.style.opacity).toBe("");
  });

  it("shows nothing beside the plot, nor while a stretch is drawn", () => {
    const { host, seen } = stage();
    move(host, 10, 40);
    move(host, 60, 140);
    expect(seen).not.toHaveBeenCalled();
    move(host, 31, 40, { buttons: 1 });
    expect(seen).not.toHaveBeenCalled();
  });

  it("lets a line across the plot tell of itself", () => {
    const { host, seen } = stage();
    const line = document.createElement("i");
    Object.assign(line, { __data__: rule });
    host.append(line);
    move(line, 31, 40);
    expect(seen).toHaveBeenLastCalledWith(rule, 31, 40);
    expect(left._svg?.style.opacity).toBe("");
  });

  it("lets the label of a line tell of it, even above the plot", () => {
    const { host, seen } = stage();
    const label = document.createElement("i");
    Object.assign(label, { __data__: { ...rule, mark: { marktype: "text" } } });
    host.append(label);
    move(label, 31, -10);
    expect(seen).toHaveBeenLastCalledWith(
      expect.objectContaining({ tooltip: rule.tooltip }),
      31,
      -10,
    );
  });

  it("is not followed any longer in the end", () => {
    const { host, seen, end } = stage();
    end();
    move(host, 31, 40);
    expect(seen).not.toHaveBeenCalled();
  });
});
