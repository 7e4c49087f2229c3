// Schedules an extra sync where a value changes before the next minute's one: a transient timer of systemd, which requests a sync
// through its path unit. Best effort: without systemd, or where it fails, the change takes effect with the next minute's sync.

import { nextLook } from '../../policy/next-look.ts';
import { makeRun, type Run } from '../../system/exec.ts';
import { isThere } from '../../system/files.ts';
import type { Context } from '../context.ts';
import type { Generated } from '../generate.ts';

/** Seconds between regular syncs, and the minimum between extra ones: the estimated end of a volume comes closer with each look. */
const usual = 60;
const least = 5;

/** @param generated the rendering that was just loaded */
export async function lookAgain(
  { paths, detail }: Context,
  { inputs, policy }: Pick<Generated, 'inputs' | 'policy'>,
  run: Run = makeRun({ timeout: 5000 }),
): Promise<void> {
  const next = nextLook(inputs.config, policy, inputs.moment);
  const seconds = next === undefined ? usual : Math.max(least, Math.ceil((next - Date.now()) / 1000));
  if (seconds >= usual || !isThere(paths.systemd)) return;
  // The name contains the second, so that another process's request for the same moment is not made twice.
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
