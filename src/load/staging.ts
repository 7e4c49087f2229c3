// Makes the classes, leaves and filters that no mark leads to yet, by one tc -batch. The batch also reads them back: where
// its parent is missing, tc makes a class a root class without an error. The steps can be undone one by one, without reading
// the kernel.
import { changeStep, removeStep, type Step } from '../diff/steps.ts';
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
  /** Number of steps that were done; undefined while it is not known. */
  private done: number | undefined = 0;

  /** @param former the former state of the objects that are changed */
  constructor(
    private readonly site: Site,
    private readonly steps: Step[],
    private readonly former: State,
  ) {}

  /** @param meanwhile called while tc runs @throws Failure when tc refuses a step, or has made another object */
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

  /**
   * Undoes the steps. Where it is not known which were done, some may stay; the next load that reads the kernel finds them.
   */
  async undo(): Promise<void> {
    // Where it is not known whether our step has made a clsact, it stays: it may be somebody else's.
    const known = this.done !== undefined;
    const back = this.steps
      .slice(0, this.done)
      .reverse()
      .flatMap(({ verb, object }) => {
        if (!object || (object.kind === 'clsact' && !known)) return [];
        if (verb === 'add') return [removeStep(object)];
        const former = this.former.objects.get(object.key);
        return former ? [changeStep(former)] : [];
      });
    const lines = back.map(({ line }) => line);
    if (back.length > 0) await runBatch(this.site, 'undo.batch', 'tc', lines, ['-force']).catch(() => {});
    if (known) clearJournal(this.site.journal);
  }
}

/** tc answers in the order of the questions, and prints nothing for a class that does not exist. */
function findWrongClass(lines: string[], wanted: TcObject[]): TcObject | undefined {
  const answers = lines.filter((line) => line.startsWith('class '));
  return wanted.find((one, index) => {
    const held = fromClassText(one.device, answers[index] ?? '');
    return held?.id !== one.id || held.parent !== one.parent || differingOptions(one, held).length > 0;
  });
}

/** tc prints filters without their device, so those of each mark are counted. */
function findMissingFilter(lines: string[], wanted: TcObject[]): TcObject | undefined {
  const held = fromFilterText('', lines).ours;
  const alike = (one: TcObject) => (other: TcObject) =>
    other.id === one.id && differingOptions(one, other).length === 0;
  return wanted.find((one) => held.filter(alike(one)).length !== wanted.filter(alike(one)).length);
}
