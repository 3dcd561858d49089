/** SQL in `%%peter_sql` cells. */

import type { Cell } from "@jupyterlab/cells";
import type {
  CompletionHandler,
  ICompletionContext,
  ICompletionProvider,
} from "@jupyterlab/completer";
import { type INotebookTracker, NotebookPanel } from "@jupyterlab/notebook";
import type { Api } from "./api";
import { cellSql, isSqlCell, isYamlCell } from "./statements";

const PYTHON = "text/x-ipython";

/** Colour cells by their magic: SQL and dashboards instead of Python. */
export function followCells(notebooks: INotebookTracker): void {
  const follow = (panel: NotebookPanel): void => {
    const seen = new WeakSet<Cell>();
    const look = (): void => {
      for (const cell of panel.content.widgets) {
        if (seen.has(cell) || cell.model.type !== "code") continue;
        seen.add(cell);
        colour(cell);
        cell.model.sharedModel.changed.connect(() => colour(cell));
        // The notebook gives every cell its kernel's language, and tells others of it afterwards.
        cell.model.mimeTypeChanged.connect(() => requestAnimationFrame(() => colour(cell)));
      }
    };
    void panel.context.ready.then(() => {
      look();
      panel.content.model?.cells.changed.connect(() => requestAnimationFrame(look));
      panel.content.modelContentChanged.connect(look);
    });
  };
  notebooks.widgetAdded.connect((_, panel) => follow(panel));
  notebooks.forEach(follow);
}

function colour(cell: Cell): void {
  if (cell.isDisposed) return;
  const source = cell.model.sharedModel.getSource();
  const wanted = isSqlCell(source)
    ? "text/x-bigquery"
    : isYamlCell(source)
      ? "text/x-peter-yaml"
      : null;
  const { mimeType } = cell.model;
  if (wanted && mimeType !== wanted) cell.model.mimeType = wanted;
  else if (!wanted && (mimeType === "text/x-bigquery" || mimeType === "text/x-peter-yaml")) {
    cell.model.mimeType = PYTHON;
  }
}

/** Tables, columns and parameters in the completer of JupyterLab. */
export class StatementCompletion implements ICompletionProvider {
  readonly identifier = "Peter:statement";
  readonly rank = 1100;

  constructor(private readonly api: Api) {}

  async isApplicable(context: ICompletionContext): Promise<boolean> {
    await Promise.resolve();
    return context.widget instanceof NotebookPanel && isSqlCell(sourceOf(context));
  }

  async fetch(
    request: CompletionHandler.IRequest,
    context: ICompletionContext,
  ): Promise<CompletionHandler.ICompletionItemsReply> {
    const { sql, start, parameters } = cellSql(sourceOf(context));
    const none = { start: request.offset, end: request.offset, items: [] };
    if (request.offset < start) return none;
    const found = await this.api
      .complete(sql, request.offset - start, parameters)
      .catch(() => null);
    const first = found?.completions[0];
    if (!found || !first) return none;
    const same = found.completions.filter((one) => one.start === first.start);
    const items = same.map(({ label, kind, detail }) => ({
      label,
      insertText: label,
      type: kind,
      documentation: detail,
    }));
    return { start: first.start + start, end: request.offset, items };
  }
}

function sourceOf(context: ICompletionContext): string {
  return context.editor?.model.sharedModel.getSource() ?? "";
}
