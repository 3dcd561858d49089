/** Column-major data as the rows Vega reads. */

import type { Data, Scalar } from "../artifact";

export type Row = Record<string, Scalar>;

/** One object a row; it has no prototype, so a column may have any name. */
export function toRows(data: Data): Row[] {
  const length = Math.max(0, ...data.values.map((column) => column.length));
  const rows: Row[] = [];
  for (let index = 0; index < length; index += 1) {
    const row = Object.create(null) as Row;
    data.columns.forEach((column, position) => {
      row[column.name] = data.values[position]?.[index] ?? null;
    });
    rows.push(row);
  }
  return rows;
}
