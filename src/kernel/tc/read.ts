// What tc lists, in as few processes as can be: a start of one takes longer than what it asks of the kernel. tc answers
// many questions in one batch, and each part here says how it knows which answer belongs to which question.
import { Failure } from '../../system/errors.ts';
import type { Run } from '../../system/exec.ts';
import type { TcObject } from '../objects.ts';
import { parseFilters, type TcFilter } from './filter-json.ts';
import { fromFilterJson, fromFilterText } from './filters.ts';
import { fromClassText, parseClassBytes, type Qdisc } from './output.ts';

export interface Filters {
  /** Ours. */
  objects: TcObject[];
  /** Taps on which there are others' as well. */
  shared: Set<string>;
}

/**
 * All qdiscs of the host, and the filters of the taps asked for: in JSON, because filters name no device and only
 * that shows where one answer ends. A tap that went away prints an error instead, and tc says in which line;
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

/** The filters of everybody. Key: `vnet0 egress`; without those of devices that are not there. */
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

/** Where tc's JSON of a kind of filter is broken. */
async function readFilterText(run: Run, tap: string, way: string) {
  const { stdout } = await run('tc', ['filter', 'show', 'dev', tap, way]);
  return fromFilterText(tap, stdout.split('\n'));
}

/** Prints one line, or as many each time, and none of a class; nothing where lo is down. */
export const separator = 'qdisc show dev lo';

/** What tc printed between these lines, and after the last. */
export function splitAnswers(text: string): string[] {
  return text.split(/^qdisc .*\n/m);
}

/** @returns parents before children; nothing of a device that is not there */
export async function readClasses(run: Run, devices: string[]): Promise<TcObject[]> {
  const answers = await askClasses(run, '-d', devices);
  return answers.flatMap(([device, text]) =>
    parentsFirst(text.split('\n').flatMap((line) => fromClassText(device, line) ?? [])),
  );
}

/** What each class has passed: device -> class -> bytes; nothing of a device that is not there. */
export async function readClassBytes(
  run: Run,
  devices: string[],
): Promise<[device: string, bytes: Map<string, number>][]> {
  const answers = await askClasses(run, '-s', devices);
  return answers.map(([device, text]) => [device, parseClassBytes(text)]);
}

/**
 * As text, which is all that iproute2 before 6.2 prints of HTB's classes even where JSON is asked for. They name no
 * device either, so that the answers are kept apart by something else; where that is not to be had, each is asked for
 * by itself.
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

/** @returns with the numbers, from 0, of the lines that failed */
async function ask(run: Run, format: '-j' | '-d' | '-s', lines: string[]) {
  const input = lines.map((line) => `${line}\n`).join('');
  const { status, stdout, stderr } = await run('tc', [format, '-force', '-batch', '-'], { input });
  const failed = new Set([...stderr.matchAll(/Command failed -:(\d+)/g)].map(([, line]) => Number(line) - 1));
  if (status !== 0 && failed.size === 0) {
    throw new Failure(`tc cannot list what the kernel holds: ${stderr.trim()}`);
  }
  return { stdout, stderr, failed };
}

/** A device may go away between two questions. */
function isGone(message: string): boolean {
  return message.includes('Cannot find device') || message.includes('No such device');
}

/** tc lists classes in the order of a hash; made in that order they would lose their parents. */
function parentsFirst(classes: TcObject[]): TcObject[] {
  const byId = new Map(classes.map((object) => [object.id, object]));
  const depth = ({ parent }: TcObject): number => {
    const above = byId.get(parent ?? '');
    return above ? depth(above) + 1 : 0;
  };
  return [...classes].sort((a, b) => depth(a) - depth(b));
}
