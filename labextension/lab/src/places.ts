/** Lines and columns as Peter counts them, and offsets as the editor does. */

import type { Text } from "@codemirror/state";
import type { Problem } from "./models";

/** From and to of a problem in a text; a problem without a place stands on the first line. */
export function rangeOf(text: Text, problem: Problem): { from: number; to: number } {
  const from = offsetOf(text, problem.line ?? 1, problem.column ?? 1);
  if (problem.line === null) return { from: 0, to: text.line(1).to };
  const ended = problem.end_line !== null || problem.end_column !== null;
  const to = ended
    ? offsetOf(text, problem.end_line ?? problem.line, problem.end_column ?? 1)
    : wordEnd(text, from);
  return to > from ? { from, to } : { from, to: Math.min(from + 1, text.length) };
}

/** Lines and columns count from 1, and columns count characters, of which some are two units. */
export function offsetOf(text: Text, line: number, column: number): number {
  const at = text.line(Math.max(1, Math.min(line, text.lines)));
  const before = Array.from(at.text)
    .slice(0, Math.max(0, column - 1))
    .join("");
  return Math.min(at.from + before.length, at.to);
}

function wordEnd(text: Text, from: number): number {
  const line = text.lineAt(from);
  const word = /^[\w.-]+/.exec(line.text.slice(from - line.from));
  return word ? from + word[0].length : line.to;
}
