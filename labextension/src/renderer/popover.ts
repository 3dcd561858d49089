/** A panel under a button: opens on click, closes on Escape, on a click elsewhere or on leaving. */

import { button, type Child, h, uniqueId } from "./dom";

interface Panel {
  /** The button and its panel, in a positioned wrapper. */
  element: HTMLElement;
  trigger: HTMLButtonElement;
  panel: HTMLElement;
  close: () => void;
}

/** A popover whose content is made anew each time it opens. */
export function popover(
  trigger: { class: string; label?: string; kind: "menu" | "dialog" },
  face: Child[],
  fill: (panel: HTMLElement, close: () => void) => void,
): Panel {
  const id = uniqueId("panel");
  const panel = h("div", { class: "pop", id, hidden: true, role: trigger.kind });
  const control = button(
    {
      class: trigger.class,
      "aria-haspopup": trigger.kind,
      "aria-expanded": "false",
      "aria-controls": id,
      "aria-label": trigger.label,
      title: trigger.label,
    },
    () => (panel.hidden ? open() : close()),
    ...face,
  );
  const element = h("div", { class: "pop-host" }, control, panel);

  const outside = (event: Event): void => {
    if (!event.composedPath().includes(element)) close(false);
  };
  const keys = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || panel.hidden) return;
    event.stopPropagation();
    close();
  };
  const open = (): void => {
    panel.replaceChildren();
    fill(panel, close);
    if (trigger.label) panel.setAttribute("aria-label", trigger.label);
    panel.hidden = false;
    control.setAttribute("aria-expanded", "true");
    keepInside(panel, element);
    document.addEventListener("pointerdown", outside, true);
    panel.querySelector<HTMLElement>("button, input, select, a")?.focus();
  };
  const close = (refocus = true): void => {
    if (panel.hidden) return;
    panel.hidden = true;
    control.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside, true);
    if (refocus) control.focus();
  };
  element.addEventListener("keydown", keys);
  element.addEventListener("focusout", (event) => {
    const next = event.relatedTarget;
    if (next instanceof Node && !element.contains(next)) close(false);
  });
  return { element, trigger: control, panel, close };
}

/** An entry of a menu. */
export interface MenuItem {
  label: string;
  run?: () => void;
  href?: string;
}

/** A popover that is a menu: arrow keys, Home and End move, Enter chooses. */
export function menu(
  trigger: { class: string; label?: string },
  face: Child[],
  items: () => MenuItem[],
): Panel {
  const made = popover({ ...trigger, kind: "menu" }, face, (panel, close) => {
    for (const item of items()) panel.append(menuEntry(item, close));
  });
  made.panel.classList.add("menu-list");
  made.panel.addEventListener("keydown", (event) => moveFocus(event, made.panel));
  return made;
}

function menuEntry(item: MenuItem, close: () => void): HTMLElement {
  if (item.href) {
    const target = {
      href: item.href,
      role: "menuitem",
      target: "_blank",
      rel: "noopener noreferrer",
    };
    const anchor = h("a", target, item.label);
    anchor.addEventListener("click", () => close());
    return anchor;
  }
  const choose = (): void => {
    close();
    item.run?.();
  };
  return button({ role: "menuitem" }, choose, item.label);
}

function moveFocus(event: KeyboardEvent, panel: HTMLElement): void {
  const entries = [...panel.querySelectorAll<HTMLElement>("[role=menuitem]")];
  const at = entries.indexOf(event.target as HTMLElement);
  const steps: Record<string, number> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    Home: 0,
    End: entries.length - 1,
  };
  const next = steps[event.key];
  if (next === undefined) return;
  event.preventDefault();
  entries.at(next % entries.length)?.focus();
}

/** Moves a panel that would leave its dashboard back to the other edge of its button. */
function keepInside(panel: HTMLElement, host: HTMLElement): void {
  panel.classList.remove("to-left");
  const bounds = (host.closest(".pt") ?? document.body).getBoundingClientRect();
  const box = panel.getBoundingClientRect();
  if (box.right > bounds.right - 8) panel.classList.add("to-left");
}
