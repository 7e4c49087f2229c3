// Finds libvirt's daemon in /proc: a request to libvirt itself would hang inside a hook. The daemon looks for hooks when it
// starts and at SIGHUP; it does not call the hooks of a driver that had none then.

import type { Run } from '../system/exec.ts';
import { readIfThere } from '../system/files.ts';
import type { HookDriver } from './hook-file.ts';

export interface Daemon {
  name: string;
  pid: number;
  /** Its start, in milliseconds since 1970. */
  since: number;
}

/** Driver -> names of its own daemon and of the one for all drivers. */
const daemons: Record<HookDriver, string[]> = {
  qemu: ['virtqemud', 'libvirtd'],
  lxc: ['virtlxcd', 'libvirtd'],
  network: ['virtnetworkd', 'libvirtd'],
};

/** @returns `9.0.0`; undefined where there is no libvirt */
export async function readLibvirtVersion(run: Run): Promise<string | undefined> {
  for (const program of ['libvirtd', 'virtqemud', 'virtlxcd']) {
    const answer = await run(program, ['--version'], { timeout: 5000 }).catch(() => undefined);
    const version = answer?.stdout.match(/\d+\.\d+\.\d+/)?.[0];
    if (version) return version;
  }
  return undefined;
}

/** From 6.5 on libvirt runs all files of `qemu.d`, before that only the file `qemu`. An unknown version counts as new. */
export function readsFolders(version: string | undefined): boolean {
  const [major = 0, minor = 0] = (version ?? '99.0').split('.').map(Number);
  return major > 6 || (major === 6 && minor >= 5);
}

/** @param pidFile name of a daemon -> path of its pid file */
export function findDaemon(driver: HookDriver, pidFile: (daemon: string) => string): Daemon | undefined {
  for (const name of daemons[driver]) {
    const pid = Number(readQuietly(pidFile(name)));
    // The pid file may be stale: the daemon was killed, and another process has its pid now.
    if (!(pid > 0) || readQuietly(`/proc/${pid}/comm`) !== name) continue;
    const since = startOf(pid);
    if (since !== undefined) return { name, pid, since };
  }
  return undefined;
}

/** Exact to 20 ms: both of its terms are hundredths of a second since boot. */
function startOf(pid: number): number | undefined {
  const ticks = Number(
    readQuietly(`/proc/${pid}/stat`)
      ?.replace(/^.*\) /s, '')
      .split(' ')[19],
  );
  const uptime = Number(readQuietly('/proc/uptime')?.split(' ')[0]);
  return ticks >= 0 && uptime > 0 ? Date.now() - (uptime * 1000 - ticks * 10) : undefined;
}

function readQuietly(file: string): string | undefined {
  try {
    return readIfThere(file)?.trim();
  } catch {
    return undefined; // The process has just ended.
  }
}
