/** Verifications, in the look of the kernel's own HTML. */

import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { bytes } from "../../src/format";
import { h } from "../../src/renderer/dom";
import type { Verification } from "./models";
import { card, Report, table, usd } from "./report";

export const VERIFICATION_MIME = "application/vnd.peter.verification+json";

const VERDICTS = {
  passed: { words: "passed", tone: "good" },
  failed: { words: "failed", tone: "bad" },
  could_not_run: { words: "could not run", tone: "bad" },
} as const;
const TONES = { error: "bad", warning: "warn", info: "info" } as const;

/** A verification as a card: verdict, what was found, the columns, a sample. */
export function verificationCard(found: Verification, name: string | null = null): HTMLElement {
  const verdict = VERDICTS[found.verdict];
  const pill =
    found.dry_run && found.verdict === "passed"
      ? { words: "would run", tone: "good" as const }
      : verdict;
  return card(
    pill,
    [...(name ? [name] : []), ...statusItems(found)],
    failure(found),
    findings(found),
    columns(found),
    sample(found),
    foot(found),
  );
}

/** Shows the verifications that outputs carry. */
export const verificationFactory: IRenderMime.IRendererFactory = {
  safe: true,
  mimeTypes: [VERIFICATION_MIME],
  // Before the HTML of the same output.
  defaultRank: 40,
  createRenderer: () => new VerificationOutput(),
};

class VerificationOutput extends Report implements IRenderMime.IRenderer {
  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const found = model.data[VERIFICATION_MIME] as unknown as Verification;
    this.node.firstElementChild?.replaceChildren(verificationCard(found));
    return Promise.resolve();
  }
}

function statusItems(found: Verification): string[] {
  const items: string[] = [];
  if (found.row_count !== null && !found.dry_run) {
    const rows = `${found.row_count.toLocaleString("en")} row${found.row_count === 1 ? "" : "s"}`;
    items.push(found.truncated ? `first ${found.sample_rows.length} of ${rows}` : rows);
  }
  const scanned = found.bytes_scanned ?? found.estimated_bytes ?? null;
  if (scanned !== null) items.push(`${bytes(scanned)} of a ${bytes(found.cap_bytes)} cap`);
  items.push(usd(found.cost_usd));
  if (found.cache_hit) items.push("from the cache");
  if (found.duration_ms) items.push(`${(found.duration_ms / 1000).toFixed(2)} s`);
  return items;
}

function failure(found: Verification): HTMLElement | null {
  if (!found.error) return null;
  const hint = found.hint ? h("p", { class: "pt-hint" }, found.hint) : null;
  return h("div", { class: "pt-block" }, h("p", {}, found.error), hint);
}

function findings(found: Verification): HTMLElement | null {
  const checks = found.checks.map((check) => ({
    tone: check.passed ? ("good" as const) : TONES[check.severity as "error" | "warning"],
    word: check.passed ? "met" : "not met",
    text: `${check.check}: ${check.detail}`,
    hint: null,
  }));
  const said = found.findings.map((finding) => ({
    tone: TONES[finding.severity],
    word: finding.severity,
    text: finding.line ? `Line ${finding.line}: ${finding.message}` : finding.message,
    hint: finding.hint ?? null,
  }));
  if (checks.length + said.length === 0) return null;
  const items = [...checks, ...said].map(({ tone, word, text, hint }) =>
    h(
      "li",
      {},
      h("span", { class: `pt-pill pt-${tone}` }, word),
      h("div", {}, text, hint && h("div", { class: "pt-hint" }, hint)),
    ),
  );
  return h("div", { class: "pt-block" }, h("ul", { class: "pt-list" }, ...items));
}

function columns(found: Verification): HTMLElement | null {
  if (found.schema.length === 0) return null;
  const profiles = new Map(found.profile.map((profile) => [profile.name, profile]));
  const rows = found.schema.map(({ name, type }) => {
    const profile = profiles.get(name);
    const stated = (value: unknown): string | null =>
      value === null || value === undefined ? null : text(value);
    return [
      name,
      h("code", {}, type),
      profile ? String(profile.nulls) : null,
      profile ? String(profile.distinct) : null,
      stated(profile?.min),
      stated(profile?.max),
    ];
  });
  const heads = ["Column", "Type", "Nulls", "Distinct", "Min", "Max"];
  return fold(
    `${rows.length} columns`,
    table(heads, rows, "--nnnn"),
    found.sample_rows.length === 0,
  );
}

function sample(found: Verification): HTMLElement | null {
  if (found.sample_rows.length === 0) return null;
  const names = found.schema.map((column) => column.name);
  const numeric = found.schema
    .map(({ type }) => (/INT|FLOAT|NUMERIC/.test(type) ? "n" : "-"))
    .join("");
  const rows = found.sample_rows.map((row) =>
    names.map((name) => (row[name] === null || row[name] === undefined ? null : text(row[name]))),
  );
  return fold(
    rows.length === 1 ? "First row" : `First ${rows.length} rows`,
    table(names, rows, numeric),
    true,
  );
}

function foot(found: Verification): HTMLElement | null {
  if (found.tables.length === 0) return null;
  const names = found.tables.map((one) => h("span", {}, one.id));
  return h("div", { class: "pt-foot" }, ...names);
}

function fold(title: string, content: HTMLElement, open: boolean): HTMLElement {
  return h("details", { open }, h("summary", {}, title), content);
}

/** Numbers with at most six digits that say something; the exact one is in the result itself. */
function text(value: unknown): string {
  if (typeof value === "number" && !Number.isInteger(value))
    return String(Number(value.toPrecision(6)));
  return typeof value === "string" ? value : JSON.stringify(value);
}
