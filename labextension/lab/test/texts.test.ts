/// <reference types="vite/types/importMeta.d.ts" />
import ts from "typescript";
import { describe, expect, it } from "vitest";

const files = import.meta.glob<string>("../src/*.ts", {
  eager: true,
  query: "?raw",
  import: "default",
});

/** What people read under these names, whatever it looks like. */
const SAID =
  /^(title|label|caption|detail|hint|words?|text|body|placeholder|aria-label|displayName|okLabel)$/;
/** What only programs read. */
const UNSAID =
  /^(class|role|type|id|href|for|lang|name|command|category|rank|tabindex|description|svgstr)$|^data-/;
const CALLS =
  /^(trans\.(__|_n)|ofJupyterLab|bundle\.\w+|\w+\.load|.*querySelector(All)?|.*closest|.*\.append|require|RegExp|.*\.(startsWith|endsWith|includes|addEventListener|setAttribute|removeAttribute|addClass|indexOf|split|join|replace|replaceAll|test|get|set))$/;
/** Names that are the same in every language, and those of parts of JupyterLab and of a parser. */
const NAMES = new Set(["Peter", "Peter Dashboard", "Editor", "Peter:statement", "Pair", "Key"]);
/** No texts for people: words of SQL, the document that is written, the headers of requests. */
const OTHER = new Set(["KEYWORDS", "TYPES", "template", "json", "ENABLE"]);

/** The texts for people in a source that do not go through `words.ts`. */
function untold(name: string, source: string): string[] {
  const found: string[] = [];
  const file = ts.createSourceFile(name, source, ts.ScriptTarget.ES2022, true);
  const visit = (node: ts.Node): void => {
    if (isLeftOut(node, file)) return;
    const text = textOf(node);
    if (text !== null && isSaid(node, text)) {
      const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
      found.push(`${name}:${line + 1}: ${text}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function isLeftOut(node: ts.Node, file: ts.SourceFile): boolean {
  if (ts.isImportDeclaration(node) || ts.isTypeNode(node) || isOther(node)) return true;
  if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
    return CALLS.test(node.expression.getText(file));
  }
  return ts.isPropertyAssignment(node) && UNSAID.test(nameOf(node));
}

function nameOf(node: ts.PropertyAssignment): string {
  return ts.isIdentifier(node.name) || ts.isStringLiteral(node.name) ? node.name.text : "";
}

function isOther(node: ts.Node): boolean {
  const declared =
    ts.isFunctionDeclaration(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isVariableDeclaration(node);
  return (
    declared && node.name !== undefined && ts.isIdentifier(node.name) && OTHER.has(node.name.text)
  );
}

/** The letters of a literal, with a blank for each value. */
function textOf(node: ts.Node): string | null {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return null;
  return node.head.text + node.templateSpans.map((span) => ` ${span.literal.text}`).join("");
}

function isSaid(node: ts.Node, text: string): boolean {
  if (!/\p{L}{2}/u.test(text) || NAMES.has(text)) return false;
  const { parent } = node;
  if (ts.isPropertyAssignment(parent) && parent.name === node) return false;
  if (/[\p{L}.,:]\s+\p{L}/u.test(text) || /^\p{Lu}\p{Ll}+$/u.test(text)) return true;
  if (ts.isPropertyAssignment(parent)) return SAID.test(nameOf(parent));
  // A child of an element.
  return (
    ts.isCallExpression(parent) &&
    parent.expression.getText() === "h" &&
    parent.arguments.indexOf(node as ts.Expression) > 1
  );
}

describe("what the extension says", () => {
  it.each(Object.entries(files))("goes through the translator: %s", (name, source) => {
    expect(untold(name, source)).toEqual([]);
  });

  it("is found where it does not", () => {
    const said = `
      add("open", "Open Dashboard…", run);
      const pill = { words: count > 1 ? "changed" : "same", class: "pt-pill pt-good" };
      h("li", { class: "a b", "aria-label": "here" }, "met", trans.__("Not met yet"));
      items.push(\`\${rows} of \${all} rows\`);
      const now = trans.__("Kept") + "Refresh";
    `;
    expect(untold("x.ts", said).map((found) => found.replace(/^x.ts:\d+: /, ""))).toEqual([
      "Open Dashboard…",
      "here",
      "met",
      "  of   rows",
      "Refresh",
    ]);
  });
});
