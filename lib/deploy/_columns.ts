/** Formats tables. Pure. */

/**
 * Aligns the cells of rows in columns, two spaces apart. The last cell of a row may have any length.
 *
 * @returns A line for each row, without a line break.
 */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, { length }] of row.slice(0, -1).entries()) {
      widths[column] = Math.max(widths[column] ?? 0, length);
    }
  }
  return rows.map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd()
  );
}
