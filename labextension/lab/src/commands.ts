/** What the palette, the launcher and the notebook's toolbar do: each through the API. */

import type { JupyterFrontEnd } from "@jupyterlab/application";
import {
  Dialog,
  type ICommandPalette,
  InputDialog,
  Notification,
  showDialog,
} from "@jupyterlab/apputils";
import type { IDocumentManager } from "@jupyterlab/docmanager";
import type { IEditorTracker } from "@jupyterlab/fileeditor";
import type { ILauncher } from "@jupyterlab/launcher";
import type { INotebookTracker } from "@jupyterlab/notebook";
import type { CommandRegistry } from "@lumino/commands";
import { historyMessages } from "../../src/messages";
import { h } from "../../src/renderer/dom";
import { speak } from "../../src/translation";
import { type Api, PeterError } from "./api";
import { type Drafts, isDashboardFile } from "./draft";
import { completeHere } from "./editor";
import { showPreview } from "./files";
import { peterIcon } from "./icon";
import { LiveDashboard } from "./live";
import type { Plan, PlannedQuery } from "./models";
import type { Previews } from "./preview";
import { absent, publishText, tellPublished } from "./publishing";
import { card, heading, Report, reportPanel, size, table, usd, waiting } from "./report";
import type { Seen } from "./seen";
import { cellBody, isSqlCell, isYamlCell } from "./statements";
import type { Sidebar } from "./sidebar";
import { verificationCard } from "./verification";
import { lineageReport } from "./lineage";
import { ofJupyterLab, sharedWords, trans } from "./words";

/** What commands work with. */
export interface House {
  app: JupyterFrontEnd;
  api: Api;
  documents: IDocumentManager;
  drafts: Drafts;
  editors: IEditorTracker;
  previews: Previews;
  notebooks: INotebookTracker | null;
  palette: ICommandPalette | null;
  launcher: ILauncher | null;
  sidebar: Sidebar;
  seen: Seen;
  open: (slug: string, title: string) => void;
  create: () => Promise<void>;
}

type Source = { kind: "dashboard"; text: string } | { kind: "statement"; text: string };

const CATEGORY = "Peter";

/** Add the commands and put them where people look for them. */
export function registerCommands(house: House): void {
  const { app, palette, launcher } = house;
  const add = (
    name: string,
    label: string,
    run: CommandRegistry.CommandFunc<unknown>,
    more: Partial<CommandRegistry.ICommandOptions> = {},
  ): void => {
    const id = `peter:${name}`;
    app.commands.addCommand(id, { label, icon: peterIcon, execute: guarded(run), ...more });
    if (more.isVisible === undefined) palette?.addItem({ command: id, category: CATEGORY });
  };
  add("new", trans.__("New Dashboard from Template…"), house.create);
  launcher?.add({ command: "peter:new", category: ofJupyterLab("Other"), rank: 1 });
  add("open", trans.__("Open Dashboard…"), async (args) => {
    const given = args as { slug?: string; title?: string };
    const entry = given.slug
      ? { slug: given.slug, title: given.title ?? given.slug }
      : await chooseDashboard(house);
    if (entry) house.open(entry.slug, entry.title);
  });
  add("dashboards", trans.__("Search Dashboards"), () => app.shell.activateById(house.sidebar.id));
  add("preview", trans.__("Show Live Dashboard Beside the File"), () => {
    const editor = house.editors.currentWidget;
    if (editor && isDashboardFile(editor.context.path))
      showPreview(house.documents, house.previews, editor);
    else say(trans.__("Open a *.peter.yaml file first."));
  });
  add("verify", trans.__("Verify"), () => verify(house), {
    caption: trans.__("Peter: verify this cell or dashboard"),
  });
  add("cost", trans.__("Cost"), () => cost(house), {
    caption: trans.__("Peter: price this cell or dashboard before it runs"),
  });
  add("publish", trans.__("Publish…"), () => publish(house));
  add("diff", trans.__("Compare with Published"), () => compare(house));
  add("lineage", trans.__("Lineage"), () => lineage(house));
  add("export", trans.__("Export as HTML"), () => exported(house));
  add(
    "complete",
    trans.__("Complete"),
    () => {
      const editor = house.editors.currentWidget;
      if (editor) completeHere(editor);
    },
    { isVisible: () => false },
  );
}

