// Tables of every report: columns as wide as they have to be, and on a narrow terminal fewer of them. Widths are
// those of the screen, counted before any colour is there.
import { fit, widthOf } from './top/text.ts';

export type Tone = 'plain' | 'strong' | 'dim' | 'warning' | 'problem';

export interface Cell {
  text: string;
  tone?: Tone;
}

export interface Column<Row> {
  title: string;
  right?: boolean;
  cell: (row: Row) => Cell | string;
  /** On a narrow terminal the column with the least goes first; without it stays. */
  worth?: number;
  /** May be cut to this many columns of the screen when that is not enough. */
  least?: number;
}

/** Where it is shown. */
export interface Screen {
  /** In columns; absent where lines may be of any length. */
  width?: number;
  colours: boolean;
}

const gap = '  ';
const codes: Record<Tone, string> = { plain: '', strong: '1', dim: '2', warning: '33', problem: '1;31' };

export function table<Row>(rows: Row[], columns: Column<Row>[], screen: Screen): string {
  const all = columns.map((column) => {
    const cells = rows
      .map((row) => column.cell(row))
      .map((cell) => (typeof cell === 'string' ? { text: cell } : cell));
    return { column, cells, width: widest([{ text: column.title }, ...cells]) };
  });
  const shown = toFit(all, screen.width ?? Number.POSITIVE_INFINITY);
  const head = shown.map(({ column }): Cell => ({ text: column.title, tone: 'strong' }));
  const lines = [head, ...rows.map((_row, at) => shown.map(({ cells }) => cells[at] ?? { text: '' }))];
  return lines
    .map((cells) => `${cells.map((cell, at) => place(cell, shown, at, screen)).join(gap)}\n`)
    .join('');
}

export function paint({ text, tone = 'plain' }: Cell, { colours }: Screen): string {
  return colours && codes[tone] !== '' && text !== '' ? `\u001b[${codes[tone]}m${text}\u001b[0m` : text;
}

interface Placed<Row> {
  column: Column<Row>;
  cells: Cell[];
  width: number;
}

function toFit<Row>(all: Placed<Row>[], width: number): Placed<Row>[] {
  let shown = all;
  while (total(shown) > width) {
    const least = Math.min(...shown.map(({ column }) => column.worth ?? Number.POSITIVE_INFINITY));
    if (least === Number.POSITIVE_INFINITY) break;
    shown = shown.filter(({ column }) => column.worth !== least);
  }
  return shown.map((placed) => {
    const { least } = placed.column;
    const over = total(shown) - width;
    return least === undefined || over <= 0
      ? placed
      : { ...placed, width: Math.max(least, placed.width - over) };
  });
}

function total(placed: { width: number }[]): number {
  return placed.reduce((sum, { width }) => sum + width + gap.length, -gap.length);
}

function widest(cells: Cell[]): number {
  return cells.reduce((most, { text }) => Math.max(most, widthOf(text)), 0);
}

/** Nothing follows the last cell of a line. */
function place<Row>(cell: Cell, shown: Placed<Row>[], at: number, screen: Screen): string {
  const { column, width } = shown[at] as Placed<Row>;
  const text = fit(cell.text, width, column.right ? 'right' : 'left');
  const blanks = text.length - text.trimEnd().length;
  const last = at === shown.length - 1;
  const painted = paint({ ...cell, text: text.trimEnd() }, screen);
  return last ? painted : painted + ' '.repeat(blanks);
}
