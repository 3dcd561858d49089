/** What the extension itself says: English, or what a language pack of JupyterLab has for it. */

import { type ITranslator, nullTranslator } from "@jupyterlab/translation";

/** The domain of these texts in a language pack. */
export const DOMAIN = "peter";

let bundle = nullTranslator.load(DOMAIN);

/** From now on texts are a translator's; without one they are English. */
export function translate(translator: ITranslator | null): void {
  bundle = (translator ?? nullTranslator).load(DOMAIN);
}

/** As JupyterLab's own packages have it, whose tools find texts by these names. */
export const trans = {
  /** A text; `%1` and so on stand for the values. */
  __: (english: string, ...values: string[]): string => bundle.__(english, ...values),
  /** A text by a number, which is its `%1`. */
  _n: (one: string, other: string, count: number): string => bundle._n(one, other, count, count),
};
