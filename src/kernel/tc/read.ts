// Reads the kernel's objects by tc with as few processes as possible: to start a process takes longer than to read the
// objects. tc answers many questions in one batch, and each function here has its own way to tell the answers apart.
import { Failure } from '../../system/errors.ts';
import type { Run } from '../../system/exec.ts';
import type { TcObject } from '../objects.ts';
import { parseClassBytes } from './counters.ts';
import { parseFilters, type TcFilter } from './filter-json.ts';
import { fromFilterJson, fromFilterText } from './filters.ts';
import { fromClassText, type Qdisc } from './output.ts';

export interface Filters {
  /** Our filters. */
  objects: TcObject[];
  /** Taps that also have filters of others. */
  shared: Set<string>;
}

/**
 * Reads all qdiscs of the host, and the filters of `taps`. In JSON, because tc prints filters without their device, and only
 * the brackets show where one answer ends. For a tap that is gone tc prints an error with the number of the line, and with
 * -force goes on.
 */
export async function readQdiscs(run: Run, taps: string[]): Promise<Filters & { qdiscs: Qdisc[] }> {
  const questions = taps.flatMap((tap) => ['egress', 'ingress'].map((way) => ({ tap, way })));
  const lines = ['qdisc show', ...questions.map(({ tap, way }) => `filter show dev ${tap} ${way}`)];
  const { stdout, stderr, failed } = await ask(run, '-j', lines);
  const [first = '[]', ...answers] = stdout.split(/^(?=\[)/m).filter((answer) => answer.startsWith('['));
  const answered = questions.filter((_question, index) => !failed.has(index + 1));
  if (failed.has(0) || answers.length !== answered.length) {
    throw new Failure(`tc cannot list the qdiscs and filters: ${stderr.trim()}`);
  }
  const objects: TcObject[] = [];
  const shared = new Set<string>();
  for (const [index, { tap, way }] of answered.entries()) {
    const filters = fromFilterJson(tap, answers[index] ?? '') ?? (await readFilterText(run, tap, way));
    if (filters.others || (way === 'ingress' && filters.ours.length > 0)) shared.add(tap);
    if (way === 'egress') objects.push(...filters.ours);
  }
  return { qdiscs: JSON.parse(first), objects, shared };
}

/** Reads all filters, of everybody. @returns `vnet0 egress` -> filters; without devices that are gone */
export async function readEveryFilter(run: Run, devices: string[]): Promise<Map<string, TcFilter[]>> {
  const questions = devices.flatMap((device) => [`${device} egress`, `${device} ingress`]);
  if (questions.length === 0) return new Map();
  const lines = questions.map((question) => `filter show dev ${question}`);
  const { stdout, stderr, failed } = await ask(run, '-j', lines);
  const answers = stdout.split(/^(?=\[)/m).filter((answer) => answer.startsWith('['));
  const answered = questions.filter((_question, index) => !failed.has(index));
  if (answers.length !== answered.length) throw new Failure(`tc cannot list the filters: ${stderr.trim()}`);
  return new Map(answered.map((question, index) => [question, parseFilters(answers[index] ?? '')]));
}

/** For kinds of filters whose JSON is broken in some versions of tc. */
async function readFilterText(run: Run, tap: string, way: string) {
  const { stdout } = await run('tc', ['filter', 'show', 'dev', tap, way]);
  return fromFilterText(tap, stdout.split('\n'));
}

/**
 * A question whose answer separates other answers: each time the same number of lines, none of a class. No line where lo is
 * down.
 */
export const separator = 'qdisc show dev lo';

/** Splits tc's output at the answers to `separator`. */
export function splitAnswers(text: string): string[] {
  return text.split(/^qdisc .*\n/m);
}

/** @returns classes, parents before children; none of a device that is gone */
export async function readClasses(run: Run, devices: string[]): Promise<TcObject[]> {
  const answers = await askClasses(run, '-d', devices);
  return answers.flatMap(([device, text]) =>
    parentsFirst(text.split('\n').flatMap((line) => fromClassText(device, line) ?? [])),
  );
}

/** Reads the bytes that each class has passed: device -> class -> bytes; none of a device that is gone. */
export async function readClassBytes(
  run: Run,
  devices: string[],
): Promise<[device: string, bytes: Map<string, number>][]> {
  const answers = await askClasses(run, '-s', devices);
  return answers.map(([device, text]) => [device, parseClassBytes(text)]);
}

/**
 * Reads classes as text, since iproute2 before 6.2 prints HTB's classes as text even with -j. Classes are printed without
 * their device, so another question separates the answers; where that prints nothing, each device takes a process.
 */
async function askClasses(
  run: Run,
  format: '-d' | '-s',
  devices: string[],
): Promise<[device: string, text: string][]> {
  if (devices.length === 0) return [];
  const lines = devices.flatMap((device) => [`class show dev ${device}`, separator]);
  const { stdout, stderr } = await ask(run, format, lines);
  const complaints = stderr.split('\n').filter((line) => !/^(?:Command failed .*)?$/.test(line));
  if (!complaints.every(isGone)) throw new Failure(`tc cannot list the classes: ${stderr.trim()}`);
  const answers = splitAnswers(stdout);
  const each = (answers.length - 1) / devices.length;
  if (devices.length > 1 && (each < 1 || !Number.isInteger(each))) {
    return (await Promise.all(devices.map((device) => askClasses(run, format, [device])))).flat();
  }
  return devices.map((device, index) => [device, answers[index * each] ?? '']);
}

/** @returns `failed` has the indexes of lines that failed */
async function ask(run: Run, format: '-j' | '-d' | '-s', lines: string[]) {
  const input = lines.map((line) => `${line}\n`).join('');
  const { status, stdout, stderr } = await run('tc', [format, '-force', '-batch', '-'], { input });
  const failed = new Set([...stderr.matchAll(/Command failed -:(\d+)/g)].map(([, line]) => Number(line) - 1));
  if (status !== 0 && failed.size === 0) {
    throw new Failure(`tc cannot list what the kernel holds: ${stderr.trim()}`);
  }
  return { stdout, stderr, failed };
}

/** Whether tc's message is about a device that is gone, as may happen between two questions. */
function isGone(message: string): boolean {
  return message.includes('Cannot find device') || message.includes('No such device');
}

/** tc lists classes in the order of a hash table; a class can be made only after its parent. */
function parentsFirst(classes: TcObject[]): TcObject[] {
  const byId = new Map(classes.map((object) => [object.id, object]));
  const depth = ({ parent }: TcObject): number => {
    const above = byId.get(parent ?? '');
    return above ? depth(above) + 1 : 0;
  };
  return [...classes].sort((a, b) => depth(a) - depth(b));
}
