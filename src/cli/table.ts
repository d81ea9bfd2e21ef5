/** One line of cells, and lines that stand under the last of them. */
export interface Row {
  readonly cells: readonly string[];
  readonly under?: readonly string[];
}

/** Rows with their columns in line, a line break behind each. */
export function tableText(head: readonly string[], rows: readonly Row[]): { head: string; body: string } {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map(({ cells }) => cells[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `${cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()}\n`;
  const indent = widths.slice(0, -1).reduce((sum, width) => sum + width + 2, 0);
  return {
    head: line(head),
    body: rows
      .map(
        ({ cells, under = [] }) =>
          line(cells) + under.map((text) => `${' '.repeat(indent)}${text}\n`).join(''),
      )
      .join(''),
  };
}
