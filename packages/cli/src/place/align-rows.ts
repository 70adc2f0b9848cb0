/**
 * Rows of cells as lines of text.
 *
 * @param isText - All columns to the left; else all but the first, as numbers, to the right.
 */
export function alignRows(rows: readonly (readonly string[])[], isText: boolean = false): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 || isText ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  )
}
