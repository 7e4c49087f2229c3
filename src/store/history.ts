// How the loads since boot ended, for those who watch: metrics and doctor. In /run, gone with a reboot.
import { isThere, readJson, writeWhole } from '../system/files.ts';

export interface History {
  version: 1;
  /** Loads that changed something. */
  loads: number;
  /** Loads that failed, whatever they would have changed. */
  failures: number;
  /** The last of either; milliseconds since 1970. Empty before the first. */
  last: { at?: number; error?: string };
}

const beginning: History = { version: 1, loads: 0, failures: 0, last: {} };

/** One that is damaged counts from the beginning: nothing else depends on it. */
export function readHistory(file: string): History {
  try {
    return readWholeHistory(file);
  } catch {
    return beginning;
  }
}

/** For who wants to know that it is damaged. @throws Failure saying so */
export function readWholeHistory(file: string): History {
  return readJson(file, beginning);
}

/**
 * Call it under the lock.
 * @param error what it failed with, in words; absent when it succeeded
 */
export function noteLoad(file: string, error?: string): void {
  const { loads, failures } = readHistory(file);
  const history: History = {
    version: 1,
    loads: loads + (error === undefined ? 1 : 0),
    failures: failures + (error === undefined ? 0 : 1),
    last: { at: Date.now(), ...(error === undefined ? {} : { error }) },
  };
  writeWhole(file, `${JSON.stringify(history)}\n`);
}

/** Whether whoever wrote it was killed in between: his load is not counted yet. */
export function isHistoryHalfWritten(file: string): boolean {
  return isThere(`${file}.next`);
}

/** Whether the last load failed. */
export function hasFailed(file: string): boolean {
  return readHistory(file).last.error !== undefined;
}
