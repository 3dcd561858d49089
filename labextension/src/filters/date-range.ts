/** A range of days: presets as segments, and two date inputs behind the range itself. */

import type { Filter, FilterValue } from "../artifact";
import { dayRange } from "../format";
import { messages } from "../messages";
import { button, h } from "../renderer/dom";
import { icon } from "../renderer/icons";
import { popover } from "../renderer/popover";
import { type Context, type Control, labelOf } from "./control";
import { anchor, lastDays, lastYear, periods, PRESET_DAYS } from "./presets";
import { sameValue } from "./query";

interface Preset {
  range: [string, string];
  element: HTMLElement;
}

/** Both days are included; a preset counts back from the default's end, or from today. */
export function dateRange(filter: Filter, context: Context): Control {
  let value: FilterValue = filter.value;
  const end = anchor(filter, context.timezone);
  const text = h("b", {});
  const preset = (range: [string, string], short: string, long: string | null): Preset => {
    const attributes = { "aria-label": long, title: dayRange(...range, context.locale) };
    return { range, element: button(attributes, () => choose(range), short) };
  };
  const presets = [
    ...PRESET_DAYS.map((days) =>
      preset(lastDays(days, end), messages.days(days), messages.lastDays(days)),
    ),
    preset(lastYear(end), messages.twelveMonths, messages.lastTwelveMonths),
  ];
  const show = (): void => {
    const days = Array.isArray(value) ? value : null;
    text.textContent = days
      ? dayRange(days[0] ?? "", days[1] ?? "", context.locale)
      : messages.allTime;
    press(presets, value);
  };
  const choose = (next: FilterValue): void => {
    value = next;
    show();
    context.change(next);
  };
  const face = [icon("calendar", 14), text];
  const range = popover({ class: "range", kind: "dialog" }, face, (panel, close) => {
    panel.setAttribute("aria-label", labelOf(filter));
    const named = Object.entries(periods(end)).map(([name, range]) => {
      const made = preset(range, messages.periods[name as keyof typeof messages.periods], null);
      made.element.addEventListener("click", close);
      return made;
    });
    press(named, value);
    panel.append(
      h("div", { class: "periods" }, ...named.map((one) => one.element)),
      rangeForm(value, (next) => {
        close();
        choose(next);
      }),
    );
  });
  show();
  const segments = presets.map((one) => one.element);
  return {
    element: h(
      "div",
      { class: "seg", role: "group", "aria-label": labelOf(filter) },
      ...segments,
      range.element,
    ),
    set: (next) => {
      value = next;
      show();
    },
  };
}

function press(presets: Preset[], value: FilterValue): void {
  for (const { range, element } of presets) {
    element.setAttribute("aria-pressed", String(sameValue(value, range)));
  }
}

function rangeForm(value: FilterValue, choose: (next: FilterValue) => void): HTMLElement {
  const [from, to] = Array.isArray(value) ? value : ["", ""];
  const start = h("input", { type: "date", value: from ?? "", required: true });
  const last = h("input", { type: "date", value: to ?? "", required: true });
  const whole = button({ class: "btn quiet" }, () => choose(null), messages.allTime);
  const form = h(
    "form",
    { class: "range-form" },
    h("label", {}, h("span", {}, messages.from), start),
    h("label", {}, h("span", {}, messages.to), last),
    h(
      "div",
      { class: "pop-foot" },
      whole,
      h("button", { class: "btn", type: "submit" }, messages.apply),
    ),
  );
  last.addEventListener("input", () => last.setCustomValidity(""));
  start.addEventListener("input", () => last.setCustomValidity(""));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (start.value > last.value) {
      last.setCustomValidity(messages.rangeOrder);
      last.reportValidity();
      return;
    }
    choose([start.value, last.value]);
  });
  return form;
}
