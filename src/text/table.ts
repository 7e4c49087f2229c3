// The tables of all reports. Columns are as wide as their widest cell; a terminal that is too narrow gets fewer of them.
// Widths count columns of the screen and are computed before escape sequences are added.
import { fit, widthOf } from './spans.ts';

export type Tone = 'plain' | 'strong' | 'dim' | 'warning' | 'problem';

export interface Cell {
  text: string;
  tone?: Tone;
}

export interface Column<Row> {
  title: string;
  right?: boolean;
  cell: (row: Row) => Cell | string;
  /** On a narrow terminal the column with the least worth is dropped first; one without worth is never dropped. */
  worth?: number;
  /** When dropping columns is not enough, cells may be cut to this many columns of the screen. */
  least?: number;
}

/** The terminal or file that a table is printed to. */
export interface Screen {
  /** Columns; absent where lines may be of any length. */
  width?: number;
  colours: boolean;
}

const gap = '  ';
/** ASCII and line-drawing characters: one column each, so that no Unicode table is needed to know the width. */
const narrow = /^[\x20-\x7e\u2500-\u259f]*$/;
const codes: Record<Tone, string> = { plain: '', strong: '1', dim: '2', warning: '33', problem: '1;31' };

export function table<Row>(rows: Row[], columns: Column<Row>[], screen: Screen): string {
  const all = columns.map((column): Filled => {
    const head: Cell = { text: column.title, tone: 'strong' };
    const cells = [head, ...rows.map((row) => cellOf(column.cell(row)))].map(measure);
    const width = cells.reduce((most, cell) => Math.max(most, cell.width), 0);
    const { worth, least, right = false } = column;
    return { cells, width, right, worth, least };
  });
  const shown = toFit(all, screen.width ?? Number.POSITIVE_INFINITY);
  let text = '';
  for (let line = 0; line <= rows.length; line += 1) text += `${lineOf(shown, line, screen)}\n`;
  return text;
}

export function paintCell({ text, tone = 'plain' }: Cell, { colours }: Screen): string {
  return colours && codes[tone] !== '' && text !== '' ? `\u001b[${codes[tone]}m${text}\u001b[0m` : text;
}

interface Measured extends Cell {
  /** Columns of the screen. */
  width: number;
}

/** A column with the text of its head and of all its cells. */
interface Filled {
  cells: Measured[];
  width: number;
  right: boolean;
  worth: number | undefined;
  least: number | undefined;
}

function cellOf(cell: Cell | string): Cell {
  return typeof cell === 'string' ? { text: cell } : cell;
}

function measure({ text, tone = 'plain' }: Cell): Measured {
  return { text, tone, width: narrow.test(text) ? text.length : widthOf(text) };
}

function toFit(all: Filled[], width: number): Filled[] {
  let shown = all;
  while (total(shown) > width) {
    const least = Math.min(...shown.map(({ worth }) => worth ?? Number.POSITIVE_INFINITY));
    if (least === Number.POSITIVE_INFINITY) break;
    shown = shown.filter(({ worth }) => worth !== least);
  }
  const over = total(shown) - width;
  if (over <= 0) return shown;
  return shown.map((column) =>
    column.least === undefined ? column : { ...column, width: Math.max(column.least, column.width - over) },
  );
}

function total(columns: Filled[]): number {
  return columns.reduce((sum, { width }) => sum + width + gap.length, -gap.length);
}

/** Joins the cells of a line, without blanks at its end. */
function lineOf(columns: Filled[], line: number, screen: Screen): string {
  let text = '';
  let blanks = 0;
  for (const { cells, width, right } of columns) {
    const cell = cells[line] as Measured;
    const cut = cell.width > width ? measure({ ...cell, text: fit(cell.text, width).trimEnd() }) : cell;
    const left = width - cut.width;
    if (cut.text !== '') {
      text += ' '.repeat(blanks + (right ? left : 0)) + paintCell(cut, screen);
      blanks = right ? 0 : left;
    } else blanks += width;
    blanks += gap.length;
  }
  return text;
}
