/** Verifications, in the look of the kernel's own HTML. */

import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { h } from "../../src/renderer/dom";
import type { Verification } from "./models";
import { card, Report, size, table, usd } from "./report";
import { languageTag, trans } from "./words";

export const VERIFICATION_MIME = "application/vnd.peter.verification+json";

/** What a kernel says of it, which does not know who reads. */
const ENGLISH = { error_lang: "en", hint_lang: "en", checks_lang: "en" };
const TONES = { error: "bad", warning: "warn", info: "info" } as const;

/** A verification as a card: verdict, what was found, the columns, a sample. */
export function verificationCard(found: Verification, name: string | null = null): HTMLElement {
  return card(
    { words: verdict(found), tone: found.verdict === "passed" ? "good" : "bad" },
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
    this.node.firstElementChild?.replaceChildren(verificationCard({ ...found, ...ENGLISH }));
    return Promise.resolve();
  }
}

function verdict(found: Verification): string {
  if (found.verdict === "failed") return trans.__("failed");
  if (found.verdict === "could_not_run") return trans.__("could not run");
  return found.dry_run ? trans.__("would run") : trans.__("passed");
}

function statusItems(found: Verification): string[] {
  const items: string[] = [];
  if (found.row_count !== null && !found.dry_run) {
    const rows = whole(found.row_count);
    const kept = whole(found.sample_rows.length);
    items.push(
      found.truncated
        ? trans.__("first %1 of %2 rows", kept, rows)
        : trans._n("%2 row", "%2 rows", found.row_count),
    );
  }
  const scanned = found.bytes_scanned ?? found.estimated_bytes ?? null;
  if (scanned !== null)
    items.push(trans.__("%1 of a %2 cap", size(scanned), size(found.cap_bytes)));
  items.push(usd(found.cost_usd));
  if (found.cache_hit) items.push(trans.__("from the cache"));
  if (found.duration_ms) items.push(`${seconds(found.duration_ms)} s`);
  return items;
}

function failure(found: Verification): HTMLElement | null {
  if (!found.error) return null;
  const { error, error_lang, hint, hint_lang } = found;
  const below = hint ? h("p", { class: "pt-hint", lang: hint_lang }, hint) : null;
  return h("div", { class: "pt-block" }, h("p", { lang: error_lang }, error), below);
}

function findings(found: Verification): HTMLElement | null {
  const checks = found.checks.map((check) => ({
    tone: check.passed ? ("good" as const) : TONES[check.severity as "error" | "warning"],
    word: check.passed ? trans.__("met") : trans.__("not met"),
    text: trans.__("%1: %2", check.check, check.detail),
    hint: null,
    lang: found.checks_lang,
  }));
  const said = found.findings.map((finding) => ({
    tone: TONES[finding.severity],
    word: severity(finding.severity),
    text: finding.line ? `Line ${finding.line}: ${finding.message}` : finding.message,
    hint: finding.hint ?? null,
    // Said of SQL, to its author.
    lang: "en",
  }));
  if (checks.length + said.length === 0) return null;
  const items = [...checks, ...said].map(({ tone, word, text, hint, lang }) =>
    h(
      "li",
      {},
      h("span", { class: `pt-pill pt-${tone}` }, word),
      h("div", { lang }, text, hint && h("div", { class: "pt-hint" }, hint)),
    ),
  );
  return h("div", { class: "pt-block" }, h("ul", { class: "pt-list" }, ...items));
}

function severity(of: "error" | "warning" | "info"): string {
  if (of === "error") return trans.__("error");
  return of === "warning" ? trans.__("warning") : trans.__("info");
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
      profile ? whole(profile.nulls) : null,
      profile ? whole(profile.distinct) : null,
      stated(profile?.min),
      stated(profile?.max),
    ];
  });
  const heads = [
    trans.__("Column"),
    trans.__("Type"),
    trans.__("Nulls"),
    trans.__("Distinct"),
    trans.__("Min"),
    trans.__("Max"),
  ];
  return fold(
    trans._n("%1 column", "%1 columns", rows.length),
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
    trans._n("First row", "First %1 rows", rows.length),
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

function whole(count: number): string {
  return count.toLocaleString(languageTag());
}

function seconds(milliseconds: number): string {
  const digits = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  return (milliseconds / 1000).toLocaleString(languageTag(), digits);
}

/** Numbers with at most six digits that say something; the exact one is in the result itself. */
function text(value: unknown): string {
  if (typeof value === "number" && !Number.isInteger(value))
    return String(Number(value.toPrecision(6)));
  return typeof value === "string" ? value : JSON.stringify(value);
}
