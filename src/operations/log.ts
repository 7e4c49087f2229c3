// What must be heard of a command that nobody watches. libvirt throws away what a hook says unless it fails,
// so it goes to the system's log too; what systemd starts is in its journal already, by stderr.

import { describeError } from '../report/errors.ts';
import { makeRun } from '../system/exec.ts';
import { isJournal, type Priority, speak, tame, withPriority } from '../system/speak.ts';
import type { Context } from './context.ts';

export interface Said {
  priority: Priority;
  text: string;
}

/** A context whose warnings are also kept. */
export function hearing(context: Context): { heard: Context; said: Said[] } {
  const said: Said[] = [];
  const warn = (text: string) => {
    said.push({ priority: 'warning', text });
    context.warn(text);
  };
  return { heard: { ...context, warn }, said };
}

/** In one call at the end. Without a logger or a log there is nowhere else to say it. */
export async function withLog<T>(context: Context, work: (heard: Context) => Promise<T>): Promise<T> {
  const { heard, said } = hearing(context);
  try {
    return await work(heard);
  } catch (error) {
    said.push({ priority: 'error', text: describeError(error) });
    throw error;
  } finally {
    await log(said);
  }
}

/** What is said only once, so that it has to be in the log: also with --quiet, and whoever's terminal has it first. */
export async function notify(context: Context, texts: string[]): Promise<void> {
  const say = isJournal ? (text: string) => speak('notice', text) : context.say;
  for (const text of texts) say(text);
  if (!isJournal) await log(texts.map((text) => ({ priority: 'notice', text })));
}

export async function log(said: Said[]): Promise<void> {
  if (said.length === 0) return;
  const lines = said.map(({ priority, text }) => tame(withPriority(priority, text)));
  const args = ['--tag', 'virt-shaper', '--priority', 'daemon.warning', '--prio-prefix'];
  await makeRun({ timeout: 5000 })('logger', args, { input: `${lines.join('\n')}\n` }).catch(() => {});
}
