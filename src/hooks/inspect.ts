// What is in libvirt's folder of hooks for one driver. libvirt runs the file `qemu`, then every executable file
// of `qemu.d` by name: hidden ones and the backups that editors leave, too.
import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Paths } from '../store/paths.ts';
import { readIfThere } from '../system/files.ts';
import { type Daemon, findDaemon } from './daemon.ts';
import { viewOf, whyNotExecutable } from './executable.ts';
import { type HookDriver, type Whose, whoseHook } from './hook-file.ts';

/** Of ours, in a folder of hooks. */
const ourName = '50-virt-shaper';

export interface HookFile {
  path: string;
  /** `damaged`: it has our name, and is empty or holds no script. */
  whose: 'nobody' | 'damaged' | Whose;
  text: string;
  executable: boolean;
  /** Why Linux cannot execute it, though libvirt tries. */
  broken?: string;
  /** When it came to stand there as it is; milliseconds since 1970. */
  since: number;
}

export interface DriverHooks {
  driver: HookDriver;
  /** Where ours belongs with this libvirt. */
  place: HookFile;
  /** Where it belongs with a libvirt of the other age. */
  former: HookFile;
  /** What else libvirt runs for this driver, in that order. */
  others: { path: string; since: number; broken?: string }[];
  daemon?: Daemon;
  /** When libvirt has first called it since boot; milliseconds since 1970. */
  called?: number;
  /** Whether such a call has begun Node.js. */
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
    return []; // No such folder.
  }
}

function statOf(path: string) {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
