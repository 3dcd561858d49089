/** Dashboard files: their type, their editor with the picture beside it, new ones. */

import type { JupyterFrontEnd } from "@jupyterlab/application";
import { Dialog, InputDialog, Notification, showDialog } from "@jupyterlab/apputils";
import { PathExt } from "@jupyterlab/coreutils";
import type { IDocumentManager } from "@jupyterlab/docmanager";
import type { DocumentRegistry, IDocumentWidget } from "@jupyterlab/docregistry";
import type { FileEditor, IEditorTracker } from "@jupyterlab/fileeditor";
import { DockPanel, type Widget } from "@lumino/widgets";
import type { Api } from "./api";
import { type Drafts, isDashboardFile } from "./draft";
import { equip } from "./editor";
import { peterIcon } from "./icon";
import { PREVIEW, PreviewFactory, type Previews } from "./preview";
import type { Seen } from "./seen";
import type { Preferences } from "./settings";
import { slugOf, template } from "./template";
import type { Summary } from "./models";
import { trans } from "./words";

export const FILE_TYPE = "peter-dashboard";

/** Teach the registry what a dashboard file is. */
export function registerFileType(app: JupyterFrontEnd, drafts: Drafts): PreviewFactory {
  const registry = app.docRegistry;
  registry.addFileType({
    name: FILE_TYPE,
    displayName: trans.__("Peter dashboard"),
    extensions: [".peter.yaml", ".peter.yml"],
    mimeTypes: ["application/yaml"],
    fileFormat: "text",
    contentType: "file",
    icon: peterIcon,
  });
  const factory = new PreviewFactory(drafts, {
    name: PREVIEW,
    label: trans.__("Live dashboard"),
    fileTypes: [FILE_TYPE],
    readOnly: true,
  });
  // Their class says `string | undefined` where their interface says `string`.
  registry.addWidgetFactory(factory as unknown as DocumentRegistry.WidgetFactory);
  return factory;
}

/** Give every editor of a dashboard file its marks, its completion and its picture. */
export function followEditors(
  tracker: IEditorTracker,
  documents: IDocumentManager,
  previews: Previews,
  drafts: Drafts,
  api: Api,
  preferences: Preferences,
): void {
  const follow = (widget: IDocumentWidget<FileEditor>): void => {
    const { context } = widget;
    if (!isDashboardFile(context.path)) return;
    void equip(widget, drafts.of(context), api);
    const open = (): void => {
      if (!documents.findWidget(context.path, PREVIEW)) showPreview(documents, previews, widget);
    };
    if (preferences.openPreview) void context.ready.then(open);
  };
  tracker.widgetAdded.connect((_, widget) => follow(widget));
  tracker.currentChanged.connect((_, widget) => {
    if (widget) bringForward(documents, widget);
  });
  tracker.forEach(follow);
  documents.services.contents.fileChanged.connect((_, { type, oldValue }) => {
    if (type !== "delete") return;
    const gone = previews.filter((preview) => preview.context.path === oldValue?.path);
    for (const preview of gone) preview.dispose();
  });
}

/** The picture of a file beside its editor: where pictures of other files are, in front of them. */
export function showPreview(
  documents: IDocumentManager,
  previews: Previews,
  widget: IDocumentWidget,
): void {
  const known = documents.findWidget(widget.context.path, PREVIEW);
  if (known) {
    select(known);
    return;
  }
  const other = previews.find((one) => one.isVisible);
  const opened = documents.openOrReveal(widget.context.path, PREVIEW, undefined, {
    ...(other ? { mode: "tab-after", ref: other.id } : { mode: "split-right", ref: widget.id }),
    activate: false,
  });
  if (opened) select(opened);
}

/** Bring a file's picture in front with it, unless it would cover the file. */
function bringForward(documents: IDocumentManager, widget: IDocumentWidget): void {
  const preview = documents.findWidget(widget.context.path, PREVIEW);
  const dock = preview?.parent;
  if (!preview || !(dock instanceof DockPanel)) return;
  const covers = [...dock.tabBars()].some(
    ({ titles }) => titles.includes(preview.title) && titles.includes(widget.title),
  );
  if (!covers) dock.selectWidget(preview);
}

function select(widget: Widget): void {
  if (widget.parent instanceof DockPanel) widget.parent.selectWidget(widget);
}

/** Ask for a title and write a new dashboard into a folder. */
export async function createFile(documents: IDocumentManager, folder: string): Promise<void> {
  const asked = await InputDialog.getText({
    title: trans.__("New dashboard"),
    label: trans.__("Title"),
    text: trans.__("New dashboard"),
    okLabel: trans.__("Create"),
  });
  const title = asked.value?.trim();
  if (!asked.button.accept || !title) return;
  const slug = slugOf(title);
  await openText(documents, PathExt.join(folder, `${slug}.peter.yaml`), template(slug, title));
}

/** A published dashboard as a file to edit; a file that is there is opened as it is. */
export async function editPublished(
  documents: IDocumentManager,
  api: Api,
  folder: string,
  seen: Seen,
  entry: Summary,
): Promise<void> {
  const { yaml, revision } = await api.text(entry.slug);
  const path = PathExt.join(folder, `${entry.slug}.peter.yaml`);
  if (await openText(documents, path, yaml)) await seen.note(entry.slug, revision);
}

/** Open a file; whether it is one with this text. */
async function openText(documents: IDocumentManager, path: string, text: string): Promise<boolean> {
  const { contents } = documents.services;
  const known = await contents.get(path).catch(() => null);
  const same = !known || known.content === text;
  if (!same) {
    const { button } = await showDialog({
      title: trans.__("The file is there already"),
      body: trans.__("%1 differs from what would be written. Open it as it is?", path),
      buttons: [Dialog.cancelButton(), Dialog.okButton({ label: trans.__("Open") })],
    });
    if (!button.accept) return false;
  }
  try {
    if (!known) await contents.save(path, { type: "file", format: "text", content: text });
    documents.openOrReveal(path, "Editor");
    return same;
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    Notification.error(trans.__("%1 could not be written: %2", path, words));
    return false;
  }
}
