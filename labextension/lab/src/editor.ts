/** The editor of a dashboard file: its problems underlined, its keys and names completed. */

import { acceptCompletion, completionStatus, startCompletion } from "@codemirror/autocomplete";
import { indentUnit } from "@codemirror/language";
import { Prec } from "@codemirror/state";
import type { CodeMirrorEditor } from "@jupyterlab/codemirror";
import type { IDocumentWidget } from "@jupyterlab/docregistry";
import type { FileEditor } from "@jupyterlab/fileeditor";
import type { Api } from "./api";
import { dashboardCompletion } from "./completion";
import { problemMarks, showProblems } from "./diagnostics";
import type { Draft } from "./draft";

/** The class of editors that complete by themselves. */
export const EDITOR_CLASS = "peter-editor";

/** Make a file editor one of dashboards. */
export async function equip(
  widget: IDocumentWidget<FileEditor>,
  draft: Draft,
  api: Api,
): Promise<void> {
  await widget.context.ready;
  await widget.content.ready;
  const editor = widget.content.editor as CodeMirrorEditor;
  widget.content.addClass(EDITOR_CLASS);
  editor.injectExtension([
    Prec.highest(indentUnit.of("  ")),
    ...problemMarks(),
    dashboardCompletion(draft, api),
  ]);
  const show = (): void => {
    if (!widget.isDisposed && draft.phase !== "checking")
      showProblems(editor.editor, draft.problems);
  };
  draft.changed.connect(show);
  widget.disposed.connect(() => draft.changed.disconnect(show));
  show();
}

/** Take the marked completion, or ask for some. */
export function completeHere(widget: IDocumentWidget<FileEditor>): void {
  const view = (widget.content.editor as CodeMirrorEditor).editor;
  if (completionStatus(view.state) === "active") acceptCompletion(view);
  else startCompletion(view);
}
