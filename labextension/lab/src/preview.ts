/** The live dashboard beside its file. */

import type { WidgetTracker } from "@jupyterlab/apputils";
import type { DocumentRegistry } from "@jupyterlab/docregistry";
import { ABCWidgetFactory, DocumentWidget } from "@jupyterlab/docregistry";
import { Widget } from "@lumino/widgets";
import type { Message } from "@lumino/messaging";
import { h } from "../../src/renderer/dom";
import { type Rendered, renderDashboard } from "../../src/renderer/dashboard";
import { charts } from "./charts";
import type { Draft, Drafts } from "./draft";
import { peterIcon } from "./icon";
import { trans } from "./words";

export const PREVIEW = "Peter Dashboard";

/** The pictures of files that are open. */
export type Previews = WidgetTracker<DocumentWidget<Preview>>;

/** The picture of a draft; the last good one stays while the text has errors. */
export class Preview extends Widget {
  private readonly strip = h("div", { class: "peter-strip", role: "status" });
  private readonly board = h("div", { class: "peter-board" });
  private readonly rendered: Rendered;
  private readonly unwatch: () => void;

  constructor(readonly draft: Draft) {
    super();
    this.addClass("peter-preview");
    this.node.tabIndex = -1;
    this.node.append(this.strip, this.board);
    this.rendered = renderDashboard(this.board, null, {
      charts,
      onFilters: (values) => this.draft.filter(values),
    });
    this.unwatch = draft.watch();
    draft.changed.connect(this.paint, this);
    this.paint();
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.unwatch();
    this.draft.changed.disconnect(this.paint, this);
    this.rendered.destroy();
    super.dispose();
  }

  protected override onActivateRequest(_: Message): void {
    this.node.focus();
  }

  private paint(): void {
    const { draft } = this;
    this.rendered.busy(draft.phase === "drawing");
    this.node.dataset.phase = draft.phase;
    if (draft.phase === "ready" && draft.artifact) this.rendered.update(draft.artifact);
    if (draft.phase === "failed" && draft.failure) {
      const { code, title, detail, hint, foreign } = draft.failure;
      const again = (): void => void draft.check(true);
      this.rendered.fail({ code, title, detail, hint, ...foreign }, again);
    }
    if (draft.phase === "invalid" && !draft.artifact) this.waiting();
    if (draft.phase !== "checking") this.showStrip();
  }

  private waiting(): void {
    const first = this.draft.problems[0];
    this.rendered.fail({
      code: "document_invalid",
      title: trans.__("The file cannot be drawn yet"),
      detail: first ? placed(first) : trans.__("It has errors."),
      hint: first?.hint ?? null,
      // Problems of a document are said in English, whoever reads them.
      ...(first && { detail_lang: "en", hint_lang: "en" }),
    });
  }

  private showStrip(): void {
    const errors = this.draft.problems.filter((problem) => problem.severity === "error").length;
    const warnings = this.draft.problems.length - errors;
    const kept = this.draft.phase === "invalid" && this.draft.artifact;
    const parts = [
      errors > 0 && trans._n("%1 error", "%1 errors", errors),
      warnings > 0 && trans._n("%1 warning", "%1 warnings", warnings),
      kept && trans.__("the last valid picture"),
    ].filter(Boolean);
    this.strip.textContent = parts.join(" · ");
    this.strip.hidden = parts.length === 0;
    this.strip.dataset.tone = errors > 0 ? "bad" : "warn";
  }
}

/** Makes previews of dashboard files; they share the editor's own document. */
export class PreviewFactory extends ABCWidgetFactory<DocumentWidget<Preview>> {
  constructor(
    private readonly drafts: Drafts,
    options: DocumentRegistry.IWidgetFactoryOptions,
  ) {
    super(options);
  }

  protected override createNewWidget(context: DocumentRegistry.Context): DocumentWidget<Preview> {
    const content = new Preview(this.drafts.of(context));
    const widget = new DocumentWidget({ content, context });
    widget.title.icon = peterIcon;
    return widget;
  }
}

function placed(problem: { line: number | null; message: string }): string {
  return problem.line === null ? problem.message : `Line ${problem.line}: ${problem.message}`;
}
