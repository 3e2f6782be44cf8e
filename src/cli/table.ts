// Rows in columns, for a terminal.

/** A column: its head, and on which side its cells stand. */
export interface Column<Row> {
  readonly head: string;
  readonly isNumber?: boolean;
  readonly read: (row: Row) => string;
}

/** One line for each row below a line of heads. A column without any text is left out. */
export function formatColumns<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  const filled = columns
    .map(({head, isNumber, read}) => ({head, isNumber: isNumber === true, cells: rows.map(read)}))
    .filter(({cells}) => cells.some((cell) => cell !== ''));
  const widths = filled.map(({head, cells}) => Math.max(head.length, ...cells.map(({length}) => length)));
  const line = (read: (column: (typeof filled)[number]) => string): string =>
    filled
      .map((column, place) => {
        const width = widths[place] as number;
        return column.isNumber ? read(column).padStart(width) : read(column).padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return [line(({head}) => head), ...rows.map((_, place) => line(({cells}) => cells[place] as string))];
}
