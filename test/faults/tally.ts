// What a run counts, and how it says so.
import type { Report } from './run-change.ts';
import { faults } from './wrapper.ts';

interface Row {
  tries: number;
  done: number;
  undone: number;
  killed: number;
  failed: number;
}

const columns = ['tries', 'done', 'undone', 'killed', 'failed'] as const;

const meanings: Record<string, string> = {
  ...faults,
  'first load': 'the program against the three files by hand',
  'no-gap': 'a look after every call and every line of a batch',
  plain: 'no fault',
  kill: 'virt-shaper is killed at a random moment',
  unload: 'the kernel afterwards against the one before',
};

export class Tally {
  private readonly rows = new Map<string, Row>();
  private readonly changed = new Map<string, number>();
  private readonly indexes = new Set<number>();
  private readonly counts = new Map<string, number>();
  readonly failures: Report[] = [];

  add(report: Report): void {
    const row = this.rows.get(report.kind) ?? { tries: 0, done: 0, undone: 0, killed: 0, failed: 0 };
    this.rows.set(report.kind, row);
    row.tries += 1;
    if (report.outcome !== 'strange') row[report.outcome] += 1;
    if (report.problems.length > 0) {
      row.failed += 1;
      this.failures.push(report);
    }
    for (const [name, count] of Object.entries(report.counts ?? {}))
      this.counts.set(name, (this.counts.get(name) ?? 0) + count);
    if (!this.indexes.has(report.index))
      for (const kind of report.change.kinds) this.changed.set(kind, (this.changed.get(kind) ?? 0) + 1);
    this.indexes.add(report.index);
  }

  /** Tries with a fault, or killed. */
  get faults(): number {
    return [...this.rows].reduce(
      (sum, [kind, { tries }]) => (kind in faults || kind === 'kill' ? sum + tries : sum),
      0,
    );
  }

  get kills(): number {
    return this.rows.get('kill')?.killed ?? 0;
  }

  get policyChanges(): number {
    return this.indexes.size;
  }

  table(): string {
    const all: Row = { tries: 0, done: 0, undone: 0, killed: 0, failed: 0 };
    const order = Object.keys(meanings);
    const rows = [...this.rows].sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
    for (const [, row] of rows) for (const column of columns) all[column] += row[column];
    const line = (name: string, row: Row | undefined, meaning: string) =>
      `${name.padEnd(12)}${columns.map((column) => String(row ? row[column] : column).padStart(8)).join('')}  ${meaning}`;
    const kinds = [...this.changed].map(([kind, count]) => `${count} ${kind}`).join(', ');
    const counts = [...this.counts].map(([name, count]) => `${count} ${name}`).join(', ');
    return [
      line('', undefined, ''),
      ...rows.map(([kind, row]) => line(kind, row, meanings[kind] ?? '')),
      line('all', all, ''),
      '',
      `${this.policyChanges} policy changes, each there and back: ${kinds}`,
      `no-gap: ${counts}`,
      `${this.faults} faults, ${this.kills} of them kills at random moments: ${this.failures.length} tries failed`,
    ].join('\n');
  }
}

export function describeFailure(
  { kind, at, outcome, index, change, problems }: Report,
  seed: string,
): string {
  const most = 6;
  const shown = problems.slice(0, most).map((problem) => `    ${problem}`);
  const more = problems.length > most ? [`    and ${problems.length - most} more`] : [];
  return [
    `FAILED ${kind}, ${outcome}: ${at}`,
    `    change ${index} of seed ${seed}: ${change.text}`,
    ...shown,
    ...more,
    `    again: npm run test:faults -- --seed ${seed} --change ${index}`,
  ].join('\n');
}
