/** Problems as underlines at their exact place, each with its hint. */

import {
  type Diagnostic,
  forceLinting,
  lintGutter,
  linter,
  setDiagnostics,
} from "@codemirror/lint";
import type { EditorView } from "@codemirror/view";
import type { Extension, Text } from "@codemirror/state";
import { h } from "../../src/renderer/dom";
import type { Problem } from "./models";
import { rangeOf } from "./places";

/** The extensions that show problems; the draft says them by `showProblems`. */
export function problemMarks(): Extension[] {
  return [lintGutter(), linter(null)];
}

/** Underline these problems and no others. */
export function showProblems(view: EditorView, problems: Problem[]): void {
  const text = view.state.doc;
  view.dispatch(
    setDiagnostics(
      view.state,
      problems.map((problem) => diagnostic(text, problem)),
    ),
  );
  forceLinting(view);
}

function diagnostic(text: Text, problem: Problem): Diagnostic {
  return {
    ...rangeOf(text, problem),
    severity: problem.severity,
    source: problem.rule,
    message: problem.hint ? `${problem.message} ${problem.hint}` : problem.message,
    renderMessage: () =>
      h(
        "div",
        { class: "peter-problem", lang: "en" },
        h("div", {}, problem.message),
        problem.hint && h("div", { class: "peter-hint" }, problem.hint),
      ),
  };
}
