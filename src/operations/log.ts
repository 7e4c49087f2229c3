// Logs the warnings of unattended commands. libvirt discards the stderr of a hook unless it fails, so they go to syslog too; for
// units of systemd stderr is in the journal already.

import { describeError } from '../report/errors.ts';
import { makeRun } from '../system/exec.ts';
import { isJournal, type Priority, speak, tame, withPriority } from '../system/speak.ts';
import type { Context } from './context.ts';

export interface Said {
  priority: Priority;
  text: string;
}

/** A context that also records its warnings. */
export function hearing(context: Context): { heard: Context; said: Said[] } {
  const said: Said[] = [];
  const warn = (text: string) => {
    said.push({ priority: 'warning', text });
    context.warn(text);
  };
  return { heard: { ...context, warn }, said };
}

/** Runs `work` and logs its warnings with one call of logger at the end. Without a logger they are lost. */
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

/** Announces something once: it is logged even with --quiet, and on whichever terminal it is shown first. */
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
