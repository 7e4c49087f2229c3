// What is found of libvirt's hooks for one of its drivers, as of a host where ours stands there since 10.
import type { HookDriver } from '../../src/hooks/hook-file.ts';
import type { LibvirtHooks } from '../../src/hooks/look.ts';

export type Hooks = LibvirtHooks['all'][number];

/** @param since when its daemon began */
export function hooks(
  driver: HookDriver,
  name: string,
  since: number,
  whose: Hooks['place']['whose'] = 'ours',
): Hooks {
  const place = { path: `/x/${driver}`, whose, text: '', executable: true, since: 10 };
  return {
    driver,
    place,
    former: { ...place, whose: 'nobody', executable: false },
    others: [],
    daemon: { name, pid: 7, since },
    hasRun: false,
    obstacles: [],
  };
}
