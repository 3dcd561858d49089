import { nullTranslator, type ITranslator } from "@jupyterlab/translation";
import { afterEach, expect, it } from "vitest";
import { DOMAIN, trans, translate } from "../src/words";

afterEach(() => translate(null));

it("says English with its values where JupyterLab has no translator", () => {
  translate(null);
  expect(trans.__("%1 of %2 queries passed", "3", "4")).toBe("3 of 4 queries passed");
  expect(trans._n("%1 change", "%1 changes", 1)).toBe("1 change");
  expect(trans._n("%1 change", "%1 changes", 2)).toBe("2 changes");
});

it("keeps the sign of a magic", () => {
  expect(trans.__("a %1 cell", "%%peter_sql")).toBe("a %%peter_sql cell");
});

it("says what a language pack has in the extension's domain", () => {
  const asked: string[] = [];
  const load: ITranslator["load"] = (domain) => {
    asked.push(domain);
    const bundle = nullTranslator.load(domain);
    bundle.__ = () => "Tableaux de bord";
    return bundle;
  };
  translate({ load, languageCode: "fr" });
  expect([trans.__("Dashboards"), ...asked]).toEqual(["Tableaux de bord", DOMAIN]);
});
