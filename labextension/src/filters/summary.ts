/** The filters' values in words, for copies that cannot change them. */

import type { Artifact, Filter } from "../artifact";
import { dayRange } from "../format";
import { messages } from "../messages";

/** "Period: 1 – 30 Jun 2013", one a filter that restricts something. */
export function filterLines(artifact: Artifact): string[] {
  return artifact.filters
    .filter((filter) => filter.value !== null)
    .map((filter) => `${filter.label ?? filter.name}: ${valueText(filter, artifact.locale)}`);
}

function valueText(filter: Filter, locale: string): string {
  const { value } = filter;
  if (filter.type === "date_range" && Array.isArray(value)) {
    return dayRange(value[0] ?? "", value[1] ?? "", locale);
  }
  if (typeof value === "boolean") return value ? messages.yes : messages.no;
  const items = Array.isArray(value) ? value : [String(value)];
  return items.map((item) => optionLabel(filter, item)).join(", ");
}

function optionLabel(filter: Filter, value: string): string {
  return filter.options?.find((option) => option.value === value)?.label ?? value;
}
