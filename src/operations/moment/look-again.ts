// Where something is to change before the next minute's sync, systemd is asked to look at that moment: a timer that runs
// once and starts the sync like anybody who has seen something change. Nothing depends on it: without systemd, or where
// it refuses, the minute's look is the one that counts.

import { nextLook } from '../../policy/next-look.ts';
import { makeRun, type Run } from '../../system/exec.ts';
import { isThere } from '../../system/files.ts';
import type { Context } from '../context.ts';
import type { Generated } from '../generate.ts';

/** Seconds: the timer's, and the least between two looks, since what is left of a volume may become less and less. */
const usual = 60;
const least = 5;

/** @param generated what was loaded just now */
export async function lookAgain(
  { paths, detail }: Context,
  { inputs, policy }: Pick<Generated, 'inputs' | 'policy'>,
  run: Run = makeRun({ timeout: 5000 }),
): Promise<void> {
  const next = nextLook(inputs.config, policy, inputs.moment);
  const seconds = next === undefined ? usual : Math.max(least, Math.ceil((next - Date.now()) / 1000));
  if (seconds >= usual || !isThere(paths.systemd)) return;
  // One for each second: another process may have asked for the same.
  const unit = `virt-shaper-look-${Math.round(Date.now() / 1000) + seconds}`;
  const timer = [`--unit=${unit}`, `--on-active=${seconds}`, '--timer-property=AccuracySec=100ms'];
  const what = ['--description=Bandwidth of guests changes now', 'touch', paths.syncWanted];
  try {
    const { status, stderr } = await run('systemd-run', ['--quiet', '--collect', ...timer, ...what]);
    detail(
      status === 0 ? `in ${seconds} s sync looks again` : `sync looks within a minute: ${stderr.trim()}`,
    );
  } catch (error) {
    detail(`sync looks within a minute: ${(error as Error).message}`);
  }
}
