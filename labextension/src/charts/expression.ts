/**
 * Expressions of a chart as functions, without eval. Vega's interpreter walks an expression's tree
 * anew for every mark and channel; here the tree becomes functions once. What is not known here is
 * left to the interpreter.
 */

import { expressionInterpreter } from "vega-interpreter";

/** A node of an expression's tree, as `vega-expression` parses it. */
export interface Node {
  type: string;
  name?: string;
  value?: unknown;
  regex?: unknown;
  operator?: string;
  computed?: boolean;
  object?: Node;
  property?: Node;
  callee?: Node;
  arguments?: Node[];
  elements?: Node[];
  left?: Node;
  right?: Node;
  argument?: Node;
  test?: Node;
  consequent?: Node;
  alternate?: Node;
}

type Params = Record<string, unknown>;
type Item = Record<string, unknown>;
type Call = (...args: unknown[]) => unknown;
/** Gives an expression's value for a row, the values of signals, and the mark's item. */
export type Evaluate = (datum: unknown, params: Params, item?: Item) => unknown;

interface Context {
  functions: Record<string, Call | undefined>;
}

interface Encoding {
  marktype: string;
  channels: Record<string, { ast: Node }>;
}

/** For Vega's `expr`: like its interpreter, and quick where there is one call a row or mark. */
export const expressions = {
  ...expressionInterpreter,

  parameter(context: Context, expression: { ast: Node }): unknown {
    const known = compiled(expression.ast, context.functions);
    return known ?? expressionInterpreter.parameter(context, expression);
  },

  encode(context: Context, encoding: Encoding): unknown {
    const { marktype, channels } = encoding;
    const set: [string, Evaluate][] = [];
    for (const [name, { ast }] of Object.entries(channels)) {
      const value = compiled(ast, context.functions);
      if (!value) return expressionInterpreter.encode(context, encoding);
      set.push([name, value]);
    }
    const finish = placing(marktype, channels);
    return (item: Item, params: Params): number => {
      let changed = 0;
      for (const [name, value] of set) {
        const next = value(item.datum, params, item);
        if (item[name] === next) continue;
        item[name] = next;
        changed = 1;
      }
      finish?.(item);
      return changed;
    };
  },
};

/** An expression as a function; null where a part of it is not known here. */
export function compiled(node: Node, functions: Context["functions"]): Evaluate | null {
  try {
    return made(node, functions);
  } catch (problem) {
    if (problem instanceof Unknown) return null;
    throw problem;
  }
}

class Unknown extends Error {}

type Functions = Context["functions"];
type Make = (part: Node | undefined) => Evaluate;

function made(node: Node | undefined, functions: Functions): Evaluate {
  const maker = MAKERS[node?.type ?? ""];
  if (!node || !maker) throw new Unknown();
  return maker(node, (part) => made(part, functions), functions);
}

const MAKERS: Record<string, (node: Node, of: Make, functions: Functions) => Evaluate> = {
  Literal: literal,
  Identifier: ({ name }) => identifier(name ?? ""),
  MemberExpression: member,
  CallExpression: call,
  ArrayExpression: ({ elements }, of) => list((elements ?? []).map(of)),
  BinaryExpression: ({ operator, left, right }, of) => pair(operator ?? "", of(left), of(right)),
  LogicalExpression: ({ operator, left, right }, of) => pair(operator ?? "", of(left), of(right)),
  UnaryExpression: ({ operator, argument }, of) => unary(operator ?? "", of(argument)),
  ConditionalExpression: (node, of) =>
    choice(of(node.test), of(node.consequent), of(node.alternate)),
};

function list(parts: Evaluate[]): (...of: Parameters<Evaluate>) => unknown[] {
  return (datum, params, item) => parts.map((part) => part(datum, params, item));
}

function literal({ value, regex }: Node): Evaluate {
  if (regex) throw new Unknown();
  return () => value;
}

const CONSTANTS = new Set(["NaN", "E", "LN2", "LN10", "LOG2E", "LOG10E", "PI", "SQRT1_2", "SQRT2"]);

function identifier(name: string): Evaluate {
  if (name === "datum") return (datum) => datum;
  if (name === "item") return (_datum, _params, item) => item;
  if (name === "event" || CONSTANTS.has(name) || /^M(IN|AX)_VALUE$/.test(name)) throw new Unknown();
  const key = `$${name}`;
  return (_datum, params) => params[key];
}

/** What would run a text as code is never given out, as Vega's interpreter has it. */
const REFUSED = new Set<unknown>([Function, eval, setTimeout, setInterval]);

