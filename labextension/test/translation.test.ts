import { afterEach, describe, expect, it } from "vitest";
import { surface } from "../../peter_core/plan/catalogues/de.json";
import { age, ago, bytes, dollars, duration } from "../src/format";
import {
  accountMessages,
  historyMessages,
  lineageMessages,
  listMessages,
  messages,
} from "../src/messages";
import { stateBlock } from "../src/renderer/states";
import { type Catalogue, language, speak } from "../src/translation";

const NOW = Date.parse("2026-11-23T03:00:00Z");
const german: Catalogue = { language: "de", words: surface };
const groups = [messages, historyMessages, listMessages, lineageMessages, accountMessages];

afterEach(() => speak(null));

describe("the German catalogue", () => {
  it("has every key and no other", () => {
    const keys = groups.flatMap((group) => Object.keys(group));
    expect(Object.keys(surface).sort()).toEqual(keys.sort());
  });

  it("fills every place that its English fills", () => {
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
    speak(german);
    const told = said();
    expect(told.length).toBeGreaterThan(30);
    for (const [key, text] of told) {
      const places = (of: string): string[] => values.filter((value) => of.includes(value));
      expect([key, places(text)]).toEqual([key, places(english.get(key) ?? "")]);
      expect(text).not.toMatch(/\{\d\}|undefined/);
    }
  });

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
