/** What a filter's control is, whatever its kind. */

import type { Filter, FilterValue } from "../artifact";

/** One control: its element, and how a new value from outside gets into it. */
export interface Control {
  element: HTMLElement;
  set: (value: FilterValue, filter: Filter) => void;
}

export interface Context {
  timezone: string;
  locale: string;
  change: (value: FilterValue) => void;
}

/** The label of a filter, its name when it has none. */
export function labelOf(filter: Filter): string {
  return filter.label ?? filter.name;
}
