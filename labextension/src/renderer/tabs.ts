/** The pages of a dashboard as a tab list; only the open page is drawn. */

import { messages } from "../messages";
import { button, h, uniqueId } from "./dom";

interface Tabs {
  element: HTMLElement;
  /** The index of the open tab. */
  open: number;
}

/** A tab list after the ARIA pattern: arrows, Home and End move and open at once. */
export function tabList(titles: string[], open: number, onOpen: (index: number) => void): Tabs {
  const id = uniqueId("tab");
  const tabs = titles.map((title, index) =>
    button({ role: "tab", id: `${id}-${index}` }, () => choose(index), title),
  );
  const list = h("div", { class: "tabs", role: "tablist", "aria-label": messages.pages }, ...tabs);
  const element = h("nav", { "aria-label": messages.pages }, list);
  const mark = (chosen: number): void => {
    tabs.forEach((tab, index) => {
      tab.setAttribute("aria-selected", String(index === chosen));
      tab.tabIndex = index === chosen ? 0 : -1;
    });
  };
  const made: Tabs = { element, open };
  const choose = (index: number): void => {
    made.open = index;
    mark(index);
    onOpen(index);
  };
  element.addEventListener("keydown", (event) => {
    const next = { ArrowRight: made.open + 1, ArrowLeft: made.open - 1, Home: 0, End: -1 }[
      event.key
    ];
    if (next === undefined) return;
    event.preventDefault();
    const index = (next + tabs.length) % tabs.length;
    tabs[index]?.focus();
    choose(index);
  });
  mark(open);
  return made;
}
