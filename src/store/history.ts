// How many loads there were since boot, how many failed, and how the last one ended: for `metrics` and `doctor`. In /run, so
// that a reboot starts the counts anew.
import { isThere, readJson, writeWhole } from '../system/files.ts';

export interface History {
  version: 1;
  /** Loads that changed something. */
  loads: number;
  /** Loads that failed, whatever they would have changed. */
  failures: number;
  /** When the last load or failure ended, in milliseconds since 1970, and its error. Empty before the first. */
  last: { at?: number; error?: string };
}

const beginning: History = { version: 1, loads: 0, failures: 0, last: {} };

/** A damaged file reads as an empty history, so that no load fails because of it: nothing but its counts is lost. */
export function readHistory(file: string): History {
  try {
    return readWholeHistory(file);
  } catch {
    return beginning;
  }
}

/** As readHistory, but for callers that report a damaged file. @throws Failure when it is damaged */
export function readWholeHistory(file: string): History {
  return readJson(file, beginning);
}

/**
 * Counts a load that has ended. Call it under the lock.
 * @param error its message when the load failed; absent when it succeeded
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

/** Whether a process was killed while it wrote the file: the load of that process is not counted. */
export function isHistoryHalfWritten(file: string): boolean {
  return isThere(`${file}.next`);
}

/** Whether the last load failed. */
export function hasFailed(file: string): boolean {
  return readHistory(file).last.error !== undefined;
}
