/** A published dashboard in a panel of its own. */

import { MainAreaWidget } from "@jupyterlab/apputils";
import type { Message } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";
import type { Artifact } from "../../src/artifact";
import { toQuery } from "../../src/filters/query";
import { h } from "../../src/renderer/dom";
import { type Rendered, renderDashboard } from "../../src/renderer/dashboard";
import { type Api, isAborted, PeterError } from "./api";
import { charts } from "./charts";
import { peterIcon } from "./icon";

/** How often a refresh is asked after before the older picture is left as it is. */
const TURNS = 20;

/** The dashboard of a slug, asked for again while its data is computed anew. */
export class LiveDashboard extends Widget {
  private readonly rendered: Rendered;
  private artifact: Artifact | null = null;
  private running: AbortController | null = null;
  private query = "";

  constructor(
    private readonly api: Api,
    readonly slug: string,
  ) {
    super();
    this.addClass("peter-preview");
    this.node.tabIndex = -1;
    const board = h("div", { class: "peter-board" });
    this.node.append(board);
    this.rendered = renderDashboard(board, null, {
      charts,
      onFilters: (values) => {
        this.query = toQuery(this.artifact?.filters ?? [], values);
        void this.load();
      },
      actions: [
        { label: "Refresh", run: () => void this.load(true) },
        { label: "Open as a page", href: api.page(slug) },
        { label: "Download as HTML", href: api.exported(slug) },
      ],
    });
    void this.load();
  }

  override dispose(): void {
    this.running?.abort();
    this.rendered.destroy();
    super.dispose();
  }

  protected override onActivateRequest(_: Message): void {
    this.node.focus();
  }

  private async load(refresh = false): Promise<void> {
    this.running?.abort();
    const running = (this.running = new AbortController());
    this.rendered.busy(true);
    const query = [this.query, refresh && "refresh=true"].filter(Boolean).join("&");
    try {
      await this.poll(query, running.signal);
    } catch (error) {
      if (running.signal.aborted || isAborted(error) || !(error instanceof PeterError)) return;
      const { code, title, detail, hint } = error;
      this.rendered.fail({ code, title, detail, hint }, () => void this.load());
    }
    if (this.running === running) this.rendered.busy(false);
  }

  /** What is stale is shown as it is, and asked for again until it is computed anew. */
  private async poll(query: string, signal: AbortSignal): Promise<void> {
    for (let turn = 0; turn < TURNS; turn += 1) {
      const artifact = await this.api.data(this.slug, query, signal, turn === 0 ? 1 : 25);
      this.artifact = artifact;
      this.title.label = artifact.title;
      this.rendered.update(artifact);
      if (!artifact.refreshing) return;
    }
  }
}

/** The panel of a published dashboard. */
export function livePanel(api: Api, slug: string, title: string): MainAreaWidget<LiveDashboard> {
  const content = new LiveDashboard(api, slug);
  const panel = new MainAreaWidget({ content });
  panel.id = `peter-dashboard-${slug}`;
  content.title.label = title;
  content.title.icon = peterIcon;
  content.title.closable = true;
  content.title.caption = `Dashboard ${slug}`;
  panel.toolbar.hide();
  return panel;
}
