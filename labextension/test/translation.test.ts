/// <reference types="vite/types/importMeta.d.ts" />
import { afterEach, describe, expect, it } from "vitest";
import { surface } from "../../peter_core/plan/catalogues/de.json";
import type { Artifact } from "../src/artifact";
import type { Graph } from "../src/lineage/graph";
import { renderLineage } from "../src/lineage/view";
import { age, ago, bytes, dollars, duration } from "../src/format";
import {
  accountMessages,
  historyMessages,
  lineageMessages,
  listMessages,
  messages,
} from "../src/messages";
import { renderDashboard } from "../src/renderer/dashboard";
import { stateBlock } from "../src/renderer/states";
import { type Catalogue, language, speak } from "../src/translation";

const NOW = Date.parse("2026-11-23T03:00:00Z");
const german: Catalogue = { language: "de", words: surface };
const groups = [messages, historyMessages, listMessages, lineageMessages, accountMessages];

afterEach(() => speak(null));

const files = import.meta.glob<{ surface: Catalogue["words"] }>(
  "../../peter_core/plan/catalogues/*.json",
  { eager: true },
);
const catalogues = Object.entries(files).map(([path, file]): Catalogue => {
  const language = path.replace(/^.*\/|\.json$/g, "");
  return { language, words: file.surface };
});

describe.each(catalogues)("the catalogue of $language", (catalogue) => {
  it("has every key and no other", () => {
    const keys = groups.flatMap((group) => Object.keys(group));
    expect(Object.keys(catalogue.words).sort()).toEqual(keys.sort());
  });

  it("fills every place that its English fills, in every form", () => {
    const values = ["<a>", "<b>", "<c>"];
    const said = (): [string, string][] =>
      groups.flatMap((group) =>
        Object.entries(group).flatMap(([key, word]) =>
          typeof word === "function"
            ? [[key, (word as (...all: string[]) => string)(...values)] as [string, string]]
            : [],
        ),
      );
    const english = new Map(said());
    speak(catalogue);
    const told = said();
    expect(told.length).toBeGreaterThan(30);
    for (const [key, text] of told) {
      const places = (of: string): string[] => values.filter((value) => of.includes(value));
      expect([key, places(text)]).toEqual([key, places(english.get(key) ?? "")]);
      expect(text).not.toMatch(/\{\d\}|undefined/);
    }
  });

  it("has the forms of its language's plurals", () => {
    const rules = new Intl.PluralRules(catalogue.language);
    const asked = new Set(Array.from({ length: 200 }, (_, count) => rules.select(count)));
    for (const told of Object.values(catalogue.words)) {
      if (typeof told === "object" && "one" in told) {
        expect(Object.keys(told)).toEqual(expect.arrayContaining([...asked]));
      }
    }
  });
});

describe("the German catalogue", () => {
  it("chooses by number and by kind", () => {
    speak(german);
    expect(messages.checksFailed(1)).toBe("1 Prüfung nicht bestanden");
    expect(messages.checksFailed(2)).toBe("2 Prüfungen nicht bestanden");
    expect(lineageMessages.things("query", 1)).toBe("1 Abfrage");
    expect(lineageMessages.things("table", 3)).toBe("3 Tabellen");
    expect(messages.verdict("could_not_run", "gerade eben")).toContain("nicht ausführbar");
  });

  it("is said from then on, and English again after it", () => {
    const english = messages.viewAsTable;
    speak(german);
    expect([messages.viewAsTable, language()]).toEqual(["Als Tabelle ansehen", "de"]);
    expect(ago("2026-11-23T02:56:00Z", NOW)).toBe("vor 4 Min.");
    // Days that are over stand in another case.
    expect(ago("2026-11-20T03:00:00Z", NOW)).toBe("vor 3 Tagen");
    expect(age("2026-11-20T03:00:00Z", NOW)).toBe("3 Tage");
    expect(stateBlock("empty", null).textContent).toContain("Nichts zu zeigen");
    speak(undefined);
    expect([messages.viewAsTable, language()]).toEqual([english, "en"]);
  });
});

it("a word that a catalogue lacks is said in English", () => {
  speak({ language: "de", words: { close: "Schließen" } });
  expect([messages.close, messages.copy]).toEqual(["Schließen", "Copy"]);
  expect(messages.checksFailed(2)).toBe("2 checks failed");
});

it("what a catalogue says is text, whatever it holds", () => {
  speak({ language: "de", words: { fresh: "{0} {1} {9} $& <b>", constructor: "x" } });
  expect(messages.fresh("$1")).toBe("$1 undefined undefined $& <b>");
});

it("sizes, times and sums stand as the locale writes them", () => {
  expect(bytes(1_240_000_000, "de")).toBe("1,2 GB");
  expect(duration(1400, "de")).toBe("1,4 s");
  expect(dollars("1234.5", "de").replace(/\s/g, " ")).toBe("1.235 $");
});

