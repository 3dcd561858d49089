/** YAML with BigQuery SQL inside its `sql:` texts, and the dialect on its own. */

import { SQLDialect, sql } from "@codemirror/lang-sql";
import { yamlLanguage } from "@codemirror/lang-yaml";
import { LanguageSupport } from "@codemirror/language";
import { type Input, parseMixed, type SyntaxNodeRef } from "@lezer/common";

export const MIME = "text/x-peter-yaml";

const KEYWORDS =
  "all and any array as asc assert_rows_modified at between by case cast collate contains create cross cube current default define desc distinct else end enum escape except exclude exists extract false fetch following for from full group grouping groups hash having if ignore in inner intersect interval into is join lateral left like limit lookup merge natural new no not null nulls of offset on or order outer over partition pivot preceding proto qualify range recursive respect right rollup rows safe select set some struct system tablesample then to treat true unbounded union unnest unpivot using value when where window with within";
const TYPES =
  "array bigdecimal bignumeric bool boolean bytes date datetime decimal float64 geography int64 integer interval json numeric range string struct time timestamp";

/** GoogleSQL: names in backticks, `#` comments, `@name` parameters. */
export const bigquery = SQLDialect.define({
  keywords: KEYWORDS,
  types: TYPES,
  backslashEscapes: true,
  doubleQuotedStrings: true,
  hashComments: true,
  identifierQuotes: "`",
  operatorChars: "*+-%<>!=&|~^/",
  specialVar: "@",
  spaceAfterDashes: false,
  unquotedBitLiterals: false,
});

const wrapped = yamlLanguage.configure(
  {
    wrap: parseMixed((node: SyntaxNodeRef, input: Input) => {
      const text = node.name === "BlockLiteralContent" || node.name === "QuotedLiteral";
      if (!text || !isSql(node, input)) return null;
      const quote = node.name === "QuotedLiteral" ? 1 : 0;
      if (node.to - node.from <= 2 * quote) return null;
      const overlay = [{ from: node.from + quote, to: node.to - quote }];
      return { parser: bigquery.language.parser, overlay };
    }),
  },
  "peter-yaml",
);

/** The language of dashboard files. */
export function peterYaml(): LanguageSupport {
  return new LanguageSupport(wrapped);
}

/** The dialect for cells. */
export function bigquerySql(): LanguageSupport {
  return new LanguageSupport(sql({ dialect: bigquery }).language);
}

function isSql(node: SyntaxNodeRef, input: Input): boolean {
  let at = node.node.parent;
  while (at && at.name !== "Pair") at = at.parent;
  const key = at?.getChild("Key");
  return key != null && input.read(key.from, key.to) === "sql";
}