/** Every failure is told in Peter's words, with what to do. */
function guarded(run: CommandRegistry.CommandFunc<unknown>): CommandRegistry.CommandFunc<unknown> {
  return async (args) => {
    try {
      return await run(args);
    } catch (error) {
      if (!(error instanceof PeterError)) throw error;
      Notification.error([error.detail, error.hint].filter(Boolean).join(" "), {
        autoClose: 12_000,
      });
      return undefined;
    }
  };
}

async function verify(house: House): Promise<void> {
  const source = await current(house);
  if (!source) return;
  if (source.kind === "statement") {
    const found = await waiting(trans.__("Verifying the statement"), house.api.run(source.text));
    show(house, trans.__("Verification"), new Report(verificationCard(found)));
    return;
  }
  const found = await waiting(
    trans.__("Verifying the dashboard's queries"),
    house.api.verify(source.text),
  );
  const passed = found.queries.filter((one) => one.verification.verdict === "passed").length;
  const every = String(found.queries.length);
  const report = new Report(
    heading(
      trans.__("Verification of %1", found.slug),
      trans.__("%1 of %2 queries passed", String(passed), every),
    ),
    ...found.queries.map((one) => verificationCard(one.verification, one.query)),
  );
  show(house, trans.__("Verify: %1", found.slug), report);
  if (found.passed)
    Notification.success(trans.__("All %1 queries of %2 passed.", every, found.slug));
  else
    Notification.warning(
      trans.__(
        "%1 of %2 queries of %3 did not pass.",
        String(found.queries.length - passed),
        every,
        found.slug,
      ),
    );
}

async function cost(house: House): Promise<void> {
  const source = await current(house);
  if (!source) return;
  if (source.kind === "statement") {
    const found = await waiting(trans.__("Pricing the statement"), house.api.explain(source.text));
    show(house, trans.__("Cost"), new Report(verificationCard(found)));
    return;
  }
  const plan = await waiting(trans.__("Pricing the dashboard"), house.api.compile(source.text));
  show(
    house,
    trans.__("Cost: %1", plan.slug),
    new Report(heading(trans.__("Cost of %1", plan.slug), plan.totals.note), costCard(plan)),
  );
}

function costCard(plan: Plan): HTMLElement {
  const { totals } = plan;
  const month =
    totals.cost_usd_month === null ? [] : [trans.__("%1 a month", usd(totals.cost_usd_month))];
  const rows = plan.queries.map((query) => [
    query.name + (query.role === "main" ? "" : ` (${roleOf(query)})`),
    query.estimated_bytes === null ? null : size(query.estimated_bytes),
    size(query.cap_bytes),
    usd(query.cost_usd),
    query.cached ? trans.__("cached") : trans.__("will run"),
    query.used_by.join(", "),
  ]);
  const heads = [
    trans.__("Query"),
    trans.__("Scans"),
    trans.__("Cap"),
    trans.__("Cost"),
    trans.__("Next load"),
    trans.__("Used by"),
  ];
  return card(
    { words: usd(totals.cost_usd), tone: "info" },
    [
      totals.exact
        ? trans.__("%1 at the next load", size(totals.estimated_bytes))
        : trans.__("about %1 at the next load", size(totals.estimated_bytes)),
      ...month,
    ],
    table(heads, rows, "-nnn--"),
  );
}

function roleOf({ role }: PlannedQuery): string {
  return role === "comparison" ? trans.__("comparison") : trans.__("options");
}

async function publish(house: House): Promise<void> {
  const source = await dashboard(house);
  if (source === null) return;
  const made = await publishText(source, house.api, house.seen);
  if (made === null) return;
  tellPublished(made, () => house.open(made.slug, made.slug));
  void house.sidebar.refresh();
}

async function compare(house: House): Promise<void> {
  const source = await dashboard(house);
  if (source === null) return;
  const found = await house.api.diff(source);
  const tones = { added: "good", removed: "bad", changed: "info", moved: "info" } as const;
  speak(sharedWords());
  const kinds = historyMessages.changeKinds;
  const rows = found.changes.map((change) => [
    h("span", { class: `pt-pill pt-${tones[change.kind]}` }, kinds[change.kind]),
    h("code", {}, change.path),
    change.text,
  ]);
  const count = found.changes.length;
  const body = card(
    {
      words: count === 0 ? trans.__("the same") : trans._n("%1 change", "%1 changes", count),
      tone: count === 0 ? "good" : "info",
    },
    [trans.__("from %1 to %2", found.from_revision.slice(0, 7), found.to_revision.slice(0, 7))],
    count > 0 && table(["", trans.__("Where"), trans.__("What")], rows),
  );
  show(
    house,
    trans.__("Compare"),
    new Report(heading(trans.__("Compared with what is published")), body),
  );
}

