/** The history panel, which a page loads when it is opened. */

export { openHistory } from "./page/history";
