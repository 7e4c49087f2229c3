// The queue of calls, for starts and stops that come while another is being done. Each hook writes its call to a folder in
// /run and waits for the folder's lock. The one that gets the lock starts the program, which does all queued calls in one
// load and writes an answer for each of the others. So 64 guests that start at once start Node.js a few times and not 64
// times.
//
//   NUMBER.DRIVER    a call: the operation, the guest's name, then the domain's XML; NUMBER is the pid of the waiting shell
//   NUMBER.answer    the exit status, then the messages about that guest
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

/** Environment variable with the file of the call for which this process was started. */
export const callVariable = 'VIRT_SHAPER_CALL';

/** Environment variable that is set where the caller has the folder's lock, so that queued calls are to be done too. */
export const leadVariable = 'VIRT_SHAPER_LEAD';

export interface Call {
  file: string;
  driver: Driver;
  name: string;
  operation: 'start' | 'stopped';
  /** The domain's XML, as libvirt passes it. */
  xml: string;
}

/** Milliseconds after which a call is stale: no process waits for its answer any more. */
const lifetime = 120_000;

/** Bytes of a call that are read: enough to notice that the XML is too large. */
const mostOfCall = maxDomainXml + 4096;

/** Characters of XML that one process handles at once. */
const mostTogether = 16 * maxDomainXml;

/** @returns undefined where the call is absent or damaged, or others than root could have written it */
export function readCall(file: string): Call | undefined {
  const [, driver] = /^\d+(?:\.alone)?\.(\w+)$/.exec(basename(file)) ?? [];
  const known = drivers.find((one) => one === driver);
  if (known === undefined || !isOurs(file)) return undefined;
  const [operation, name, ...xml] = readStart(file).split('\n');
  if (name === undefined || (operation !== 'start' && operation !== 'stopped')) return undefined;
  return { file, driver: known, name, operation, xml: xml.join('\n') };
}

/**
 * Reads all calls without an answer, in the order in which they came, stops before starts. Deletes stale files, and leaves
 * calls that are too much for one process to the next.
 */
export function readWaiting(folder: string): Call[] {
  const files = readdirSync(folder).map((name) => join(folder, name));
  const aged = files.flatMap((file) => {
    const stats = lstatSync(file, { throwIfNoEntry: false });
    return stats && /^\d+\./.test(basename(file)) ? [{ file, since: stats.mtimeMs }] : [];
  });
  // A file is stale only if its process has ended too, since its time says nothing after somebody has set the clock.
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

/** Stops can be done first: libvirt calls no stop of a guest before its start has been answered. */
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
    return ''; // Its shell was killed, or has ended.
  }
}

/** Writes the answer before it deletes the call, so that the answer is not lost when this process is killed in between. */
export function answer({ file }: Call, status: number, said: string[]): void {
  writeWhole(answerOf(file), [status, ...said, ''].join('\n'), 0o600);
  removeCall(file);
}

/** Deletes a call that needs no answer file, since its own shell has started this process. */
export function removeCall(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    rmSync(file, { force: true });
  }
}

function answerOf(file: string): string {
  return file.replace(/\.\w+$/, '.answer');
}

/** Whether nobody else could have written the file. Only a regular file, since to read a pipe could wait for ever. */
function isOurs(file: string): boolean {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  return isClosed(dirname(file)) && stats?.isFile() === true && otherWriters(stats) === undefined;
}

/**
 * Whether the folder is ours. Where others could write to it, it is closed to them; isOurs then finds what they wrote.
 */
function isClosed(folder: string): boolean {
  const stats = lstatSync(folder, { throwIfNoEntry: false });
  if (!stats?.isDirectory() || (stats.uid !== 0 && stats.uid !== process.geteuid?.())) return false;
  if ((stats.mode & 0o022) !== 0) chmodSync(folder, 0o700);
  return true;
}
