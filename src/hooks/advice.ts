// Advice: what an administrator has to do until libvirt calls our hooks. Pure: computed from what look.ts has read.
import { basename } from 'node:path';
import { label } from '../text/label.ts';
import type { ExecObstacle } from './executable.ts';
import { shellQuote } from './hook-file.ts';
import type { DriverHooks } from './inspect.ts';

export interface Surroundings {
  /** Whether systemd is the host's init. */
  systemd: boolean;
  /**
   * Daemon -> its last reload, as far as that is known, in milliseconds since 1970. At a reload it looks for hooks again.
   */
  told: Map<string, number>;
}

/**
 * Whether the daemon calls our hook. It calls a driver's hooks only if there was at least one when it last looked; a call of
 * our hook proves it.
 * @returns undefined when no daemon runs: it will look when it starts
 */
export function isNoticed(hooks: DriverHooks, { told }: Surroundings): boolean | undefined {
  const { daemon, called, place, others } = hooks;
  if (!daemon) return undefined;
  const looked = Math.max(daemon.since, told.get(daemon.name) ?? 0);
  if (called !== undefined && called >= daemon.since) return true;
  const files = [...(place.executable ? [place] : []), ...others];
  return files.some(({ since }) => since <= looked);
}

/** Milliseconds within which one "hooks install" writes the files of all drivers. */
const installing = 10_000;

/**
 * Infers reloads that systemd does not know of. Where a hook was called although its driver had none when the daemon
 * started, the daemon was reloaded since, and then it has looked for the hooks of all its drivers.
 * @param told the reloads that systemd knows of
 */
export function provenLooks(all: DriverHooks[], told: Map<string, number>): Map<string, number> {
  const looks = new Map(told);
  for (const { daemon, called, place, others } of all) {
    if (!daemon || called === undefined || called < daemon.since) continue;
    const first = Math.min(...[...(place.executable ? [place] : []), ...others].map(({ since }) => since));
    if (first > daemon.since) {
      looks.set(daemon.name, Math.max(looks.get(daemon.name) ?? 0, Math.min(first + installing, called)));
    }
  }
  return looks;
}

/** @param wanted the text that "hooks install" would write now; absent where it would refuse */
export function adviseDriver(
  hooks: DriverHooks & { obstacles: ExecObstacle[] },
  wanted: string | undefined,
  around: Surroundings,
): string[] {
  const { place, former, others, obstacles } = hooks;
  const backups = others.filter(({ path }) => isBackup(path));
  const before = obstacles.flatMap(({ todo }) => todo);
  return [
    ...before,
    ...(before.length > 0 ? ['virt-shaper hooks install'] : adviseFile(hooks, wanted)),
    ...[place, ...others].flatMap(({ path, broken }) =>
      broken && !(path === place.path && place.whose === 'damaged')
        ? [`${broken}, so libvirt starts no guest: chmod a-x ${shellQuote(path)}`]
        : [],
    ),
    ...(former.whose === 'ours' ? [`${label(former.path)} is ours too: virt-shaper hooks install`] : []),
    ...backups.map(({ path }) => `libvirt runs ${label(path)} too, which looks like a backup: chmod a-x it`),
    ...(place.whose === 'ours' && place.executable && isNoticed(hooks, around) === false
      ? [tellDaemon(hooks, around)]
      : []),
  ];
}

function adviseFile({ place }: DriverHooks, wanted: string | undefined): string[] {
  const file = label(place.path);
  const again = `rm ${shellQuote(place.path)}; virt-shaper hooks install`;
  switch (place.whose) {
    case 'nobody':
    case 'damaged':
      return ['virt-shaper hooks install'];
    case 'foreign':
      return [`${file} is not of virt-shaper: virt-shaper hooks install says what to do`];
    case 'edited':
      return [`${file} was edited since it was installed; for the original: ${again}`];
    case 'ours':
      if (!place.executable)
        return [`${file} is not executable, so libvirt does not run it: virt-shaper hooks install`];
      if (wanted === undefined || place.text === wanted) return [];
      return [`${file} runs another program, or with other options: virt-shaper hooks install`];
  }
}

/** Names of backups that editors and package managers leave. */
function isBackup(path: string): boolean {
  return /^\.|~$|^#.*#$|\.(bak|old|orig|save|sw.|dpkg-\w+|rpm(save|new|orig)|next)$/i.test(basename(path));
}

/** The same advice for all drivers of a daemon, so that it is printed once. */
function tellDaemon({ daemon }: DriverHooks, { systemd }: Surroundings): string {
  if (!daemon) return '';
  const how = systemd ? `systemctl reload ${daemon.name}` : `kill -HUP ${daemon.pid}, unless that is done`;
  return `${daemon.name} looks for its first hooks only when it starts or is told to: ${how}`;
}
