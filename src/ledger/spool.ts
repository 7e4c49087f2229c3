// What classes had passed when they went away, as the tc that took them out has printed it: a file in /run for each batch,
// which tc writes itself, so that nothing of it is lost when we are killed meanwhile. Their names are the kernel's clock.
// They are counted in the ledger when there is time for it (keep.ts).
import { closeSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { parseClassBytes } from '../kernel/tc/output.ts';
import { separator, splitAnswers } from '../kernel/tc/read.ts';
import { bootId, kernelClock } from '../system/boot.ts';
import { readCache } from '../system/files.ts';
import { makeFolder } from '../system/folders.ts';
import { hasRoom } from '../system/scratch.ts';
import type { Counted, Reading } from './count.ts';
import type { Subject } from './subject.ts';

/** What tc is asked in a batch before it takes something out. */
export interface Question {
  device: string;
  /** One class; absent: all of the device's. */
  id?: string;
  /** What becomes of a class of which `classes` does not say it. */
  fate: 'goes' | 'stays';
  /** What they have passed by now passes another tree too, where it counts. */
  elsewhere?: true;
  /** Class -> whose it is, as far as it is known, and what becomes of it. */
  classes: Record<string, { subject?: Subject; fate?: Counted['fate'] }>;
}

interface Head {
  boot: string;
  at: number;
  wall: number;
  questions: Question[];
}

/** The lines that ask it: the second keeps its answer apart from the next. */
export function linesOf({ device, id }: Question): string[] {
  return [`class show dev ${device}${id === undefined ? '' : ` classid ${id}`}`, separator];
}

export interface Spooled {
  /** For tc's stdout. */
  fd: number;
  /** @param isDone whether all of the batch was done, or some of it may not have been */
  end: (isDone: boolean) => void;
}

/** Bytes: more than one listing of thousands of classes. */
const room = 2 ** 21;

/** Call it under the lock. @returns nothing where /run has no room: then what was passed since the last sync is lost */
export function openSpool(folder: string, questions: Question[]): Spooled | undefined {
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

/** As long for every time, so that they are in its order. */
function nameOf(at: number): string {
  return String(at).padStart(17, '0');
}

/** Call it under the lock: what it lists is written to its end. @returns names, the oldest first */
export function listSpool(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^\d{17}(?:\.open)?$/.test(name))
      .sort();
  } catch {
    return [];
  }
}

/** @returns nothing for what is not there any more, or is damaged */
export function readSpooled(folder: string, name: string): Reading | undefined {
  const text = readCache(join(folder, name));
  const end = text?.indexOf('\n') ?? -1;
  if (text === undefined || end < 0) return undefined;
  try {
    const { boot, at, wall, questions } = JSON.parse(text.slice(0, end)) as Head;
    const isDone = !name.endsWith('.open');
    const classes = answersOf(text.slice(end + 1), questions).flatMap((bytes, index) =>
      countedOf(questions[index] as Question, bytes, isDone),
    );
    const isGone = ({ id, fate }: Question) => isDone && id === undefined && fate === 'goes';
    return { boot, at, wall, classes, whole: questions.filter(isGone).map(({ device }) => device) };
  } catch {
    return undefined;
  }
}

/** Of each question; one that tc did not come to has none. */
function answersOf(text: string, questions: Question[]): Map<string, number>[] {
  const parts = splitAnswers(text).map(parseClassBytes);
  const only = ({ id }: Question, part = new Map<string, number>()) => {
    const bytes = id === undefined ? undefined : part.get(id);
    return id === undefined ? part : new Map(bytes === undefined ? [] : [[id, bytes]]);
  };
  // Where lo is down nothing is between them: then those of all devices are one.
  const isApart = questions.length === 1 || parts.length > 1;
  if (parts.length - 1 > questions.length) return [];
  return questions.map((question, index) =>
    isApart ? only(question, parts[index]) : question.id === undefined ? new Map() : only(question, parts[0]),
  );
}

/** Of a batch that was broken off nobody knows what went: what is still there goes on counting. */
function countedOf(question: Question, passed: Map<string, number>, isDone: boolean): Counted[] {
  const { device, elsewhere, classes } = question;
  return Array.from(passed, ([id, bytes]): Counted => {
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
