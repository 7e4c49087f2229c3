// Tables of Markdown that several runs fill: a row for each job, a column for each place where it runs. What a run has
// to say comes in, what others have said before stays.

export interface Table {
  columns: string[];
  /** Row -> column -> cell. */
  rows: Map<string, Map<string, string>>;
}

/** @param text of a page; what is no line of a table is passed over */
export function parseTable(text: string): Table {
  const lines = text.split('\n').filter((line) => line.startsWith('|') && !/^\| *-/.test(line));
  const [head, ...others] = lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  const columns = (head ?? []).slice(1);
  return { columns, rows: new Map(others.map(([row = '', ...cells]) => [row, named(columns, cells)])) };
}

/** @param cells of each row, in the order of the columns */
export function makeTable(columns: string[], rows: [string, string[]][]): Table {
  return { columns, rows: new Map(rows.map(([row, cells]) => [row, named(columns, cells)])) };
}

function named(columns: string[], cells: string[]): Map<string, string> {
  return new Map(columns.map((column, index) => [column, cells[index] ?? '']));
}

/** @returns what is in either; where both have a cell, the newer one's unless it is empty */
export function mergeTables(older: Table, newer: Table): Table {
  const rows = new Map<string, Map<string, string>>();
  for (const { rows: some } of [older, newer]) {
    for (const [row, cells] of some) {
      const said = [...cells].filter(([, cell]) => cell !== '');
      rows.set(row, new Map([...(rows.get(row) ?? []), ...said]));
    }
  }
  return { columns: [...new Set([...older.columns, ...newer.columns])], rows };
}

/** @param first rows that come first, and `last` those that come last; all others are between them, by name */
export function tableText({ columns, rows }: Table, first: string[], last: string[] = []): string {
  const others = [...rows.keys()].filter((row) => !first.includes(row) && !last.includes(row)).sort();
  const lineOf = (head: string, cells: string[]) => `| ${[head, ...cells].join(' | ')} |\n`;
  const rowsText = [...first, ...others, ...last].flatMap((row) => {
    const cells = rows.get(row);
    return cells
      ? lineOf(
          row,
          columns.map((column) => cells.get(column) ?? ''),
        )
      : [];
  });
  const rule = lineOf(
    '---',
    columns.map(() => '---'),
  );
  return [lineOf('', columns), rule, ...rowsText].join('');
}
