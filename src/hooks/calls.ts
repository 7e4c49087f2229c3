// Starts and stops that come while another is at work: each hook lays its call down in a folder of /run and waits for the
// folder's lock. Whoever gets it begins the program, which does all that lies there in one load and leaves an answer for
// each of the others. So 64 guests that start at once begin Node.js a few times, not 64 times.
//
//   NUMBER.DRIVER    a call: the operation, the guest's name, then the domain's XML; NUMBER is the waiting shell
//   NUMBER.answer    the status to end with, then what is said of that guest
import {
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  unlinkSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { maxDomainXml } from '../guests/domain-xml.ts';
import { type Driver, drivers } from '../guests/guest.ts';
import { writeWhole } from '../system/files.ts';
import { otherWriters } from '../system/trust.ts';

/** Of the environment: the file of the call that this process was started for. */
export const callVariable = 'VIRT_SHAPER_CALL';

/** Of the environment: set where the calls of others are to be done too, whose lock the caller has. */
export const leadVariable = 'VIRT_SHAPER_LEAD';

export interface Call {
  file: string;
  driver: Driver;
  name: string;
  operation: 'start' | 'stopped';
  /** The domain's, as libvirt passes it. */
  xml: string;
}

/** Milliseconds after which a call is stale: no process waits for its answer any more. */
const lifetime = 120_000;

/** Bytes of a call that are read: of an XML that is too large, enough to tell. */
const mostOfCall = maxDomainXml + 4096;

/** Characters of XML that one process takes at once. */
const mostTogether = 16 * maxDomainXml;

/** @returns nothing where it is not there, is damaged, or others than root could have written it */
export function readCall(file: string): Call | undefined {
  const [, driver] = /^\d+(?:\.alone)?\.(\w+)$/.exec(basename(file)) ?? [];
  const known = drivers.find((one) => one === driver);
  if (known === undefined || !isOurs(file)) return undefined;
  const [operation, name, ...xml] = readStart(file).split('\n');
  if (name === undefined || (operation !== 'start' && operation !== 'stopped')) return undefined;
  return { file, driver: known, name, operation, xml: xml.join('\n') };
}

/**
 * All that are not answered yet, in the order in which they came: a guest's stop before its next start. What nobody
 * waits for any more is removed. What is too much for one process is left to the next.
 */
export function readWaiting(folder: string): Call[] {
  const files = readdirSync(folder).map((name) => join(folder, name));
  const aged = files.flatMap((file) => {
    const stats = lstatSync(file, { throwIfNoEntry: false });
    return stats && /^\d+\./.test(basename(file)) ? [{ file, since: stats.mtimeMs }] : [];
  });
  // Not by its time alone, since somebody may have set the clock.
  const isOld = ({ file, since }: { file: string; since: number }) =>
    Math.abs(Date.now() - since) > lifetime && !existsSync(`/proc/${Number.parseInt(basename(file), 10)}`);
  for (const { file } of aged.filter(isOld)) rmSync(file, { force: true, recursive: true });
  const isAnswered = (file: string) => files.includes(answerOf(file));
  const waiting = aged.filter((one) => !isOld(one) && !isAnswered(one.file));
  waiting.sort((a, b) => a.since - b.since);
  let size = 0;
  const calls = waiting.flatMap(({ file }) => {
    const call = size < mostTogether ? readCall(file) : undefined;
    size += call?.xml.length ?? 0;
    return call ?? [];
  });
  const [stops, starts] = [calls.filter(isStop), calls.filter((call) => !isStop(call))];
  return [...stops, ...starts];
}

/** No stop follows a start that is not answered yet: libvirt waits for its end. */
function isStop({ operation }: Call): boolean {
  return operation === 'stopped';
}

function readStart(file: string): string {
  try {
    const descriptor = openSync(file, 'r');
    try {
      const bytes = Buffer.alloc(Math.min(fstatSync(descriptor).size, mostOfCall));
      return bytes.toString('utf8', 0, readSync(descriptor, bytes));
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return ''; // Its shell has been killed, or is done.
  }
}

/** The answer is there before the call goes: whoever is killed in between leaves it to be taken. */
export function answer({ file }: Call, status: number, said: string[]): void {
  writeWhole(answerOf(file), [status, ...said, ''].join('\n'), 0o600);
  remove(file);
}

/** A call that its own process answers. */
export function remove(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    rmSync(file, { force: true });
  }
}

function answerOf(file: string): string {
  return file.replace(/\.\w+$/, '.answer');
}

/** A file that nobody else could have written: what is no file could keep its reader waiting. */
function isOurs(file: string): boolean {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  return isClosed(dirname(file)) && stats?.isFile() === true && otherWriters(stats) === undefined;
}

/** A folder of ours that others can write is closed to them; then each call counts by who wrote it. */
function isClosed(folder: string): boolean {
  const stats = lstatSync(folder, { throwIfNoEntry: false });
  if (!stats?.isDirectory() || (stats.uid !== 0 && stats.uid !== process.geteuid?.())) return false;
  if ((stats.mode & 0o022) !== 0) chmodSync(folder, 0o700);
  return true;
}
