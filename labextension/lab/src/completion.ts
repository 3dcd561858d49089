/** Completion in dashboard files: keys, values, names of the document, and SQL. */

import {
  autocompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
} from "@codemirror/autocomplete";
import type { Extension } from "@codemirror/state";
import { h } from "../../src/renderer/dom";
import type { Api } from "./api";
import { type Cursor, cursorAt, sqlAt } from "./cursor";
import type { Draft } from "./draft";
import type { Plan } from "./models";
import { keysAt, valuesAt } from "./schema";
import { trans } from "./words";

/** Keys whose value is a column of the chart's query, or a list of them. */
const COLUMNS = new Set([
  "x",
  "y",
  "series",
  "size",
  "value",
  "category",
  "color",
  "field",
  "label",
  "columns",
  "not_null",
  "unique",
  "column",
  "link",
]);
const PRESETS = [
  "number",
  "compact",
  "percent",
  "currency:EUR",
  "currency:USD",
  "bytes",
  "duration",
  "date",
  "datetime",
];

/** The extension that completes as one types. */
export function dashboardCompletion(draft: Draft, api: Api): Extension {
  return autocompletion({
    override: [(context) => sqlSource(context, api), (context) => documentSource(context, draft)],
    activateOnTyping: true,
    icons: false,
    tooltipClass: () => "peter-completion",
    maxRenderedOptions: 60,
  });
}

function documentSource(context: CompletionContext, draft: Draft): CompletionResult | null {
  const text = context.state.doc.toString();
  if (sqlAt(text, context.pos)) return null;
  const cursor = cursorAt(text, context.pos);
  if (!cursor || (!context.explicit && cursor.typed === "" && cursor.writes === "key")) return null;
  const options = optionsAt(cursor, text, draft.plan);
  return options.length > 0 ? { from: cursor.from, options, validFor: /^[\w:.-]*$/ } : null;
}

/** What may be written at a cursor. */
export function optionsAt(cursor: Cursor, text: string, plan: Plan | null): Completion[] {
  const tag = cursor.siblings.type;
  if (cursor.writes === "key") {
    return keysAt(cursor.path, tag)
      .filter((key) => !(key.name in cursor.siblings))
      .map((key) => ({
        label: key.name,
        type: "property",
        detail: key.required ? trans.__("required") : "",
        // The document's own reference, which is in English.
        info: key.about ? () => h("div", { lang: "en" }, key.about) : "",
        apply: key.nested ? `${key.name}:` : `${key.name}: `,
        boost: key.required ? 1 : 0,
      }));
  }
  const named = namesAt(cursor, text, plan);
  const values = valuesAt(cursor.path, tag).map((label) => ({ label, type: "enum" }));
  return [...named, ...values];
}

function namesAt(cursor: Cursor, text: string, plan: Plan | null): Completion[] {
  const key = cursor.path.filter((part) => part !== "*").at(-1) ?? "";
  if (key === "query") return variables(namesOf(text, "queries"));
  if (key === "chart" || (cursor.path[0] === "layout" && cursor.path.at(-1) === "*")) {
    return variables(namesOf(text, "charts"));
  }
  if (key === "format" || key === "x_format") {
    return PRESETS.map((label) => ({ label, type: "enum" }));
  }
  return COLUMNS.has(key) ? columnsFor(cursor, text, plan) : [];
}

function variables(names: string[]): Completion[] {
  return names.map((label) => ({ label, type: "variable" }));
}

function columnsFor(cursor: Cursor, text: string, plan: Plan | null): Completion[] {
  const [area, owner] = cursor.path;
  const query =
    area === "queries" ? owner : (cursor.siblings.query ?? queryOf(text, area ?? "", owner ?? ""));
  const found = plan?.queries.find((one) => one.name === query && one.role !== "comparison");
  return (found?.columns ?? []).map(({ name, type }) => ({
    label: name,
    type: "property",
    detail: type,
  }));
}

/** The names below a root key: its lines of the first indentation. */
export function namesOf(text: string, area: string): string[] {
  const body = sectionOf(text, area);
  const indent = /^ +/m.exec(body)?.[0].length ?? 2;
  const names = new RegExp(`^ {${indent}}([A-Za-z_][A-Za-z0-9_]*):`, "gm");
  return [...body.matchAll(names)].map((match) => match[1] ?? "");
}

/** The query of a chart or a filter, wherever its lines say it. */
function queryOf(text: string, area: string, owner: string): string | undefined {
  const body = sectionOf(text, area);
  const start = new RegExp(`^( +)${owner}:`, "m").exec(body);
  if (!start) return undefined;
  const own = body.slice(start.index);
  const end = new RegExp(`\\n {1,${start[1]?.length ?? 2}}\\S`).exec(own);
  return /\bquery:\s*["']?([A-Za-z_]\w*)/.exec(end ? own.slice(0, end.index) : own)?.[1];
}

function sectionOf(text: string, area: string): string {
  const start = new RegExp(`^${area}:[^\\n]*\\n`, "m").exec(text);
  if (!start) return "";
  const rest = text.slice(start.index + start[0].length);
  const end = /^\S/m.exec(rest.replace(/^#.*$/gm, " "));
  return end ? rest.slice(0, end.index) : rest;
}

async function sqlSource(context: CompletionContext, api: Api): Promise<CompletionResult | null> {
  const text = context.state.doc.toString();
  const inside = sqlAt(text, context.pos);
  const typed = context.matchBefore(/[\w@.`]+/);
  if (!inside || (!context.explicit && !typed)) return null;
  const found = await api.complete(inside.sql, inside.offset, parametersOf(text)).catch(() => null);
  const first = found?.completions[0];
  if (!found || !first || context.aborted) return null;
  const from = inside.map(first.start);
  const same = found.completions.filter((one) => one.start === first.start);
  const options = same.map((one, index) => ({
    label: one.label,
    type: one.kind === "column" ? "property" : one.kind === "table" ? "class" : one.kind,
    detail: one.detail,
    boost: 50 - index,
  }));
  return { from, to: context.pos, options, filter: false };
}

/** The parameters that the filters of a document bind. */
export function parametersOf(text: string): string[] {
  const body = sectionOf(text, "filters");
  return namesOf(text, "filters").flatMap((name) => {
    const range = new RegExp(`^ +${name}:[^]*?type:\\s*(\\w+)`, "m").exec(body)?.[1];
    return range === "date_range" ? [`${name}_start`, `${name}_end`] : [name];
  });
}
