// What doctor says of one thing: a level, the thing, what was seen, and what to do. Checks are pure functions
// from facts to these; what could not be read is a fact too, so that one broken part hides no other.
import { Failure } from '../system/errors.ts';

/** `warning`: it works, but look at it. `problem`: something that is meant to work does not. */
export const levels = ['ok', 'warning', 'problem'] as const;
export type Level = (typeof levels)[number];

export interface Finding {
  /** Which check it is, for programs; does not change from version to version. */
  check: string;
  level: Level;
  /** What it is about, as shown: a tool, a device, a guest. */
  subject: string;
  /** What was seen. */
  detail: string;
  /** What to do; each line by itself. */
  hint?: string;
  /** More for who wants to know. */
  note?: string;
}

export interface Section {
  title: string;
  findings: Finding[];
}

/** A value, or why it could not be had. */
export type Attempt<T> = { value: T } | { failed: string; hint?: string };

export async function attempt<T>(work: () => T | Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    const { message } = error as Error;
    return { failed: message, ...(error instanceof Failure && error.hint ? { hint: error.hint } : {}) };
  }
}

export function had<T>(attempted: Attempt<T> | undefined): T | undefined {
  return attempted && 'value' in attempted ? attempted.value : undefined;
}

/** What could not be read, as a finding. */
export function unread(
  check: string,
  subject: string,
  attempted: { failed: string; hint?: string },
): Finding {
  const { failed, hint } = attempted;
  const [detail = failed] = failed.split('\n');
  return { check, level: 'problem', subject, detail, ...(hint ? { hint } : {}) };
}

export function worst(findings: Finding[]): Level {
  return levels.findLast((level) => findings.some((finding) => finding.level === level)) ?? 'ok';
}
