/** The texts of cells: which magic holds them, and what stands below it. */

/** Whether a cell holds a statement. */
export function isSqlCell(source: string): boolean {
  return /^\s*%%peter_sql\b/.test(source);
}

/** Whether a cell holds a dashboard. */
export function isYamlCell(source: string): boolean {
  return /^\s*%%peter_dashboard\b/.test(source);
}

/** The statement of a cell, where it begins, and the parameters that its first line gives. */
export function cellSql(source: string): { sql: string; start: number; parameters: string[] } {
  const end = source.indexOf("\n");
  const start = end < 0 ? source.length : end + 1;
  const head = source.slice(0, start);
  const given = head.matchAll(/(?:--param|-p)[\s=]+([A-Za-z_]\w*)\s*[=:]/g);
  return { sql: source.slice(start), start, parameters: [...given].map((match) => match[1] ?? "") };
}

/** What stands below the magic of a cell. */
export function cellBody(source: string): string {
  return cellSql(source).sql;
}
