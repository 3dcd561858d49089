import { parse, View } from "vega";
import { parseExpression } from "vega-expression";
import { expressionInterpreter } from "vega-interpreter";
import { compile, type TopLevelSpec } from "vega-lite";
import { describe, expect, it } from "vitest";
import fixture from "../../tests/fixtures/artifacts/gallery.json";
import type { Artifact, VegaView } from "../src/artifact";
import { compiled, expressions, type Node } from "../src/charts/expression";
import { toRows } from "../src/charts/rows";
import { tokens, vegaConfig, withTokens } from "../src/charts/tokens";

const gallery = fixture as unknown as Artifact;
const plots = Object.entries(gallery.charts).filter(([, chart]) => chart.view?.kind === "vega");

const FUNCTIONS = { scale: (name: unknown, value: unknown) => `${String(name)}:${String(value)}` };
const DATUM = { f0: 3, f1: -2, t0: "a", list: [4, 5], none: null };
const PARAMS = { $width: 200, $tips: ["Day", "Sum"] };
const ITEM = { width: 7 };

const tree = (text: string): Node => parseExpression(text) as unknown as Node;

/** What Vega's own interpreter makes of an expression. */
function interpreted(text: string): unknown {
  const context = { functions: FUNCTIONS };
  const channels = { out: { ast: parseExpression(text) } };
  const encode = expressionInterpreter.encode(context, { marktype: "rule", channels }) as (
    item: object,
    params: object,
  ) => number;
  const item: Record<string, unknown> = { ...ITEM, datum: DATUM };
  encode(item, PARAMS);
  return item.out;
}

describe("an expression as a function", () => {
  it.each([
    "datum.f0 + 2 * datum.f1 - 1",
    "datum['t0'] + tips[1]",
    "(datum.f0 % 2) / 4",
    "datum.f0 > 2 && datum.f1 <= -2",
    "datum.none || 'empty'",
    "datum.f0 != 3 ? 'no' : width",
    "if(datum.f1 < 0, 'below', 'above')",
    "scale('x', datum.f0)",
    "_scale('x', datum.f0)",
    "[[tips[0], datum.t0], [tips[1], datum.list[1]]]",
    "min(width, item.width) + max(1, floor(2.5)) + abs(datum.f1)",
    "!isFinite(+datum.f0)",
    "-datum.f1 === 2",
    "datum.missing == null",
    "datum.t0.constructor.constructor",
  ])("gives what the interpreter gives for %s", (text) => {
    const evaluate = compiled(tree(text), FUNCTIONS);
    expect(evaluate).not.toBeNull();
    expect(evaluate?.(DATUM, PARAMS, ITEM)).toEqual(interpreted(text));
  });

  it.each(["event.x", "x()", "{a: 1}", "PI", "split('a b', ' ')", "test(/a/g, 'a')"])(
    "leaves %s to the interpreter",
    (text) => {
      expect(compiled(tree(text), FUNCTIONS)).toBeNull();
    },
  );

  it("never gives out what runs texts as code", () => {
    const evaluate = compiled(tree("datum.t0.constructor.constructor"), FUNCTIONS);
    expect(evaluate?.(DATUM, PARAMS)).toBeUndefined();
    for (const runs of [Function, eval, setTimeout, setInterval]) {
      const held = { given: runs, list: [runs] };
      for (const text of ["datum.given", "datum['given']", "datum.list[0]"])
        expect(compiled(tree(text), FUNCTIONS)?.(held, PARAMS)).toBeUndefined();
    }
    expect(() => compiled(tree("constructor('x')"), Object.create(null) as never)).not.toThrow();
    expect(compiled(tree("constructor('x')"), Object.create(null) as never)).toBeNull();
  });
});

it.each([
  ["rect", { x: 10, x2: 4, y: 1, y2: 9 }],
  ["rect", { x2: 4, width: 3, yc: 10, height: 4 }],
  ["symbol", { xc: 5, width: 2, y: 3, y2: 1 }],
  ["rule", { x: 10, x2: 4 }],
])("a %s with %o stands where the interpreter puts it", (marktype, ends) => {
  const channels = Object.fromEntries(
    Object.entries(ends).map(([name, value]) => [name, { ast: tree(String(value)) }]),
  );
  const place = (expr: { encode: (...of: never[]) => unknown }): object => {
    const encode = expr.encode({ functions: {} } as never, { marktype, channels } as never);
    const item = { datum: {} };
    (encode as (item: object, params: object) => number)(item, {});
    return item;
  };
  expect(place(expressions)).toEqual(place(expressionInterpreter));
});

it.each(plots)("%s is drawn as by the interpreter", async (_, chart) => {
  const view = chart.view as VegaView;
  const spec = {
    ...withTokens(view.spec, tokens.light),
    data: { name: "table", values: toRows(view.data) },
    width: 420,
    height: 240,
  };
  const config = vegaConfig(tokens.light, "sans-serif");
  const { spec: vega } = compile(spec as unknown as TopLevelSpec, { config });
  const drawn = async (expr: unknown): Promise<string> => {
    const runtime = parse(vega, undefined, { ast: true });
    const svg = await new View(runtime, { renderer: "none", expr: expr as never }).toSVG();
    // Clips and gradients are counted through all charts.
    return svg.replaceAll(/(clip|gradient_?)\d+/g, "$1");
  };
  expect(await drawn(expressions)).toBe(await drawn(expressionInterpreter));
});
