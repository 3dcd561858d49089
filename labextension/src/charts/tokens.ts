/** Colours by name: a spec says "$c1" and each theme has a value for it. */

import { config, dark, light } from "../../../peter_core/plan/theme.json";

export type ThemeName = "light" | "dark";

export type Tokens = Readonly<Record<string, string>>;

export const tokens: Readonly<Record<ThemeName, Tokens>> = { light, dark };

/**
 * A copy of a tree with every string that names a token replaced by the token's value. The
 * `params` of a spec are left alone: they hold texts of the document and the data.
 */
export function withTokens<T>(tree: T, values: Tokens): T {
  if (typeof tree === "string") return token(tree, values) as T;
  if (Array.isArray(tree)) return tree.map((item: unknown) => withTokens(item, values)) as T;
  if (tree === null || typeof tree !== "object") return tree;
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(tree)) {
    if (key === "__proto__") continue;
    copy[key] = key === "params" ? value : withTokens(value, values);
  }
  return copy as T;
}

/** The colour of "$c1"; any other text is returned as it is. */
export function token(text: string, values: Tokens): string {
  return text.startsWith("$") && Object.hasOwn(values, text.slice(1))
    ? (values[text.slice(1)] as string)
    : text;
}

/** Vega's configuration in one theme. */
export function vegaConfig(values: Tokens, font: string): Record<string, unknown> {
  return { ...withTokens(config as Record<string, unknown>, values), font };
}