function member(node: Node, of: Make): Evaluate {
  const object = of(node.object);
  if (!node.computed) {
    const name = node.property?.name ?? "";
    return (datum, params, item) => safe((object(datum, params, item) as Item)[name]);
  }
  const property = of(node.property);
  return (datum, params, item) => {
    const holder = object(datum, params, item) as Item;
    return safe(holder[property(datum, params, item) as string]);
  };
}

function safe(value: unknown): unknown {
  return typeof value === "function" && REFUSED.has(value) ? undefined : value;
}

const MATHS: Record<string, Call | undefined> = {
  isNaN: Number.isNaN,
  isFinite: Number.isFinite,
  abs: Math.abs as Call,
  ceil: Math.ceil as Call,
  floor: Math.floor as Call,
  max: Math.max as Call,
  min: Math.min as Call,
  round: Math.round as Call,
  sqrt: Math.sqrt as Call,
};
/** What only an event can answer. */
const OF_EVENTS = new Set(["view", "item", "group", "xy", "x", "y"]);

function call(node: Node, of: Make, functions: Functions): Evaluate {
  const name = node.callee?.name?.replace(/^_/, "") ?? "";
  const parts = (node.arguments ?? []).map(of);
  const [first, second, third] = parts;
  if (name === "if" && first && second && third) return choice(first, second, third);
  const known = named(name, functions);
  const values = list(parts);
  // Vega's functions find their chart in what they are called on.
  return (datum, params, item) => known.apply(functions, values(datum, params, item));
}

function named(name: string, functions: Functions): Call {
  const known = functions[name] ?? (Object.hasOwn(MATHS, name) ? MATHS[name] : undefined);
  if (!known || OF_EVENTS.has(name)) throw new Unknown();
  return known;
}

function choice(test: Evaluate, then: Evaluate, otherwise: Evaluate): Evaluate {
  return (datum, params, item) =>
    (test(datum, params, item) ? then : otherwise)(datum, params, item);
}

type Binary = (left: never, right: never) => unknown;

const BINARY: Record<string, Binary | undefined> = {
  "*": (a: number, b: number) => a * b,
  "+": (a: number, b: number) => a + b,
  "-": (a: number, b: number) => a - b,
  "/": (a: number, b: number) => a / b,
  "%": (a: number, b: number) => a % b,
  ">": (a: number, b: number) => a > b,
  "<": (a: number, b: number) => a < b,
  ">=": (a: number, b: number) => a >= b,
  "<=": (a: number, b: number) => a <= b,
  "===": (a: unknown, b: unknown) => a === b,
  "!==": (a: unknown, b: unknown) => a !== b,
  // As in the language of Vega, where null is undefined.
  "==": (a: unknown, b: unknown) => a == b,
  "!=": (a: unknown, b: unknown) => a != b,
};

function pair(operator: string, left: Evaluate, right: Evaluate): Evaluate {
  if (operator === "&&") return (...of) => left(...of) && right(...of);
  if (operator === "||") return (...of) => left(...of) || right(...of);
  const known = BINARY[operator];
  if (!known) throw new Unknown();
  return (datum, params, item) =>
    known(left(datum, params, item) as never, right(datum, params, item) as never);
}

function unary(operator: string, of: Evaluate): Evaluate {
  if (operator === "!") return (datum, params, item) => !of(datum, params, item);
  if (operator === "+") return (datum, params, item) => Number(of(datum, params, item));
  if (operator === "-") return (datum, params, item) => -Number(of(datum, params, item));
  throw new Unknown();
}

const BOXES = new Set(["group", "image", "rect"]);

/** What follows from an item's channels: two ends make a start and an extent. */
function placing(marktype: string, channels: Encoding["channels"]): ((item: Item) => void) | null {
  if (marktype === "rule") return null;
  const ends = [
    ["x", "x2", "xc", "width"],
    ["y", "y2", "yc", "height"],
  ].filter(([, end, center]) => channels[end ?? ""] ?? channels[center ?? ""]);
  if (ends.length === 0) return null;
  const swap = BOXES.has(marktype);
  return (item) => {
    for (const [start = "", end = "", center = "", extent = ""] of ends) {
      if (channels[end]) spread(item as Record<string, number>, start, end, extent);
      if (channels[center]) item[start] = Number(item[center]) - Number(item[extent] || 0) / 2;
    }
  };

  function spread(item: Record<string, number>, start: string, end: string, extent: string): void {
    const to = item[end] ?? NaN;
    if (!channels[start]) {
      item[start] = to - (item[extent] || 0);
      return;
    }
    const from = item[start] ?? NaN;
    if (swap && from > to) [item[start], item[end]] = [to, from];
    item[extent] = (item[end] ?? NaN) - (item[start] ?? NaN);
  }
}
