// Reads everything about libvirt's hooks, for the command `hooks` and for doctor: the files, the daemons, and what keeps
// libvirt from running our hooks. libvirt itself is never called.
import { existsSync } from 'node:fs';
import type { Paths } from '../store/paths.ts';
import type { Run } from '../system/exec.ts';
import { provenLooks, type Surroundings } from './advice.ts';
import { readLibvirtVersion, readsFolders } from './daemon.ts';
import { readTold } from './daemon-reload.ts';
import type { ExecObstacle } from './executable.ts';
import { type HookCommand, hookDrivers } from './hook-file.ts';
import { type DriverHooks, inspectDriver } from './inspect.ts';
import { findObstacles } from './obstacles.ts';

export interface LibvirtHooks {
  /** `9.0.0`; absent where there is no libvirt. */
  version?: string;
  all: (DriverHooks & { obstacles: ExecObstacle[] })[];
  around: Surroundings;
}

/** @param command that our hooks run, where it is known */
export async function lookAtHooks(
  run: Run,
  paths: Paths,
  command: HookCommand | undefined,
): Promise<LibvirtHooks> {
  const version = await readLibvirtVersion(run);
  const files = hookDrivers.map((driver) => inspectDriver(paths, driver, readsFolders(version)));
  const systemd = existsSync(paths.systemd);
  const running = files.flatMap(({ daemon }) => daemon?.name ?? []);
  const told = provenLooks(files, systemd ? await readTold(run, running) : new Map<string, number>());
  const all = await Promise.all(
    files.map(async (hooks) => ({
      ...hooks,
      obstacles: await findObstacles(
        run,
        paths,
        hooks,
        command,
        files.some((other) => hasRun(other, hooks)),
      ),
    })),
  );
  return { ...(version ? { version } : {}), all, around: { systemd, told } };
}

/** Whether the same daemon has started Node.js for the hook of another driver. */
export function hasRun({ hasRun, called, daemon }: DriverHooks, hooks: Pick<DriverHooks, 'daemon'>): boolean {
  return hasRun && daemon !== undefined && daemon.pid === hooks.daemon?.pid && (called ?? 0) >= daemon.since;
}
