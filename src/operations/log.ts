// What must be heard of a command that nobody watches. libvirt throws away what a hook says unless it fails,
// so it goes to the system's log too; what systemd starts is in its journal already, by stderr.

import { describeError } from '../report/errors.ts';
import { makeRun } from '../system/exec.ts';
import { tame, withPriority } from '../system/speak.ts';
import type { Context } from './context.ts';

/** In one call at the end. Without a logger or a log there is nowhere else to say it. */
export async function withLog<T>(context: Context, work: (heard: Context) => Promise<T>): Promise<T> {
  const lines: string[] = [];
  const warn = (text: string) => {
    lines.push(withPriority('warning', text));
    context.warn(text);
  };
  try {
    return await work({ ...context, warn });
  } catch (error) {
    lines.push(withPriority('error', describeError(error)));
    throw error;
  } finally {
    if (lines.length > 0) await log(lines.map(tame).join('\n'));
  }
}

async function log(text: string): Promise<void> {
  const args = ['--tag', 'virt-shaper', '--priority', 'daemon.warning', '--prio-prefix'];
  await makeRun({ timeout: 5000 })('logger', args, { input: `${text}\n` }).catch(() => {});
}
