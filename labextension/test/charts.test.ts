import { describe, expect, it } from "vitest";
import theme from "../../peter_core/plan/theme.json";
import fixture from "../../tests/fixtures/artifacts/gallery.json";
import type { Artifact, VegaView } from "../src/artifact";
import { refusingLoader } from "../src/charts/loader";
import { toRows } from "../src/charts/rows";
import { token, tokens, withTokens } from "../src/charts/tokens";
import { tooltipRows } from "../src/charts/tooltip";

const gallery = fixture as unknown as Artifact;
const plots = Object.entries(gallery.charts).filter(([, chart]) => chart.view?.kind === "vega");

describe("rows", () => {
  it("turn columns round and fill what is short with null", () => {
    const columns = [
      { name: "a", type: "number" },
      { name: "b", type: "text" },
    ];
    expect(toRows({ columns, values: [[1, 2], ["x"]] })).toEqual([
      { a: 1, b: "x" },
      { a: 2, b: null },
    ]);
  });

  it("take a column of any name without touching a prototype", () => {
    const columns = [{ name: "__proto__", type: "number" }];
    const [row] = toRows({ columns, values: [[1]] });
    expect(Object.getPrototypeOf(row ?? {})).toBeNull();
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe("tokens", () => {
  it("are the same in both themes", () => {
    expect(Object.keys(theme.light)).toEqual(Object.keys(theme.dark));
  });

  it("leave texts alone that only look like one", () => {
    expect(token("$price", tokens.light)).toBe("$price");
    expect(token("$constructor", tokens.light)).toBe("$constructor");
    expect(token("a $c1", tokens.light)).toBe("a $c1");
  });

  it("are replaced everywhere but in params, which hold texts of people", () => {
    const spec = { mark: { color: "$c1" }, layer: ["$ink"], params: [{ value: "$c1" }] };
    expect(withTokens(spec, tokens.dark)).toEqual({
      mark: { color: theme.dark.c1 },
      layer: [theme.dark.ink],
      params: [{ value: "$c1" }],
    });
  });

  it("give no prototype to a copy, whatever the tree is made of", () => {
    const text = '{"__proto__": {"polluted": 1}, "a": {"__proto__": {"polluted": 2}}}';
    const copy = withTokens(JSON.parse(text) as { a: object }, tokens.light);
    for (const made of [copy, copy.a]) {
      expect(Object.getPrototypeOf(made)).toBe(Object.prototype);
      expect((made as Record<string, unknown>).polluted).toBeUndefined();
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it.each(plots)("of %s are all known", (_, chart) => {
    for (const values of [tokens.light, tokens.dark]) {
      const { layer } = (chart.view as VegaView).spec;
      const text = JSON.stringify(withTokens(layer, values));
      expect(text).not.toMatch(/"\$[a-z]/);
    }
  });
});

describe("tooltips", () => {
  it("read pairs, objects and single texts", () => {
    expect(tooltipRows([["Day", "1 Jun"], ["x", null], "odd"])).toEqual([["Day", "1 Jun"]]);
    expect(tooltipRows({ Day: 3 })).toEqual([["Day", "3"]]);
    expect(tooltipRows("text")).toEqual([["", "text"]]);
    expect(tooltipRows(null)).toEqual([]);
  });
});

it.each(["https://example.com/x.json", "data:text/plain,x", "/local", "javascript:x"])(
  "the loader refuses %s in every way",
  async (address) => {
    for (const way of Object.values(refusingLoader)) {
      await expect(way(address)).rejects.toThrow("may not load");
    }
  },
);
