/** The foot of a dashboard: what it cost and where it comes from. */

import type { Artifact, Chart, Receipt } from "../artifact";
import { bytes, duration, moment } from "../format";
import { messages } from "../messages";
import { h } from "./dom";

/** "6 of 7 queries from cache", "38 MB scanned", …; on paper, where nothing can be asked, moments. */
export function footer(artifact: Artifact): HTMLElement {
  const { as_of, locale, timezone } = artifact;
  const last = lastVerified(artifact);
  return h(
    "footer",
    {},
    ...footerTexts(artifact).map((text) => h("span", {}, text)),
    last && h("span", { class: "paper" }, last),
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

/** When and by whom a chart was verified last; null where none was. */
function lastVerified({ charts, locale, timezone }: Artifact): string | null {
  const stamp = (receipt: Receipt): string => receipt.verified_at ?? "";
  const receipts = passed(Object.values(charts)).map((chart) => chart.receipt as Receipt);
  const [last] = receipts.sort((a, b) => stamp(b).localeCompare(stamp(a)));
  if (!last?.verified_at) return null;
  const when = moment(last.verified_at, locale, timezone);
  return messages.lastVerified(
    last.verified_by ? messages.verifiedBy(when, last.verified_by) : when,
  );
}

function passed(charts: Chart[]): Chart[] {
  return charts.filter((chart) => chart.query !== null && chart.receipt?.verdict === "passed");
}

/** How many charts show what was verified, where anything was. */
function receipts(artifact: Artifact): string {
  const asked = Object.values(artifact.charts).filter((chart) => chart.query !== null);
  const verified = passed(asked);
  if (verified.length === 0) return "";
  const matching = verified.filter((chart) => chart.receipt?.matches);
  return messages.verifiedCharts(matching.length, asked.length);
}
