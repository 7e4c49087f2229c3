// Runs steps as one tc -batch or ip -batch. Neither is atomic: each stops at the first line that fails, with the lines above
// it in force, and names that line. The batch is a file and not a pipe, so that it runs to its end if virt-shaper is killed,
// under the lock, which tc and ip inherit.
import { join } from 'node:path';
import type { Step } from '../diff/steps.ts';
import { applySetting, readSettings } from '../kernel/settings.ts';
import { openSpool } from '../ledger/spool.ts';
import { keepFormerSettings } from '../store/former-settings.ts';
import { Failure } from '../system/errors.ts';
import type { Outcome } from '../system/exec.ts';
import { writeWhole } from '../system/files.ts';
import type { Site } from './context.ts';
import { isAsking, type Readable, withReadings } from './last-readings.ts';

/** A refused line and its device: the load may be tried again without what concerns that device. */
export class RefusedLine extends Failure {
  /** @param stays key of the object that could not be deleted */
  constructor(
    failure: Failure,
    readonly device: string,
    readonly stays?: string,
  ) {
    super(failure.message, failure.hint, failure.place, failure.code);
  }

  /** The message with its place in front, for use as the reason of an obstacle. */
  get reason(): string {
    const at = this.place?.at;
    return at ? `${at.file}:${at.line}:${at.column}: ${this.message}` : this.message;
  }
}

/**
 * @returns the steps that could not be done because their tap vanished meanwhile; all others are done
 * @throws Failure at the first step that fails for another reason; the steps before it are done
 */
export async function runSteps(site: Site, name: string, steps: Step[]): Promise<Step[]> {
  const lost: Step[] = [];
  let rest = withReadings(steps, site.holds);
  let number = 0;
  while (rest.length > 0) {
    const tool = rest[0]?.tool ?? 'tc';
    const end = rest.findIndex((step) => step.tool !== tool);
    const batch = end < 0 ? rest : rest.slice(0, end);
    number += 1;
    const { failed } =
      tool === 'sysctl'
        ? { failed: applySettings(site.formerSettings, batch) }
        : await runReading(site, `${name}-${number}.${tool}`, tool, batch);
    if (!failed) {
      rest = rest.slice(batch.length);
      continue;
    }
    const { index = 0 } = failed;
    const step = batch[index];
    if (step && isAsking(step)) {
      rest = rest.slice(index + 1); // Its class or device is gone already; the step that deletes it will fail and say so.
      continue;
    }
    const isGone = step !== undefined && isGoneAlready(step, failed.message);
    if (!step || !(isGone || isVanishedTap(step, failed.message))) throw refused(tool, step, failed.message);
    if (!isGone) lost.push(step);
    rest = rest.slice(index + 1);
  }
  return lost;
}

/** Runs a batch. Where it reads byte counts of classes, tc prints these into a file of the ledger's spool. */
async function runReading(
  site: Site,
  name: string,
  tool: 'tc' | 'ip',
  batch: Readable[],
): Promise<{ failed?: FailedLine }> {
  const lines = batch.map(({ line }) => line);
  const questions = batch.flatMap((step) =>
    isAsking(step) && step.question !== 'apart' ? step.question : [],
  );
  if (questions.length === 0) return runBatch(site, name, tool, lines);
  const spooled = openSpool(site.usageSpool, questions);
  let isDone = false;
  try {
    const { failed } = await runBatch(site, name, tool, lines, ['-s'], spooled?.fd);
    isDone = failed === undefined;
    return failed ? { failed } : {};
  } finally {
    spooled?.end(isDone);
  }
}

interface FailedLine {
  /** Index of the line; absent where the tool does not tell it, as in a warning about a line that it has run. */
  index?: number;
  message: string;
}

/** @param options of tc or ip @param stdoutFile file descriptor for its output */
export async function runBatch(
  { run, journal }: Site,
  name: string,
  tool: 'tc' | 'ip',
  lines: string[],
  options: string[] = [],
  stdoutFile?: number,
): Promise<{ stdout: string; failed?: FailedLine }> {
  const file = join(journal, name);
  writeWhole(file, lines.map((line) => `${line}\n`).join(''), 0o600);
  const printed = stdoutFile === undefined ? {} : { stdout: stdoutFile };
  const outcome = await run(tool, [...options, '-batch', file], printed);
  const { status, stdout, stderr } = outcome;
  if (!isRefused(outcome)) return { stdout };
  const line = stderr.match(/Command failed .*:(\d+)/)?.[1];
  const words = stderr
    .replace(/Command failed .*:\d+\s*/, '')
    .replace(/\s*Usage: .*/s, '') // tc prints its usage after some errors.
    .trim()
    .replaceAll('\n', ' ');
  const message = words || `ended with status ${status}`;
  return { stdout, failed: { ...(line ? { index: Number(line) - 1 } : {}), message } };
}

/** Stores the former values before it changes any, so that they are not lost when virt-shaper is killed in between. */
function applySettings(file: string, batch: Readable[]): FailedLine | undefined {
  const names = batch.map(({ line }) => line.split(' = ')[0] ?? '');
  keepFormerSettings(file, readSettings(), names);
  for (const [index, { line }] of batch.entries()) {
    try {
      applySetting(line);
    } catch (error) {
      return { index, message: (error as Error).message };
    }
  }
  return undefined;
}

function isVanishedTap({ object }: Step, message: string): boolean {
  const onTap = object?.kind === 'filter' || object?.kind === 'clsact';
  return onTap && (message.includes('Cannot find device') || message.includes('No such device'));
}

/** Messages of several kernels about a filter that is gone, or the qdisc that it was in. */
const isNotThere = /Invalid handle|No such file or directory|Cannot find specified (?:qdisc|filter)/;

/** Whether the object to delete is gone already: the tap was deleted and made again, for another guest. */
function isGoneAlready({ object, verb }: Step, message: string): boolean {
  const onTap = object?.kind === 'filter' || object?.kind === 'clsact';
  return onTap && verb === 'del' && isNotThere.test(message);
}

function refused(tool: string, step: Step | undefined, message: string): Failure {
  const failure = describeRefusal(tool, step, message);
  const device = step?.object?.device ?? step?.line.match(/^link (?:add name|set dev|del dev) (\S+)/)?.[1];
  const stays = step?.verb === 'del' ? step.object?.key : undefined;
  return device === undefined ? failure : new RefusedLine(failure, device, stays);
}

function describeRefusal(tool: string, step: Step | undefined, message: string): Failure {
  const whose = step?.object?.subject ? `${step.object.subject}: ` : '';
  const isShown = step?.object?.place?.text.includes(step.line);
  const did = step && !isShown ? ` to "${step.line}"` : '';
  return new Failure(`${whose}${tool} refused${did}: ${message}`, undefined, step?.object?.place);
}

/**
 * A warning that counts as failure, although tc ends with status 0: it has changed a quantum that we set explicitly. Other
 * warnings are ignored, since the kernel's state is read back afterwards.
 */
const warnings = /quantum of class \S+ is (?:big|small)/;

/** Whether tc, ip or one of their lines failed. */
function isRefused({ status, stderr }: Outcome): boolean {
  return status !== 0 || /^Command failed /m.test(stderr) || warnings.test(stderr);
}
