// libvirt is examined from outside: its processes, its files, the versions that its programs print. A daemon is never called,
// daemon is never asked, since one that hangs would hang the doctor too.

import { drivers } from '../../guests/guest.ts';
import { adviseDriver, isNoticed } from '../../hooks/advice.ts';
import { makeHookCommand } from '../../hooks/hook-file.ts';
import { hookText } from '../../hooks/hook-script.ts';
import { lookAtHooks } from '../../hooks/look.ts';
import { findProgram } from '../../hooks/program.ts';
import type { Paths } from '../../store/paths.ts';
import type { Run } from '../../system/exec.ts';
import { isThere } from '../../system/files.ts';
import { attempt } from '../finding.ts';
import type { HookFacts, LibvirtFacts } from '../libvirt.ts';
import type { ServiceFacts } from '../services.ts';

/** At least one of these is installed with libvirt; a version that takes too long is left out. */
const programs = ['/usr/sbin/libvirtd', '/usr/sbin/virtqemud', '/usr/sbin/virtlxcd'];

export async function readLibvirt(
  run: Run,
  paths: Paths,
  services: ServiceFacts | undefined,
): Promise<LibvirtFacts> {
  const { units = [] } = services ?? {};
  const program = await attempt(() => findProgram(process.argv[1] ?? '', process.execPath));
  const command = 'value' in program ? makeHookCommand(program.value, paths) : undefined;
  const { version, all, around } = await lookAtHooks(run, paths, command);
  const daemons = new Map(all.flatMap(({ daemon }) => (daemon ? [[daemon.name, daemon.pid] as const] : [])));
  const hooks = all.map((one): HookFacts => {
    const { driver, place, daemon } = one;
    const wanted = command && hookText(driver, command);
    const noticed = isNoticed(one, around);
    return {
      driver,
      file: place.path,
      whose: place.whose,
      executable: place.executable,
      obstacles: [...one.obstacles.map(({ why }) => why), ...(place.broken ? [place.broken] : [])],
      ...(daemon ? { daemon: daemon.name } : {}),
      ...(noticed === undefined ? {} : { noticed }),
      todo: adviseDriver(one, wanted, around),
    };
  });
  return {
    installed: version !== undefined || programs.some(isThere),
    ...(version ? { version } : {}),
    daemons,
    systemd: around.systemd,
    sockets: units.filter(({ name, active }) => name.endsWith('.socket') && active).map(({ name }) => name),
    drivers: drivers.filter((driver) => isThere(paths.libvirtState(driver))),
    program,
    hooks,
    syncs: ['virt-shaper-watch.path', 'virt-shaper-sync.path'].every((path) =>
      units.some(({ name, active }) => name === path && active),
    ),
  };
}
