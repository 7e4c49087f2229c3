// The classes, queues and filters that nothing leads to yet, by one tc -batch that also answers what became of them: tc
// makes a class below a parent that is not there without a word, so its answers say where it is. What was done can be
// taken back, line by line, without reading the kernel.
import { change, remove, type Step } from '../diff/steps.ts';
import type { State, TcObject } from '../kernel/objects.ts';
import { fromFilterText } from '../kernel/tc/filters.ts';
import { fromClassText } from '../kernel/tc/output.ts';
import { tcLine } from '../kernel/tc/print.ts';
import { differingOptions } from '../kernel/tc/values.ts';
import { clearJournal } from '../store/journal.ts';
import { Failure } from '../system/errors.ts';
import { runBatch } from './batch.ts';
import type { Site } from './context.ts';

export class Staging {
  /** Steps that were done; undefined where nobody knows. */
  private done: number | undefined = 0;

  /** @param former the objects that are changed, as they were */
  constructor(
    private readonly site: Site,
    private readonly steps: Step[],
    private readonly former: State,
  ) {}

  /** @param meanwhile done while tc works @throws Failure when tc refuses a step, or has made something else of it */
  async run<T>(meanwhile: () => T): Promise<T> {
    const tc = this.steps.length === 0 ? Promise.resolve() : this.stage();
    try {
      return meanwhile();
    } finally {
      await tc;
    }
  }

  private async stage(): Promise<void> {
    const made = this.steps.flatMap(({ verb, object }) => (verb === 'add' && object ? [object] : []));
    const [classes, filters] = ['class', 'filter'].map((kind) => made.filter((one) => one.kind === kind));
    const taps = new Set(filters?.map(({ device }) => device));
    const questions = [
      ...(classes ?? []).map(({ device, id }) => `class show dev ${device} classid ${id}`),
      ...[...taps].map((tap) => `filter show dev ${tap} egress`),
    ];
    const lines = [...this.steps.map(({ line }) => line), ...questions];
    this.done = undefined;
    const { stdout, failed } = await runBatch(this.site, 'stage.tc', 'tc', lines, ['-d']);
    this.done = Math.min(this.steps.length, failed?.index ?? this.steps.length);
    if (failed) throw new Failure(`tc refused: ${failed.message}`);
    const answers = stdout.split('\n');
    const wrong = findWrongClass(answers, classes ?? []) ?? findMissingFilter(answers, filters ?? []);
    if (wrong) throw new Failure(`tc made something else of "${tcLine('add', wrong)}"`);
  }

  /** As far as it is known what was done; what stays is found by the load that reads the kernel next. */
  async undo(): Promise<void> {
    // An empty clsact may be somebody else's, so it stays where it is not known to be ours.
    const known = this.done !== undefined;
    const back = this.steps
      .slice(0, this.done)
      .reverse()
      .flatMap(({ verb, object }) => {
        if (!object || (object.kind === 'clsact' && !known)) return [];
        if (verb === 'add') return [remove(object)];
        const former = this.former.objects.get(object.key);
        return former ? [change(former)] : [];
      });
    const lines = back.map(({ line }) => line);
    if (back.length > 0) await runBatch(this.site, 'undo.batch', 'tc', lines, ['-force']).catch(() => {});
    if (known) clearJournal(this.site.journal);
  }
}

/** tc answers in the order of the questions, and nothing where there is no such class. */
function findWrongClass(lines: string[], wanted: TcObject[]): TcObject | undefined {
  const answers = lines.filter((line) => line.startsWith('class '));
  return wanted.find((one, index) => {
    const held = fromClassText(one.device, answers[index] ?? '');
    return held?.id !== one.id || held.parent !== one.parent || differingOptions(one, held).length > 0;
  });
}

/** Filters do not say on which device they are, so those of one mark are counted. */
function findMissingFilter(lines: string[], wanted: TcObject[]): TcObject | undefined {
  const held = fromFilterText('', lines).ours;
  const alike = (one: TcObject) => (other: TcObject) =>
    other.id === one.id && differingOptions(one, other).length === 0;
  return wanted.find((one) => held.filter(alike(one)).length !== wanted.filter(alike(one)).length);
}
