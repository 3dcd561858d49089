/** The foot of a dashboard: what it cost and where it comes from. */

import type { Artifact } from "../artifact";
import { bytes, duration, moment } from "../format";
import { messages } from "../messages";
import { h } from "./dom";

/** "6 of 7 queries from cache", "38 MB scanned", …; on paper, where ages mean nothing, the moment too. */
export function footer(artifact: Artifact): HTMLElement {
  const { as_of, locale, timezone } = artifact;
  return h(
    "footer",
    {},
    ...footerTexts(artifact).map((text) => h("span", {}, text)),
    as_of && h("span", { class: "paper" }, messages.asOf(moment(as_of, locale, timezone))),
  );
}

/** The texts of the foot, in order. */
export function footerTexts(artifact: Artifact): string[] {
  const file = `${artifact.slug}.peter.yaml`;
  return [
    artifact.queries > 0 ? messages.fromCache(artifact.queries_cached, artifact.queries) : "",
    messages.scanned(bytes(artifact.bytes_scanned, artifact.locale)),
    messages.loadedIn(duration(artifact.duration_ms, artifact.locale)),
    artifact.revision ? `${file} @ ${artifact.revision.slice(0, 7)}` : file,
    artifact.timezone,
    receipts(artifact),
  ].filter((text) => text !== "");
}

/** How many charts show what was verified, where anything was. */
function receipts(artifact: Artifact): string {
  const asked = Object.values(artifact.charts).filter((chart) => chart.query !== null);
  const verified = asked.filter((chart) => chart.receipt?.verdict === "passed");
  if (verified.length === 0) return "";
  const matching = verified.filter((chart) => chart.receipt?.matches);
  return messages.verifiedCharts(matching.length, asked.length);
}
