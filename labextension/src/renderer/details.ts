/** The dialog behind "SQL and provenance": what a chart asked, of which tables, checked when. */

import type { Artifact, Chart, Receipt } from "../artifact";
import { ago, bytes, moment } from "../format";
import { messages } from "../messages";
import { button, h, uniqueId } from "./dom";
import { icon } from "./icons";

/** Opens the dialog inside `host`; it removes itself when closed. */
export function openDetails(host: HTMLElement, artifact: Artifact, chart: Chart): void {
  const id = uniqueId("details");
  const dialog = h("dialog", { class: "details", "aria-labelledby": id });
  const close = (): void => dialog.close();
  const closer = button(
    { class: "icon", "aria-label": messages.close, title: messages.close },
    close,
    icon("close"),
  );
  dialog.append(
    h("div", { class: "hd" }, h("h2", { id }, chart.title ?? messages.sql), closer),
    h("dl", {}, ...facts(artifact, chart).flatMap(fact)),
  );
  if (chart.sql !== null) dialog.append(sqlBlock(chart.sql));
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) close();
  });
  host.append(dialog);
  dialog.showModal();
}

/** What is known about a chart's origin, as pairs of a name and a text. */
export function facts(artifact: Artifact, chart: Chart): [string, string][] {
  const when = (value: string): string => moment(value, artifact.locale, artifact.timezone);
  const found: [string, string | null][] = [
    [messages.query, chart.query],
    [messages.tables, chart.tables.join(", ") || null],
    [messages.freshness, freshness(chart, when)],
    [
      messages.cost,
      chart.cache_hit ? messages.costCached : bytes(chart.bytes_scanned, artifact.locale),
    ],
    [messages.receipt, receiptText(chart.receipt)],
    ...(chart.failed_checks ?? []).map((check): [string, string] => [
      messages.check(check.check),
      check.detail,
    ]),
  ];
  return found.filter((pair): pair is [string, string] => pair[1] !== null);
}

function freshness(chart: Chart, when: (value: string) => string): string {
  const parts = [
    chart.computed_at && messages.computedAt(when(chart.computed_at)),
    chart.source_updated_at
      ? messages.sourceUpdatedAt(when(chart.source_updated_at))
      : messages.sourceUnknown,
    chart.freshness_reason,
  ];
  return parts.filter(Boolean).join(" · ");
}

/** What a receipt says: verified when, and whether query or data definition changed since. */
export function receiptText(receipt: Receipt | null): string {
  if (receipt === null) return messages.notVerified;
  const at = receipt.verified_at ? ago(receipt.verified_at) : "";
  const when = receipt.verified_by ? messages.verifiedBy(at, receipt.verified_by) : at;
  if (receipt.verdict !== "passed") return messages.verdict(receipt.verdict, when);
  return receipt.matches ? messages.verifiedAndMatches(when) : messages.verifiedAndChanged(when);
}

function fact([name, text]: [string, string]): HTMLElement[] {
  return [h("dt", {}, name), h("dd", {}, text)];
}

function sqlBlock(sql: string): HTMLElement {
  const copy = button({ class: "btn copy" }, () => {
    void navigator.clipboard?.writeText(sql).then(() => {
      copy.textContent = messages.copied;
    });
  });
  copy.textContent = messages.copy;
  return h("div", { class: "sql" }, copy, h("pre", { tabindex: 0 }, h("code", {}, sql)));
}
