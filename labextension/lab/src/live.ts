/** A published dashboard in a panel of its own. */

import { MainAreaWidget } from "@jupyterlab/apputils";
import type { Message } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";
import type { Artifact, FilterValues } from "../../src/artifact";
import { filterValues } from "../../src/filters/query";
import { Loading } from "../../src/loading";
import { h } from "../../src/renderer/dom";
import { type Rendered, renderDashboard } from "../../src/renderer/dashboard";
import { type Api, PeterError } from "./api";
import { charts } from "./charts";
import { peterIcon } from "./icon";
import { trans } from "./words";

/** The dashboard of a slug, asked for again while its data is computed anew. */
export class LiveDashboard extends Widget {
  private readonly rendered: Rendered;
  private readonly loading: Loading;

  constructor(
    api: Api,
    readonly slug: string,
  ) {
    super();
    this.addClass("peter-preview");
    this.node.tabIndex = -1;
    const board = h("div", { class: "peter-board" });
    this.node.append(board);
    this.rendered = renderDashboard(board, null, {
      charts,
      onFilters: (values) => void this.loading.change(values),
      onRetry: (chart) => void this.loading.change(this.values(), [chart]),
      onRefresh: (chart) => void this.loading.renew(chart),
      onTab: (tab) => void this.loading.open(tab),
      actions: [
        { label: trans.__("Refresh"), run: () => void this.loading.refresh() },
        { label: trans.__("Open as a page"), href: api.page(slug) },
        { label: trans.__("Download as HTML"), href: api.exported(slug) },
      ],
    });
    const surface = {
      show: (artifact: Artifact) => this.paint(artifact),
      busy: (on: boolean) => this.rendered.busy(on),
      fail: (error: unknown, retry: () => void) => this.fail(error, retry),
    };
    this.loading = new Loading((question) => api.data(slug, question), surface);
    void this.loading.load("");
  }

  override dispose(): void {
    this.loading.stop();
    this.rendered.destroy();
    super.dispose();
  }

  protected override onActivateRequest(_: Message): void {
    this.node.focus();
  }

  /** The filter values that are shown. */
  private values(): FilterValues {
    return filterValues(this.loading.artifact?.filters ?? []);
  }

  private paint(artifact: Artifact): void {
    this.title.label = artifact.title;
    this.rendered.update(artifact);
  }

  private fail(error: unknown, retry: () => void): void {
    if (!(error instanceof PeterError)) throw error;
    const { code, title, detail, hint, foreign } = error;
    this.rendered.fail({ code, title, detail, hint, ...foreign }, retry);
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
  content.title.caption = trans.__("Dashboard %1", slug);
  panel.toolbar.hide();
  return panel;
}
