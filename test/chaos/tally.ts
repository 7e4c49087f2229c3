// What a run counts, and how it says so.
import type { Count } from './judge.ts';
import type { Step } from './run.ts';

type Row = Record<Count | 'actions', number>;

const columns = ['actions', 'lie', 'cut off', 'not healed'] as const;

export class Tally {
  private readonly rows = new Map<string, Row>();
  private readonly seeds = new Set<string>();
  readonly failures: Step[] = [];

  add(step: Step): void {
    const row = this.rows.get(step.kind) ?? { actions: 0, lie: 0, 'cut off': 0, 'not healed': 0 };
    this.rows.set(step.kind, row);
    row.actions += 1;
    for (const { count } of step.problems) row[count] += 1;
    this.seeds.add(step.seed);
    if (step.problems.length > 0) this.failures.push(step);
  }

  private sum(column: keyof Row): number {
    return [...this.rows.values()].reduce((sum, row) => sum + row[column], 0);
  }

  get actions(): number {
    return this.sum('actions');
  }

  summary(): string {
    const [actions, lies, cutOff, notHealed] = columns.map((column) => this.sum(column));
    return `${actions} actions, ${this.seeds.size} seeds: ${lies} lies, ${cutOff} cut off, ${notHealed} not healed`;
  }

  table(): string {
    const line = (kind: string, cells: (string | number)[]) =>
      `${kind.padEnd(46)}${cells.map((cell) => String(cell).padStart(11)).join('')}`;
    return [
      line('', [...columns]),
      ...[...this.rows].sort().map(([kind, row]) =>
        line(
          kind,
          columns.map((column) => row[column]),
        ),
      ),
      line(
        `${this.rows.size} kinds`,
        columns.map((column) => this.sum(column)),
      ),
    ].join('\n');
  }

  describe({ seed, index, kind, history, problems }: Step): string {
    const shown = problems.slice(0, 12).map(({ count, moment, text }) => `    ${count}, ${moment}: ${text}`);
    const more = problems.length > 12 ? [`    and ${problems.length - 12} more`] : [];
    return [
      `FAILED seed ${seed}, step ${index}: ${kind}`,
      ...history.map((line) => `    ${line}`),
      ...shown,
      ...more,
    ].join('\n');
  }
}
