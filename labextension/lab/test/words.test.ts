import { nullTranslator, TranslationManager, type ITranslator } from "@jupyterlab/translation";
import { afterEach, describe, expect, it } from "vitest";
import { messages } from "../../src/messages";
import { language } from "../../src/translation";
import { template } from "../src/template";
import { DOMAIN, languageTag, ofJupyterLab, sharedWords, trans, translate } from "../src/words";

const SHARED = "peter\u0004surface";
const WORDS = { language: "de", words: { close: "Schließen" } };
const PACK = {
  "": { domain: DOMAIN, language: "de-DE", plural_forms: "nplurals=2; plural=(n != 1);" },
  Dashboards: ["Übersichten"],
  "%1 change": ["%1 Änderung", "%1 Änderungen"],
  "%2 row": ["%2 Zeile", "%2 Zeilen"],
  [SHARED]: [JSON.stringify(WORDS)],
};

/** JupyterLab's own translator in a language, of which a server has these packs. */
async function spoken(locale: string, packs: object, prefix = ""): Promise<ITranslator> {
  const connector = { fetch: () => Promise.resolve({ data: packs, message: "" }) };
  type Connector = ConstructorParameters<typeof TranslationManager>[3];
  const manager = new TranslationManager("", prefix, undefined, connector as unknown as Connector);
  await manager.fetch(locale);
  return manager;
}

afterEach(() => translate(null));

it("says English with its values where JupyterLab has no translator", () => {
  translate(null);
  expect(trans.__("%1 of %2 queries passed", "3", "4")).toBe("3 of 4 queries passed");
  expect(trans._n("%1 change", "%1 changes", 1)).toBe("1 change");
  expect(trans._n("%2 row", "%2 rows", 2000)).toBe("2,000 rows");
  expect([languageTag(), sharedWords(), language()]).toEqual(["en", null, "en"]);
});

it("keeps the sign of a magic", () => {
  expect(trans.__("a %1 cell", "%%peter_sql")).toBe("a %%peter_sql cell");
});

describe("in another language", () => {
  it("says what the extension's own domain has, and what is shared with pages", async () => {
    translate(await spoken("de_DE", { peter: PACK, jupyterlab: { ...PACK, Other: ["Andere"] } }));
    expect(trans.__("Dashboards")).toBe("Übersichten");
    expect(trans._n("%1 change", "%1 changes", 2)).toBe("2 Änderungen");
    expect(trans._n("%2 row", "%2 rows", 2000)).toBe("2.000 Zeilen");
    expect([languageTag(), ofJupyterLab("Other")]).toEqual(["de-DE", "Andere"]);
    expect(sharedWords()).toEqual(WORDS);
    expect([language(), messages.close, messages.copy]).toEqual(["de", "Schließen", "Copy"]);
  });

  it("says English where there is no pack of ours, with the numbers of the language", async () => {
    translate(await spoken("it_IT", {}));
    expect(trans.__("Dashboards")).toBe("Dashboards");
    expect([languageTag(), sharedWords(), language()]).toEqual(["it-IT", null, "en"]);
    expect(trans._n("%2 row", "%2 rows", 20000)).toBe("20.000 rows");
  });

  it("reads what is shared behind the signs that show what is translated", async () => {
    translate(await spoken("de_DE", { peter: PACK }, "!!"));
    expect(trans.__("Dashboards")).toBe("!!Übersichten");
    expect(sharedWords()).toEqual(WORDS);
  });

  it("formats as English does where a language's name cannot be read", () => {
    translate({ load: nullTranslator.load.bind(nullTranslator), languageCode: "???" });
    expect(languageTag()).toBe("en");
  });

  it("begins a dashboard in that language", async () => {
    expect(template("a", "A")).not.toContain("locale:");
    translate(await spoken("de_DE", { peter: { ...PACK, Orders: ["Bestellungen"] } }));
    expect(template("a", "A")).toContain("\nlocale: de-DE\n");
    expect(template("a", "A")).toContain('title: "Bestellungen"');
  });
});
