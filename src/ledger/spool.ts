// The last counters of classes that are deleted: `tc -batch` prints them before it deletes, into a file in /run for each
// batch. tc writes it itself, so a kill of this process loses nothing. The name is the kernel's monotonic clock; the next
// count (keep.ts) adds them to the ledger.
import { closeSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { parseClassBytes } from '../kernel/tc/counters.ts';
import { separator, splitAnswers } from '../kernel/tc/read.ts';
import { bootId, kernelClock } from '../system/boot.ts';
import { readCache } from '../system/files.ts';
import { makeFolder } from '../system/folders.ts';
import { hasRoom } from '../system/scratch.ts';
import type { ClassReading, LedgerReading } from './count.ts';
import type { LedgerSubject } from './subject.ts';

/** A listing that a batch prints before it deletes something. */
export interface SpoolQuestion {
  device: string;
  /** One class; absent for all of the device's. */
  id?: string;
  /** The fate of a class that `classes` does not name. */
  fate: 'goes' | 'stays';
  /** Whether these bytes pass another tree as well, and are counted there. */
  elsewhere?: true;
  /** Class -> its owner, as far as known, and its fate. */
  classes: Record<string, { subject?: LedgerSubject; fate?: ClassReading['fate'] }>;
}

interface Head {
  boot: string;
  at: number;
  wall: number;
  questions: SpoolQuestion[];
}

/** The batch's lines for it: the second separates its output from the next listing's. */
export function questionLines({ device, id }: SpoolQuestion): string[] {
  return [`class show dev ${device}${id === undefined ? '' : ` classid ${id}`}`, separator];
}

export interface Spooled {
  /** The file descriptor for tc's stdout. */
  fd: number;
  /** @param isDone whether the whole batch was done; false when it may have stopped at some line */
  end: (isDone: boolean) => void;
}

/** In bytes: more than a listing of thousands of classes. */
const room = 2 ** 21;

/** To be called under the lock. @returns nothing when /run is full: then the bytes since the last sync are lost */
export function openSpool(folder: string, questions: SpoolQuestion[]): Spooled | undefined {
  const head: Head = { boot: bootId(), at: kernelClock(), wall: Date.now(), questions };
  const file = join(folder, nameOf(head.at));
  const open = `${file}.open`;
  try {
    makeFolder(folder);
    if (!hasRoom(folder, room)) return undefined;
    const fd = openSync(open, 'ax', 0o600);
    writeSync(fd, `${JSON.stringify(head)}\n`);
    const end = (isDone: boolean) => {
      closeSync(fd);
      if (isDone) renameSync(open, file);
    };
    return { fd, end };
  } catch {
    rmSync(open, { force: true });
    return undefined; // What the limits need goes on.
  }
}

/** Of a fixed length, so that names sort by time. */
function nameOf(at: number): string {
  return String(at).padStart(17, '0');
}

/** To be called under the lock, so that no file is half written. @returns names, the oldest first */
export function listSpool(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^\d{17}(?:\.open)?$/.test(name))
      .sort();
  } catch {
    return [];
  }
}

/** @returns nothing for a file that is gone or damaged */
export function readSpooled(folder: string, name: string): LedgerReading | undefined {
  const text = readCache(join(folder, name));
  const end = text?.indexOf('\n') ?? -1;
  if (text === undefined || end < 0) return undefined;
  try {
    const { boot, at, wall, questions } = JSON.parse(text.slice(0, end)) as Head;
    const isDone = !name.endsWith('.open');
    const classes = answersOf(text.slice(end + 1), questions).flatMap((bytes, index) =>
      countedOf(questions[index] as SpoolQuestion, bytes, isDone),
    );
    const isGone = ({ id, fate }: SpoolQuestion) => isDone && id === undefined && fate === 'goes';
    return { boot, at, wall, classes, whole: questions.filter(isGone).map(({ device }) => device) };
  } catch {
    return undefined;
  }
}

/** The output of each listing; none for one that tc did not reach. */
function answersOf(text: string, questions: SpoolQuestion[]): Map<string, number>[] {
  const parts = splitAnswers(text).map(parseClassBytes);
  const only = ({ id }: SpoolQuestion, part = new Map<string, number>()) => {
    const bytes = id === undefined ? undefined : part.get(id);
    return id === undefined ? part : new Map(bytes === undefined ? [] : [[id, bytes]]);
  };
  // Where lo is down there is no separator, so the outputs of all devices are taken as one.
  const isApart = questions.length === 1 || parts.length > 1;
  if (parts.length - 1 > questions.length) return [];
  return questions.map((question, index) =>
    isApart ? only(question, parts[index]) : question.id === undefined ? new Map() : only(question, parts[0]),
  );
}

/** After a batch that stopped early it is unknown which classes are gone: those that remain go on counting. */
function countedOf(question: SpoolQuestion, passed: Map<string, number>, isDone: boolean): ClassReading[] {
  const { device, elsewhere, classes } = question;
  return Array.from(passed, ([id, bytes]): ClassReading => {
    const { subject, fate = question.fate } = classes[id] ?? {};
    return {
      device,
      id,
      bytes,
      fate: isDone || fate !== 'goes' ? fate : 'stays',
      ...(subject === undefined ? {} : { owner: { subject } }),
      ...(elsewhere ? { elsewhere } : {}),
    };
  });
}

export function dropSpooled(folder: string, names: string[]): void {
  for (const name of names) rmSync(join(folder, name), { force: true });
}
