// libvirt is looked at from outside: its processes, its files, what its programs print about themselves. Its
// daemon is never asked, since one that hangs would hang the doctor too.

import { drivers } from '../guests/guest.ts';
import { adviseDriver, isNoticed } from '../hooks/advice.ts';
import { readLibvirtVersion, readsFolders } from '../hooks/daemon.ts';
import { readTold } from '../hooks/daemon-reload.ts';
import { hookCommand, hookDrivers, hookText } from '../hooks/hook-file.ts';
import { inspectDriver } from '../hooks/inspect.ts';
import { findProgram } from '../hooks/program.ts';
import type { Run } from '../system/exec.ts';
import type { Paths } from '../system/paths.ts';
import { attempt } from './finding.ts';
import type { HookFacts, LibvirtFacts } from './libvirt.ts';
import type { ServiceFacts } from './services.ts';
import { isThere } from './stat.ts';

/** One of them is always there; it may be too slow to say its version. */
const programs = ['/usr/sbin/libvirtd', '/usr/sbin/virtqemud', '/usr/sbin/virtlxcd'];

export async function readLibvirt(
  run: Run,
  paths: Paths,
  services: ServiceFacts | undefined,
): Promise<LibvirtFacts> {
  const { systemd = false, units = [] } = services ?? {};
  const version = await readLibvirtVersion(run);
  const program = await attempt(() => findProgram(process.argv[1] ?? '', process.execPath));
  const all = hookDrivers.map((driver) => inspectDriver(paths, driver, readsFolders(version)));
  const daemons = new Map(all.flatMap(({ daemon }) => (daemon ? [[daemon.name, daemon.pid] as const] : [])));
  const told = systemd ? await readTold(run, daemons.keys()) : new Map<string, number>();
  const around = { ...(version ? { version } : {}), systemd, told };
  const hooks = all.map((one): HookFacts => {
    const { driver, place, daemon } = one;
    const wanted = 'value' in program ? hookText(driver, hookCommand(program.value, paths)) : undefined;
    const noticed = isNoticed(one, around);
    return {
      driver,
      file: place.path,
      whose: place.whose,
      executable: place.executable,
      ...(daemon ? { daemon: daemon.name } : {}),
      ...(noticed === undefined ? {} : { noticed }),
      todo: adviseDriver(one, wanted, around),
    };
  });
  return {
    installed: version !== undefined || programs.some(isThere),
    ...(version ? { version } : {}),
    daemons,
    systemd,
    sockets: units.filter(({ name, active }) => name.endsWith('.socket') && active).map(({ name }) => name),
    drivers: drivers.filter((driver) => isThere(paths.libvirtState(driver))),
    program,
    hooks,
    syncs: ['virt-shaper-watch.path', 'virt-shaper-sync.path'].every((path) =>
      units.some(({ name, active }) => name === path && active),
    ),
  };
}
