/** What the document's JSON Schema allows at a path. */

import document from "../../../peter_core/dashboard/peter-dashboard-1.json";

/** The part of JSON Schema that the document's schema is written in. */
export interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  anyOf?: Schema[];
  oneOf?: Schema[];
  discriminator?: { propertyName: string; mapping: Record<string, string> };
  properties?: Record<string, Schema>;
  patternProperties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  enum?: (string | number | null)[];
  const?: string | number;
  type?: string;
  title?: string;
  description?: string;
  default?: unknown;
}

/** A key that a mapping takes. */
export interface Key {
  name: string;
  required: boolean;
  about: string;
  /** Whether its value is a mapping or a list, which begins on the next line. */
  nested: boolean;
}

const root = document as unknown as Schema;

/** The keys of the mapping at a path; `tag` is what its `type` says, where it says one. */
export function keysAt(path: string[], tag: string | undefined): Key[] {
  const found = new Map<string, Key>();
  for (const schema of schemasAt(path, tag)) {
    for (const [name, part] of Object.entries(schema.properties ?? {})) {
      const required = schema.required?.includes(name) ?? false;
      if (!found.has(name))
        found.set(name, { name, required, about: about(part), nested: nested(part) });
    }
  }
  return [...found.values()];
}

/** The plain values that the schema names for a path. */
export function valuesAt(path: string[], tag: string | undefined): string[] {
  const key = path.at(-1) ?? "";
  const owners = schemasAt(path.slice(0, -1), key === "type" ? undefined : tag);
  const parts = owners.map((owner) => (key === "*" ? owner.items : owner.properties?.[key]));
  return [...new Set(parts.flatMap((part) => (part ? flat(part).flatMap(named) : [])))];
}

function named(schema: Schema): string[] {
  const values = (schema.enum ?? []).filter((value) => value !== null).map(String);
  if (schema.const !== undefined) values.push(String(schema.const));
  return schema.type === "boolean" ? [...values, "true", "false"] : values;
}

function schemasAt(path: string[], tag: string | undefined): Schema[] {
  let here = [root];
  path.forEach((part, index) => {
    const below = here.flatMap((schema) => step(schema, part));
    const last = index === path.length - 1;
    here = below.flatMap((schema) => flat(schema, last ? tag : undefined));
  });
  return here;
}

function step(schema: Schema, part: string): Schema[] {
  if (part === "*") return schema.items ? [schema.items] : [];
  const own = schema.properties?.[part];
  if (own) return [own];
  return Object.values(schema.patternProperties ?? {});
}

/** A schema's alternatives, references followed; of tagged ones only the tag's. */
function flat(schema: Schema, tag?: string): Schema[] {
  if (schema.$ref) {
    const target = root.$defs?.[schema.$ref.replace("#/$defs/", "")];
    return target ? flat(target, tag) : [];
  }
  const chosen = tag === undefined ? undefined : schema.discriminator?.mapping[tag];
  if (chosen) return flat({ $ref: chosen });
  const alternatives = schema.oneOf ?? schema.anyOf;
  return alternatives ? alternatives.flatMap((one) => flat(one, tag)) : [schema];
}

function nested(schema: Schema): boolean {
  const kinds = flat(schema).filter((one) => one.type !== "null");
  return kinds.length > 0 && kinds.every((one) => one.type === "object" || one.type === "array");
}

function about(schema: Schema): string {
  const kinds = flat(schema).filter((one) => one.type !== "null");
  const said = schema.description ?? kinds.find((one) => one.description)?.description;
  if (said) return said.split("\n")[0] ?? "";
  const values = kinds.flatMap((one) => one.enum ?? []).filter((value) => value !== null);
  return values.join(" | ");
}
