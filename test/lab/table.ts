// What the demo prints: one table on stdout that grows row by row and fits 80 columns, and on stderr a line
// that says what is being measured, rewritten in place on a terminal.

export interface Row {
  what: string;
  /** What the configuration says, e.g. '30 mbit'. */
  configured: string;
  /** Bits of payload per second, unless `unit` says something else. */
  expected: number;
  received: number;
  unit?: 'ms';
  /** What `received / expected` may be. */
  least: number;
  most: number;
}

const widths = [32, 10, 9, 9, 6, 7];

export function isMet({ expected, received, least, most }: Row): boolean {
  const ratio = received / expected;
  return ratio >= least && ratio <= most;
}

export function printHeader(): void {
  printLine(lineOf(['mbit/s of payload', 'configured', 'expected', 'received', 'ratio', 'ok']));
  console.log('-'.repeat(widths.reduce((sum, width) => sum + width + 1, -1)));
}

export function printSection(text: string): void {
  clearProgress();
  console.log(`${text}:`);
}

/** @param again the row was out of tolerance before and is now measured for the second time */
export function printRow(row: Row, again: boolean): void {
  printLine(rowText(row, again));
}

export function rowText(row: Row, again: boolean): string {
  const { what, configured, expected, received, unit } = row;
  const figure = (value: number) => (unit === 'ms' ? value : value / 1e6).toFixed(2);
  const verdict = !isMet(row) ? 'NO' : again ? '2nd try' : 'yes';
  const ratio = (received / expected).toFixed(3);
  return lineOf([`  ${what}`, configured, figure(expected), figure(received), ratio, verdict]);
}

function lineOf(cells: string[]): string {
  const last = cells.length - 1;
  const line = cells.map((cell, i) => {
    const width = widths[i] ?? 0;
    return i === 0 || i === last ? cell.padEnd(width) : cell.padStart(width);
  });
  return line.join(' ').trimEnd();
}

function printLine(line: string): void {
  clearProgress();
  console.log(line);
}

export function showProgress(text: string): void {
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text} ...` : `${text}\n`);
}

export function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
}
