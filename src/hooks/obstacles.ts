// Finds what would keep libvirt from running our hook: before it is installed, and later for `hooks status` and doctor. A
// hook that cannot be executed fails every start of a guest, and at a restart of libvirt's daemon even kills running
// guests. So no hook is installed that libvirt could not run.
import { existsSync } from 'node:fs';
import type { Paths } from '../store/paths.ts';
import type { Run } from '../system/exec.ts';
import { whyApparmorRefuses } from './apparmor.ts';
import {
  type ExecObstacle,
  type ProcessView,
  viewOf,
  whyNoexec,
  whyNotExecutable,
  whyNotRead,
} from './executable.ts';
import type { HookCommand } from './hook-file.ts';
import type { DriverHooks } from './inspect.ts';
import { whySelinuxRefuses } from './selinux.ts';

/**
 * Looks at the file system as the driver's daemon sees it, when that runs.
 * @param command that the hook runs, where it is known
 * @param hasRun whether a hook of the daemon has started Node.js: then its AppArmor profile allows it, and is not parsed
 */
export async function findObstacles(
  run: Run,
  paths: Paths,
  { driver, daemon, place }: DriverHooks,
  command: HookCommand | undefined,
  hasRun: boolean,
): Promise<ExecObstacle[]> {
  const view = viewOf(daemon?.pid ?? 'self');
  const found = [...findMissing(view, place.path, command)];
  // A new hook gets the SELinux label of the folder.
  const labels = [place.path, paths.libvirtHooks].filter(existsSync);
  const refused = await whySelinuxRefuses(run, paths, { driver, daemon, labels });
  if (refused) found.push(refused);
  const [node] = command?.program ?? [];
  if (node && found.length === 0 && !hasRun) {
    const denied = whyApparmorRefuses({ sys: paths.sys, etc: paths.apparmor }, daemon, node);
    if (denied) found.push(denied);
  }
  return found;
}

function* findMissing(
  view: ProcessView,
  place: string,
  command: HookCommand | undefined,
): Generator<ExecObstacle> {
  const noexec = whyNoexec(place, view);
  if (noexec) yield { why: noexec, todo: [`mount -o remount,exec ${noexec.split(' is mounted')[0]}`] };
  const [node, program] = command?.program ?? [];
  const todo = 'install Node.js and virt-shaper where libvirt can see them, as in /usr';
  for (const why of [
    whyNotExecutable('/bin/sh', view),
    ...(node ? [whyNotExecutable(node, view)] : []),
    ...(program ? [whyNotRead(program, view)] : []),
  ]) {
    if (why) yield { why: `libvirt cannot run what the hook runs: ${why}`, todo: [todo] };
  }
}