async function lineage(house: House): Promise<void> {
  const { api } = house;
  const board = boardHere(house);
  if (board) {
    const { slug } = board;
    const report = await lineageReport(slug, api, (columns) => api.lineage(slug, columns));
    show(house, trans.__("Lineage: %1", slug), report);
    return;
  }
  const source = await dashboard(house);
  if (source === null) return;
  const { slug } = await api.compile(source);
  const report = await lineageReport(slug, api, (columns) => api.draftLineage(source, columns));
  show(house, trans.__("Lineage: %1", slug), report);
}

async function exported(house: House): Promise<void> {
  const source = await dashboard(house);
  if (source === null) return;
  const { slug, revision } = await house.api.compile(source);
  const published = await house.api.text(slug).catch(absent);
  if (!published) {
    say(
      trans.__(
        "%1 is not published yet. Publish it first; the export is of what is published.",
        slug,
      ),
    );
    return;
  }
  if (published.revision !== revision)
    say(trans.__("The file differs from what is published; the export is of what is published."));
  const anchor = h("a", { href: house.api.exported(slug), download: `${slug}.html` });
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
}

/** The statement or dashboard that a person works on. */
async function current(house: House): Promise<Source | null> {
  const found = ofFile(house) ?? (await ofBoard(house)) ?? ofCell(house);
  if (!found)
    say(trans.__("Choose a *.peter.yaml file, a %1 cell or a dashboard first.", "%%peter_sql"));
  return found;
}

function ofFile(house: House): Source | null {
  const widget = house.app.shell.currentWidget;
  const editor = house.editors.currentWidget;
  if (editor && editor === widget && isDashboardFile(editor.context.path)) {
    return { kind: "dashboard", text: editor.context.model.toString() };
  }
  const preview = house.previews.find((one) => one === widget);
  return preview ? { kind: "dashboard", text: preview.content.draft.text } : null;
}

/** The published dashboard in front. */
function boardHere(house: House): LiveDashboard | null {
  const widget = house.app.shell.currentWidget;
  const board = widget && "content" in widget ? widget.content : null;
  return board instanceof LiveDashboard ? board : null;
}

async function ofBoard(house: House): Promise<Source | null> {
  const board = boardHere(house);
  return board && { kind: "dashboard", text: (await house.api.text(board.slug)).yaml };
}

function ofCell(house: House): Source | null {
  const { notebooks } = house;
  if (!notebooks?.currentWidget || notebooks.currentWidget !== house.app.shell.currentWidget) {
    return null;
  }
  const source = notebooks.activeCell?.model.sharedModel.getSource() ?? "";
  if (isSqlCell(source)) return { kind: "statement", text: cellBody(source) };
  return isYamlCell(source) ? { kind: "dashboard", text: cellBody(source) } : null;
}

async function dashboard(house: House): Promise<string | null> {
  const source = await current(house);
  if (source?.kind === "statement") {
    say(
      trans.__(
        "This works on dashboards: choose a *.peter.yaml file or a %1 cell.",
        "%%peter_dashboard",
      ),
    );
    return null;
  }
  return source?.text ?? null;
}

async function chooseDashboard(house: House): Promise<{ slug: string; title: string } | null> {
  const { dashboards } = await house.api.list();
  if (dashboards.length === 0) {
    await showDialog({
      title: trans.__("Open a dashboard"),
      body: trans.__("Nothing is published yet."),
      buttons: [Dialog.okButton()],
    });
    return null;
  }
  const items = dashboards.map((entry) => entry.title);
  const asked = await InputDialog.getItem({ title: trans.__("Open a dashboard"), items });
  const index = items.indexOf(asked.value ?? "");
  return asked.button.accept ? (dashboards[index] ?? null) : null;
}

/** A report takes the place of the one before it. */
function show(house: House, title: string, report: Report): void {
  const panel = reportPanel(title, report);
  const before = [...house.app.shell.widgets("main")].find(({ id }) => id === panel.id);
  house.app.shell.add(panel, "main", { mode: "tab-after", ...(before && { ref: before.id }) });
  before?.dispose();
  house.app.shell.activateById(panel.id);
}

function say(words: string): void {
  Notification.info(words, { autoClose: 6000 });
}
