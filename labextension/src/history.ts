/** The history panel, which a page loads when it is opened. */

import { type HistoryOptions, openHistory as open } from "./page/history";
import { type Catalogue, speak } from "./translation";

/** Opens the panel in the words of the dashboard that is shown, where there is one. */
export function openHistory(
  host: HTMLElement,
  board: string,
  options: HistoryOptions,
  words?: Catalogue | null,
): void {
  if (words) speak(words);
  open(host, board, options);
}
