// What the suite prints: a row when a scenario has ended, with its figures below, and the totals.

export type Result = 'ok' | 'FAILED' | 'skipped';

export interface Row {
  title: string;
  result: Result;
  seconds: number;
  /** Figures; of a failure what was wrong, of a skip the reason. */
  lines: string[];
}

export function printHeader(): void {
  console.log(`${'scenario'.padEnd(56)} ${'result'.padEnd(8)} seconds`);
  console.log('-'.repeat(73));
}

export function printRow({ title, result, seconds, lines }: Row): void {
  console.log(`${title.padEnd(56)} ${result.padEnd(8)} ${seconds.toFixed(1).padStart(7)}`);
  for (const line of lines.flatMap((text) => text.split('\n'))) console.log(`    ${line}`);
}

export function printTotals(rows: Row[], seconds: number): void {
  const count = (result: Result) => rows.filter((row) => row.result === result).length;
  console.log('-'.repeat(73));
  console.log(
    `${count('ok')} passed, ${count('FAILED')} failed, ${count('skipped')} skipped, ${seconds.toFixed(0)} s`,
  );
}

export function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text} ...\r`);
}
