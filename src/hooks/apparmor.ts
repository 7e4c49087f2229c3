// Whether AppArmor lets libvirt's hooks start Node.js. The distributions' profiles for libvirt's daemons allow hooks, and
// these may run programs in /usr/bin and /usr/sbin; of a symlink there its target counts.
import { readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { label } from '../text/label.ts';
import type { Daemon } from './daemon.ts';
import { type ExecObstacle, readText } from './executable.ts';
import { shellQuote } from './hook-file.ts';

const started = ['/usr/bin', '/usr/sbin', '/bin', '/sbin'];
const daemons = ['libvirtd', 'virtqemud', 'virtlxcd', 'virtnetworkd'];

/**
 * @param sys the host's /sys
 * @param etc its /etc/apparmor.d
 */
export function whyApparmorRefuses(
  { sys, etc }: { sys: string; etc: string },
  daemon: Daemon | undefined,
  node: string,
): ExecObstacle | undefined {
  const profile = daemon ? profileOf(daemon) : profileIn(sys);
  if (!profile) return undefined;
  const real = realpathSync(node);
  if (started.includes(dirname(real))) return undefined;
  const local = join(etc, 'local');
  const files = namesIn(local).filter((name) => daemons.some((one) => name.endsWith(one)));
  if (files.some((name) => readText(join(local, name)).includes(real))) return undefined;
  const file =
    namesIn(etc).find((name) => name.endsWith(profile.replace(/^.*\//, ''))) ?? 'usr.sbin.libvirtd';
  return {
    why: `AppArmor's profile ${label(profile)} does not let a hook start ${label(real)}`,
    todo: [
      `echo ${shellQuote(`${JSON.stringify(real)} PUx,`)} >> ${join('/etc/apparmor.d/local', file)}`,
      `apparmor_parser -r ${join('/etc/apparmor.d', file)}`,
    ],
  };
}

/** @returns the profile of the daemon's process; undefined when none is enforced */
function profileOf({ pid }: Daemon): string | undefined {
  const own = readText(`/proc/${pid}/attr/apparmor/current`) || readText(`/proc/${pid}/attr/current`);
  return own.match(/^(\S+) \(enforce\)/)?.[1];
}

function profileIn(sys: string): string | undefined {
  const profiles = readText(join(sys, 'kernel/security/apparmor/profiles'));
  const enforced = [...profiles.matchAll(/^(\S+) \(enforce\)$/gm)].map(([, name = '']) => name);
  return enforced.find((name) => daemons.includes(name.replace(/^.*\//, '')));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
