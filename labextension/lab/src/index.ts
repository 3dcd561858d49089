/** Peter in JupyterLab. Nothing is asked of a server before something of it is shown. */

import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin,
} from "@jupyterlab/application";
import { ICommandPalette, WidgetTracker } from "@jupyterlab/apputils";
import { IEditorLanguageRegistry } from "@jupyterlab/codemirror";
import { ICompletionProviderManager } from "@jupyterlab/completer";
import { IDocumentManager } from "@jupyterlab/docmanager";
import type { DocumentWidget } from "@jupyterlab/docregistry";
import { IDefaultFileBrowser } from "@jupyterlab/filebrowser";
import { IEditorTracker } from "@jupyterlab/fileeditor";
import { ILauncher } from "@jupyterlab/launcher";
import { INotebookTracker } from "@jupyterlab/notebook";
import { IRenderMimeRegistry } from "@jupyterlab/rendermime";
import { ISettingRegistry } from "@jupyterlab/settingregistry";
import { IStateDB } from "@jupyterlab/statedb";
import { ITranslator } from "@jupyterlab/translation";
import { Api } from "./api";
import { followCells, StatementCompletion } from "./cells";
import { registerCommands } from "./commands";
import { Drafts } from "./draft";
import { createFile, editPublished, followEditors, registerFileType } from "./files";
import { bigquerySql, MIME, peterYaml } from "./language";
import { livePanel, type LiveDashboard } from "./live";
import type { MainAreaWidget } from "@jupyterlab/apputils";
import { PREVIEW, type Preview, type Previews } from "./preview";
import { Seen } from "./seen";
import { PLUGIN, Preferences } from "./settings";
import { Sidebar } from "./sidebar";
import { verificationFactory } from "./verification";
import { trans, translate } from "./words";

type Boards = WidgetTracker<MainAreaWidget<LiveDashboard>>;

const languages: JupyterFrontEndPlugin<void> = {
  id: "peter-lab:languages",
  description: "YAML with BigQuery SQL inside, for dashboard files.",
  autoStart: true,
  requires: [IEditorLanguageRegistry],
  optional: [ITranslator],
  activate: (
    _: JupyterFrontEnd,
    registry: IEditorLanguageRegistry,
    translator: ITranslator | null,
  ) => {
    translate(translator);
    registry.addLanguage({
      name: "peter-yaml",
      displayName: trans.__("Peter dashboard"),
      mime: MIME,
      extensions: ["peter.yaml", "peter.yml"],
      filename: /\.peter\.ya?ml$/i,
      support: peterYaml(),
    });
    registry.addLanguage({
      name: "bigquery",
      displayName: trans.__("BigQuery SQL"),
      mime: "text/x-bigquery",
      extensions: ["bq.sql"],
      support: bigquerySql(),
    });
  },
};

const plugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN,
  description: "Dashboards as code: sidebar, live editor and commands.",
  autoStart: true,
  requires: [IDocumentManager, IEditorTracker],
  optional: [
    ISettingRegistry,
    ICommandPalette,
    ILauncher,
    ILayoutRestorer,
    IDefaultFileBrowser,
    INotebookTracker,
    IStateDB,
    ITranslator,
  ],
  activate: (
    app: JupyterFrontEnd,
    documents: IDocumentManager,
    editors: IEditorTracker,
    registry: ISettingRegistry | null,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    restorer: ILayoutRestorer | null,
    browser: IDefaultFileBrowser | null,
    notebooks: INotebookTracker | null,
    state: IStateDB | null,
    translator: ITranslator | null,
  ) => {
    translate(translator);
    const api = new Api();
    const seen = new Seen(state);
    const preferences = new Preferences(api);
    const drafts = new Drafts(api, preferences);
    const folder = (): string => browser?.model.path ?? "";

    const previews = new WidgetTracker<DocumentWidget<Preview>>({ namespace: "peter-previews" });
    const factory = registerFileType(app, drafts);
    factory.widgetCreated.connect((_, widget) => {
      widget.context.pathChanged.connect(() => void previews.save(widget));
      void previews.add(widget);
    });

    const boards = new WidgetTracker<MainAreaWidget<LiveDashboard>>({ namespace: "peter-boards" });
    const open = (slug: string, title: string): void => {
      const known = boards.find((panel) => panel.content.slug === slug);
      const panel = known ?? livePanel(api, slug, title);
      if (!known) {
        app.shell.add(panel, "main");
        void boards.add(panel);
      }
      app.shell.activateById(panel.id);
    };

    const sidebar = new Sidebar(api, {
      open: (entry) => open(entry.slug, entry.title),
      edit: (entry) => void editPublished(documents, api, folder(), seen, entry),
      create: () => void createFile(documents, folder()),
    });
    app.shell.add(sidebar, "left", { rank: 550 });

    registerCommands({
      app,
      api,
      documents,
      drafts,
      editors,
      previews,
      notebooks,
      palette,
      launcher,
      sidebar,
      seen,
      open,
      create: () => createFile(documents, folder()),
    });
    if (restorer) restore(restorer, sidebar, previews, boards);
    const start = (): void => followEditors(editors, documents, previews, drafts, api, preferences);
    preferences.follow(registry).then(start, start);
  },
};

/** What was open stays open over a reload. */
function restore(
  restorer: ILayoutRestorer,
  sidebar: Sidebar,
  previews: Previews,
  boards: Boards,
): void {
  restorer.add(sidebar, "peter-sidebar");
  void restorer.restore(previews, {
    command: "docmanager:open",
    args: (widget) => ({ path: widget.context.path, factory: PREVIEW }),
    name: (widget) => widget.context.path,
  });
  void restorer.restore(boards, {
    command: "peter:open",
    args: (panel) => ({ slug: panel.content.slug, title: panel.content.title.label }),
    name: (panel) => panel.content.slug,
  });
}

const cells: JupyterFrontEndPlugin<void> = {
  id: "peter-lab:cells",
  description: "BigQuery SQL in %%peter_sql cells: colours and completion.",
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ICompletionProviderManager],
  activate: (
    _: JupyterFrontEnd,
    notebooks: INotebookTracker,
    completers: ICompletionProviderManager | null,
  ) => {
    followCells(notebooks);
    completers?.registerProvider(new StatementCompletion(new Api()));
  },
};

const displays: JupyterFrontEndPlugin<void> = {
  id: "peter-lab:displays",
  description: "Verifications in the look of dashboards.",
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [ITranslator],
  activate: (_: JupyterFrontEnd, registry: IRenderMimeRegistry, translator: ITranslator | null) => {
    translate(translator);
    registry.addFactory(verificationFactory, 0);
  },
};

export default [languages, plugin, cells, displays];
