// Reads libvirt's hooks for one driver. libvirt runs the file `qemu`, then every executable file of `qemu.d` in the order of
// names, also hidden files and backups of editors.
import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Paths } from '../store/paths.ts';
import { readIfThere } from '../system/files.ts';
import { type Daemon, findDaemon } from './daemon.ts';
import { viewOf, whyNotExecutable } from './executable.ts';
import { type HookDriver, type Whose, whoseHook } from './hook-file.ts';

/** Name of our hook in a folder such as `qemu.d`. */
const ourName = '50-virt-shaper';

export interface HookFile {
  path: string;
  /** `damaged`: it has our name, but is empty or no script. */
  whose: 'nobody' | 'damaged' | Whose;
  text: string;
  executable: boolean;
  /** Why Linux cannot execute it, although libvirt will try to. */
  broken?: string;
  /** Its last change (ctime), in milliseconds since 1970. */
  since: number;
}

export interface DriverHooks {
  driver: HookDriver;
  /** The place of our hook with this version of libvirt. */
  place: HookFile;
  /** Its place with versions before 6.5 where this one is newer, and the other way round. */
  former: HookFile;
  /** The other hooks of the driver, in the order in which libvirt runs them. */
  others: { path: string; since: number; broken?: string }[];
  daemon?: Daemon;
  /** When libvirt first called our hook since boot, in milliseconds since 1970. */
  called?: number;
  /** Whether a call has got as far as to start Node.js. */
  hasRun: boolean;
}

/** @param folders whether this libvirt reads `qemu.d` (daemon.ts) */
export function inspectDriver(paths: Paths, driver: HookDriver, folders: boolean): DriverHooks {
  const single = join(paths.libvirtHooks, driver);
  const folder = `${single}.d`;
  const inFolder = join(folder, ourName);
  const [place, former] = folders ? [inFolder, single] : [single, inFolder];
  const run = [single, ...(folders ? namesIn(folder).map((name) => join(folder, name)) : [])];
  const daemon = findDaemon(driver, paths.daemonPid);
  const call = statOf(paths.hookCalled(driver));
  return {
    driver,
    place: readHook(place),
    former: readHook(former),
    others: run.flatMap((path) => {
      const stats = path === place ? undefined : statOf(path);
      return stats && isRunnable(stats) ? [{ path, since: stats.ctimeMs, ...brokenness(path) }] : [];
    }),
    ...(daemon ? { daemon } : {}),
    ...(call ? { called: call.mtimeMs } : {}),
    hasRun: (call?.size ?? 0) > 0,
  };
}

function readHook(path: string): HookFile {
  const stats = statOf(path);
  const text = stats?.isFile() ? readIfThere(path) : undefined;
  const executable = stats !== undefined && isRunnable(stats);
  const isDamaged = text !== undefined && !text.startsWith('#!') && basename(path) === ourName;
  return {
    path,
    whose: stats ? (isDamaged ? 'damaged' : whoseHook(text ?? '')) : 'nobody',
    text: text ?? '',
    executable,
    ...(executable ? brokenness(path) : {}),
    since: stats?.ctimeMs ?? 0,
  };
}

function brokenness(path: string): { broken?: string } {
  const broken = whyNotExecutable(path, viewOf('self'));
  return broken ? { broken } : {};
}

type FileStats = NonNullable<ReturnType<typeof statOf>>;

function isRunnable(stats: FileStats): boolean {
  return stats.isFile() && (stats.mode & 0o111) !== 0;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return []; // The folder does not exist.
  }
}

function statOf(path: string) {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
