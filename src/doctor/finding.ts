// A finding: what doctor reports of one thing, with a level, what was seen, and what to do. Checks are pure functions from
// facts to findings; a fact that could not be read is one as well, so a broken part does not hide another.
import { Failure } from '../system/errors.ts';

/** `warning`: it works, but should be looked at. `problem`: something does not work. */
export const levels = ['ok', 'warning', 'problem'] as const;
export type Level = (typeof levels)[number];

export interface Finding {
  /** The check's stable name, for programs that read `--json`. */
  check: string;
  level: Level;
  /** The subject, as shown: a tool, a device, a guest. */
  subject: string;
  /** What was seen. */
  detail: string;
  /** What to do, one step a line. */
  hint?: string;
  /** Details that only `--verbose` and `--json` show. */
  note?: string;
}

export interface Section {
  title: string;
  findings: Finding[];
}

/** A value, or why it could not be read. */
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

/** The finding for a fact that could not be read. */
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
