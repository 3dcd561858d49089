/** How fresh the shown data is. */

import type { Artifact, Chart } from "../artifact";
import { age, ago, day, moment } from "../format";
import { messages } from "../messages";
import { receiptText } from "./details";
import { h } from "./dom";
import { icon } from "./icons";

/** The badges of a card: data that is not fresh, and checks that its result does not meet. */
export function chartBadges(artifact: Artifact, chart: Chart, still: boolean): HTMLElement[] {
  if (chart.type === "text" || chart.state === "failed" || chart.state === "waiting") return [];
  const badges = [freshnessBadge(artifact, chart, still), checksBadge(chart), receiptMark(chart)];
  return badges.filter((item) => item !== null);
}

/** A quiet check where the query is as it was verified; words where it no longer is. */
function receiptMark(chart: Chart): HTMLElement | null {
  const { receipt } = chart;
  if (receipt === null || receipt.verdict !== "passed") return null;
  const told = receiptText(receipt);
  if (!receipt.matches) return badge(" stale", messages.changedSince, [told, receipt.reason ?? ""]);
  return h(
    "span",
    { class: "verified", role: "img", "aria-label": told, title: told },
    icon("check", 14),
  );
}

/** The badge of the whole: the worst of its charts, with the age of its oldest data. */
export function dashboardBadge(artifact: Artifact, still: boolean): HTMLElement | null {
  const as_of = artifact.as_of;
  if (as_of === null) return null;
  const details = stamps(artifact, { ...artifact, computed_at: as_of });
  if (still) {
    const told = messages.asOf(moment(as_of, artifact.locale, artifact.timezone));
    return badge("", told, details);
  }
  const charts = Object.values(artifact.charts).filter((chart) => chart.type !== "text");
  if (artifact.refreshing) return badge(" stale", messages.refreshingSince(age(as_of)), details);
  if (charts.some((chart) => chart.freshness === "stale")) {
    return badge(" stale", messages.stale(age(as_of)), details);
  }
  if (charts.some((chart) => chart.freshness === "unknown")) {
    return badge("", messages.asOf(ago(as_of)), [messages.unknown, ...details]);
  }
  return badge(" ok", messages.fresh(ago(as_of)), details);
}

function freshnessBadge(artifact: Artifact, chart: Chart, still: boolean): HTMLElement | null {
  const details = [chart.freshness_reason, ...stamps(artifact, chart)];
  if (chart.freshness === "stale") {
    return badge(" stale", staleText(artifact, chart.computed_at, still), details);
  }
  // Where nothing is known of any chart, the header says it once.
  const others = Object.values(artifact.charts);
  const telling =
    chart.freshness === "unknown" && others.some((one) => one.freshness !== "unknown");
  return telling ? badge("", messages.unknown, details) : null;
}

function checksBadge(chart: Chart): HTMLElement | null {
  const failed = chart.failed_checks ?? [];
  if (failed.length === 0) return null;
  const tone = failed.some((check) => check.severity === "error") ? " bad" : " stale";
  const details = failed.map((check) => `${check.check}: ${check.detail}`);
  return badge(tone, messages.checksFailed(failed.length), details);
}

interface Stamped {
  computed_at: string | null;
  source_updated_at: string | null;
}

function stamps(artifact: Artifact, of: Stamped): string[] {
  const when = (value: string): string => moment(value, artifact.locale, artifact.timezone);
  return [
    of.computed_at ? messages.computedAt(when(of.computed_at)) : "",
    of.source_updated_at
      ? messages.sourceUpdatedAt(when(of.source_updated_at))
      : messages.sourceUnknown,
  ].filter((text) => text !== "");
}

function staleText(artifact: Artifact, computed: string | null, still: boolean): string {
  if (computed === null) return messages.staleBare;
  const told = still ? day(computed, artifact.locale, artifact.timezone) : age(computed);
  return messages.stale(told);
}

function badge(tone: string, text: string, details: (string | null)[]): HTMLElement {
  const title = details.filter(Boolean).join("\n");
  return h("span", { class: `badge${tone}`, title }, h("i", { "aria-hidden": "true" }), text);
}
