/** The stylesheet of a renderer that comes without a page of its own. Filled in by the build. */
declare const STYLE: string;

/** Puts the styles into the page once; a renderer of another version brings its own. */
export function ensureStyle(): void {
  const found = document.querySelector<HTMLStyleElement>("style[data-peter]");
  if (found?.textContent === STYLE) return;
  const style = found ?? document.createElement("style");
  style.dataset.peter = "";
  style.textContent = STYLE;
  if (!found) document.head.append(style);
}