describe("two languages in one page", () => {
  const board = (words?: Catalogue): Artifact => ({
    format: 1,
    slug: "flights",
    revision: "r",
    title: "Flights",
    description: null,
    owner: null,
    tags: [],
    timezone: "UTC",
    locale: words ? "de" : "en",
    ...(words && { words }),
    filters: [],
    layout: { tabs: [{ title: null, rows: [[{ chart: "a", width: 12, height: null }]] }] },
    charts: {
      a: {
        type: "text",
        title: "Words",
        description: null,
        link: "https://example.com",
        query: null,
        state: "ready",
        view: { kind: "text", blocks: [] },
        summary: null,
        problem: null,
        row_count: 0,
        truncated: false,
        computed_at: null,
        source_updated_at: null,
        freshness: "fresh",
        freshness_reason: null,
        cache_hit: false,
        bytes_scanned: 0,
        receipt: null,
        sql: "SELECT 1",
        tables: [],
      },
    },
    as_of: null,
    source_updated_at: null,
    refreshing: false,
    cache_hit: false,
    bytes_scanned: 0,
    queries: 0,
    queries_cached: 0,
    duration_ms: 0,
  });
  const graph: Graph = {
    nodes: [
      { id: "dashboard:b", kind: "dashboard", name: "b" },
      { id: "chart:b/c", kind: "chart", name: "c" },
    ],
    edges: [{ source: "chart:b/c", target: "dashboard:b", kind: "shows" }],
  };
  const options = { charts: () => Promise.reject(new Error("no chart here")) };
  const place = (): HTMLElement => {
    const root = document.createElement("div");
    document.body.append(root);
    return root;
  };
  const opened = (root: HTMLElement): (string | null)[] => {
    root.querySelector<HTMLElement>("button.menu")?.click();
    return [...root.querySelectorAll("[role=menuitem]")].map((item) => item.textContent);
  };
  const english = ["SQL and provenance", "Open link"];
  const told = ["SQL und Herkunft", "Verweis öffnen"];

  it("a dashboard's menu speaks its own language, whoever was drawn last", () => {
    const [first, second] = [place(), place()];
    renderDashboard(first, board(german), options);
    renderDashboard(second, board(), options);
    expect([first.lang, second.lang]).toEqual(["de", "en"]);
    expect(opened(first)).toEqual(told);
    expect(opened(second)).toEqual(english);
  });

  it("what is said of a dashboard from outside is said in its language", () => {
    const [first, second] = [place(), place()];
    const mine = renderDashboard(first, board(german), options);
    renderDashboard(second, board(), options);
    mine.busy(true);
    expect(first.querySelector(".page > [role=status]")?.textContent).toBe("Wird aktualisiert");
  });

  it("what is made to be printed is made in each one's language", () => {
    const tab = board().layout.tabs;
    const both = (words?: Catalogue): Artifact => ({
      ...board(words),
      layout: { tabs: [...tab, ...tab] },
    });
    const [first, second] = [place(), place()];
    const mine = renderDashboard(first, both(german), options);
    const other = renderDashboard(second, both(), options);
    window.dispatchEvent(new Event("beforeprint"));
    const named = (root: HTMLElement): (string | null)[] =>
      [...root.querySelectorAll("button.menu")].map((item) => item.getAttribute("aria-label"));
    expect(named(first)).toEqual(["Optionen für Words", "Optionen für Words"]);
    expect(named(second)).toEqual(["Options for Words", "Options for Words"]);
    window.dispatchEvent(new Event("afterprint"));
    mine.destroy();
    other.destroy();
  });

  it("one that is gone says nothing any more", () => {
    const [first, second] = [place(), place()];
    renderDashboard(first, board(german), options).destroy();
    renderDashboard(second, board(), options);
    first.click();
    expect(language()).toBe("en");
  });

  it("a lineage has the words it is given, and keeps them", async () => {
    const [first, second] = [place(), place()];
    renderLineage(first, { load: () => Promise.resolve(graph), words: german });
    renderLineage(second, { load: () => Promise.resolve(graph), words: null });
    const said = (root: HTMLElement): string =>
      root.querySelector("[role=status]")?.textContent ?? "";
    await expect.poll(() => said(second)).toBe("1 dashboard, 1 chart");
    expect(said(first)).toBe("1 Dashboard, 1 Diagramm");
    first.querySelector<HTMLElement>(".node.chart")?.click();
    expect(said(first)).toBe("Verbunden mit c: 1 Dashboard");
    second.querySelector<HTMLElement>(".node.chart")?.click();
    expect(said(second)).toBe("Connected with c: 1 dashboard");
    expect(first.querySelector(".lineage")?.getAttribute("lang")).toBe("de");
  });
});
