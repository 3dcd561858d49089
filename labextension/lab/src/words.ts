/** What the extension itself says: English, or what a language pack of JupyterLab has for it. */

import { type ITranslator, nullTranslator } from "@jupyterlab/translation";
import { type Catalogue, surround } from "../../src/translation";

/** The domain of these texts in a language pack. */
export const DOMAIN = "peter";

/** The words of what is shared with pages and notebooks, as JSON, stand in the pack under this. */
const SHARED = "surface";

let bundle = nullTranslator.load(DOMAIN);
let jupyterLab = nullTranslator.load("jupyterlab");
let tag = "en";
let shared: Catalogue | null = null;

/** From now on texts are a translator's; without one they are English. */
export function translate(translator: ITranslator | null): void {
  const found = translator ?? nullTranslator;
  bundle = found.load(DOMAIN);
  jupyterLab = found.load("jupyterlab");
  tag = known(found.languageCode);
  shared = read(bundle._p(DOMAIN, SHARED));
  surround(shared);
}

/** The language of JupyterLab as a BCP 47 tag, whether there are words of ours in it or not. */
export function languageTag(): string {
  return tag;
}

/** What the renderer says outside of dashboards; null for English. */
export function sharedWords(): Catalogue | null {
  return shared;
}

/** A name that is JupyterLab's own, as it says it itself. */
export function ofJupyterLab(english: string): string {
  return jupyterLab.__(english);
}

/** As JupyterLab's own packages have it, whose tools find texts by these names. */
export const trans = {
  /** A text; `%1` and so on stand for the values. */
  __: (english: string, ...values: string[]): string => bundle.__(english, ...values),
  /** A text by a number, which is its `%1`, and its `%2` as the language writes it. */
  _n: (one: string, other: string, count: number): string =>
    bundle._n(one, other, count, count.toLocaleString(tag)),
};

/** JupyterLab names a language as its packs do; what is no BCP 47 tag would stop every format. */
function known(code: string): string {
  try {
    return Intl.getCanonicalLocales(code.replaceAll("_", "-"))[0] ?? "en";
  } catch {
    return "en";
  }
}

/** A bundle without the text answers with what it was asked for; a debugging one puts signs before. */
function read(told: string): Catalogue | null {
  const start = told.indexOf("{");
  return start < 0 ? null : (JSON.parse(told.slice(start)) as Catalogue);
}
