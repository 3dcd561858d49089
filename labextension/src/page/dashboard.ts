/** The dashboard page: filters live in the address, data comes from the server. */

import type { Artifact, FilterValues } from "../artifact";
import { fromQuery, toQuery } from "../filters/query";
import type * as HistoryModule from "../history";
import { Loading, type Manner, NEXT_WAIT } from "../loading";
import { messages } from "../messages";
import { refreshing } from "../partial";
import { type Rendered, renderDashboard } from "../renderer/dashboard";
import { button } from "../renderer/dom";
import type { Action, RenderOptions, ThemeChoice } from "../renderer/options";
import { language, speak } from "../translation";
import { readJson, readMeta } from "./document";
import { fetchArtifact, RequestProblem } from "./fetching";

/** Starts the page in `root`; without a data address it is a kept copy. */
export function startDashboard(
  root: HTMLElement,
  options: Pick<RenderOptions, "charts">,
): Rendered {
  const artifact = readJson("peter-artifact") as Artifact | null;
  const address = readMeta("peter-data");
  // Labels are made below, before the artifact is drawn.
  if (artifact) speak(artifact.words);
  if (artifact) document.title = `${artifact.title} · Peter`;
  if (address === null) return startCopy(root, artifact, options);
  return new Page(root, address, artifact, options).rendered;
}

function startCopy(
  root: HTMLElement,
  artifact: Artifact | null,
  options: Pick<RenderOptions, "charts">,
): Rendered {
  const theme = pictureTheme();
  root.classList.toggle("pt-picture", theme !== null);
  root.classList.toggle("pt-print", location.hash === "#print");
  const rendered = renderDashboard(root, artifact, {
    ...options,
    theme: theme ?? "auto",
    still: true,
    stacked: theme !== null,
    actions: [{ label: messages.print, run: () => void rendered.print() }],
  });
  void rendered.drawn().then(() => sayDrawn(root));
  return rendered;
}

/** Tells whoever takes a picture that all is drawn, and how high it is in pixels. */
function sayDrawn(root: HTMLElement): void {
  const page = document.documentElement.dataset;
  page.height = String(Math.ceil(root.getBoundingClientRect().height));
  page.peter = "drawn";
}

/** The theme a picture is taken in, which the address's fragment says; null for a reader. */
function pictureTheme(): ThemeChoice | null {
  const asked = location.hash.slice(1);
  if (asked === "print") return "light";
  return asked === "light" || asked === "dark" ? asked : null;
}

/** The tab that the address names, counted from 1. */
function openTab(): number {
  return Math.max(1, Number(new URLSearchParams(location.search).get("tab")) | 0);
}

type HistoryScript = typeof HistoryModule;

class Page {
  readonly rendered: Rendered;
  private readonly loading: Loading;
  /** The dashboard's address in the API, for those who may bring an earlier revision back. */
  private readonly board = readMeta("peter-history");

  constructor(
    private readonly root: HTMLElement,
    address: string,
    artifact: Artifact | null,
    options: Pick<RenderOptions, "charts">,
  ) {
    const surface = {
      show: (newer: Artifact) => this.show(newer),
      busy: (on: boolean) => this.rendered.busy(on),
      fail: (error: unknown, retry: () => void) => this.fail(error, retry),
    };
    this.loading = new Loading(
      (asked) => fetchArtifact(address, asked),
      surface,
      artifact,
      openTab(),
    );
    this.rendered = renderDashboard(root, artifact, {
      ...options,
      home: readMeta("peter-list"),
      actions: this.actions(),
      onFilters: (values) => this.change(values),
      onRetry: (chart) => void this.follow([chart]),
      onRefresh: (chart) => void this.loading.renew(chart),
      tab: openTab(),
      onTab: (tab) => this.open(tab),
      ...(this.board && { onHistory: () => void this.openHistory() }),
    });
    window.addEventListener("popstate", () => void this.goBack());
    if (!artifact) void this.load();
    else if (artifact.refreshing) {
      void this.load({ charts: refreshing(artifact.charts), wait: NEXT_WAIT });
    }
  }

  private actions(): Action[] {
    const actions: Action[] = [
      { label: messages.refresh, run: () => void this.loading.refresh(this.query()) },
      { label: messages.print, run: () => void this.print() },
    ];
    const lineage = readMeta("peter-lineage");
    if (lineage) actions.push({ label: messages.lineage, href: lineage });
    const download = readMeta("peter-export");
    if (download) actions.push({ label: messages.downloadHtml, href: download });
    return actions;
  }

  /** Few open it: it is a script of its own. */
  private async openHistory(): Promise<void> {
    const script = readMeta("peter-history-script");
    if (this.board === null || script === null) return;
    try {
      const panel = (await import(new URL(script, document.baseURI).href)) as HistoryScript;
      const { locale = language(), timezone = "UTC", words } = this.loading.artifact ?? {};
      const onRestored = (): void => void this.load();
      panel.openHistory(this.root, this.board, { locale, timezone, onRestored }, words);
    } catch {
      const problem = {
        code: "offline",
        title: messages.historyFailed,
        hint: messages.requestHint,
      };
      this.rendered.fail(problem, () => void this.openHistory());
    }
  }

  private change(values: FilterValues): void {
    this.write(toQuery(this.loading.artifact?.filters ?? [], values));
    void this.follow();
  }

  private open(tab: number): void {
    void this.loading.open(tab);
    this.write(this.query());
  }

  /** Puts filter values and the open tab into the address. */
  private write(query: string): void {
    const { tab } = this.loading;
    const parts = [query, tab > 1 && `tab=${tab}`].filter(Boolean).join("&");
    history.pushState(null, "", parts ? `?${parts}` : location.pathname);
  }

  private async goBack(): Promise<void> {
    const tab = openTab();
    if (tab !== this.loading.tab) this.rendered.setTab((this.loading.tab = tab));
    await this.follow();
  }

  /** Shows what the address says now: asks for the charts it touches, and for those named. */
  private async follow(also: string[] = []): Promise<void> {
    const filters = this.loading.artifact?.filters;
    if (filters) await this.loading.change(fromQuery(filters, location.search), also);
    else await this.load();
  }

  /** Asks for the dashboard at the values of the address, of which only known filters are sent. */
  private async load(manner: Manner = {}): Promise<void> {
    await this.loading.load(this.query(), manner);
  }

  private query(): string {
    const filters = this.loading.artifact?.filters;
    const { search } = location;
    return filters ? toQuery(filters, fromQuery(filters, search)) : search;
  }

  /** On paper stand the tabs that nobody opened, too. */
  private async print(): Promise<void> {
    await this.loading.fill();
    await this.rendered.print();
  }

  private show(artifact: Artifact): void {
    document.title = `${artifact.title} · Peter`;
    this.rendered.update(artifact);
  }

  private fail(error: unknown, retry: () => void): void {
    const known = error instanceof RequestProblem;
    const problem = known ? error.problem : { code: "error", title: messages.requestFailed };
    this.rendered.fail(problem, retry);
    // Without a header, and an earlier revision may be the way out.
    if (this.loading.artifact || this.board === null) return;
    const open = button({ class: "btn" }, () => void this.openHistory(), messages.history);
    this.root.querySelector(".alone .acts")?.append(open);
  }
}
