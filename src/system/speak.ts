// How the program speaks to people: lines on stderr. Under systemd that is the journal, which takes the priority
// of a line from its beginning (sd-daemon(3)); on a terminal a line that is not worth keeping gives way to the next.
import { fstatSync } from 'node:fs';
import { printable } from './printable.ts';

/** Of syslog(3). */
const priorities = { error: 3, warning: 4, notice: 5, info: 6, debug: 7 } as const;
export type Priority = keyof typeof priorities;

const stderr = 2;

/** systemd says in JOURNAL_STREAM which open file leads to the journal, so that a redirected one is known. */
export const isJournal = (() => {
  try {
    const { dev, ino } = fstatSync(stderr);
    return process.env.JOURNAL_STREAM === `${dev}:${ino}`;
  } catch {
    return false; // stderr is closed.
  }
})();

let shown = false;
let isGuarded = false;

/**
 * Node.js 18 throws, out of the midst of whoever writes to a full disk, what later ones report as the stream's error.
 * @param fail is told of it
 */
export function guard(stream: NodeJS.WriteStream, fail: (error: NodeJS.ErrnoException) => void): void {
  const write = stream._write;
  stream._write = (chunk, encoding, done) => {
    try {
      write.call(stream, chunk, encoding, done);
    } catch (error) {
      done(error as Error);
    }
  };
  stream.on('error', fail);
}

/**
 * A closed one must not abort a running load: a guest's start may wait for it. Which also waits for the stream to be made,
 * so it is when something is said: mostly nothing is.
 */
export function guardedStderr(): NodeJS.WriteStream {
  if (!isGuarded) guard(process.stderr, () => {});
  isGuarded = true;
  return process.stderr;
}

/** @param text one or more lines, without a newline at the end */
export function speak(priority: Priority, text: string): void {
  clearProgress();
  const shown = tame(text);
  guardedStderr().write(`${isJournal ? withPriority(priority, shown) : shown}\n`);
}

/** Whatever a guest has put into a message, it drives no terminal and no log. */
export function tame(text: string): string {
  return printable(text, '\n\t');
}

/** Each line with its priority in front, as the journal and `logger --prio-prefix` take it. */
export function withPriority(priority: Priority, text: string): string {
  return text.replace(/^/gm, `<${priorities[priority]}>`);
}

/** What is going on, on a terminal only: the next line takes its place. */
export function showProgress(text: string): void {
  if (!guardedStderr().isTTY) return;
  guardedStderr().write(`\r\x1b[K${text}`);
  shown = true;
}

export function clearProgress(): void {
  if (shown) guardedStderr().write('\r\x1b[K');
  shown = false;
}
