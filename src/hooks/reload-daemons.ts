// Has systemd tell those daemons that looked before there was a hook to look again, as the packages do. A reload ends no
// guest and no connection: libvirt reads its files anew and puts its own firewall rules back. Without systemd the
// signal would be ours to send, and a daemon that is only just starting dies of it; there it is left to the administrator.
import type { Run } from '../system/exec.ts';
import { isNoticed } from './advice.ts';
import type { LibvirtHooks } from './look.ts';

/** @returns each daemon that had to be reloaded, and whether systemd did it */
export async function reloadDaemons(
  run: Run,
  { all, around }: LibvirtHooks,
): Promise<{ name: string; done: boolean }[]> {
  if (!around.systemd) return [];
  const behind = all.filter(
    (hooks) => hooks.place.whose === 'ours' && hooks.place.executable && isNoticed(hooks, around) === false,
  );
  const names = new Set(behind.flatMap(({ daemon }) => daemon?.name ?? []));
  const told: { name: string; done: boolean }[] = [];
  for (const name of names) {
    const answer = await run('systemctl', ['reload', `${name}.service`], { timeout: 30_000 }).catch(
      () => undefined,
    );
    told.push({ name, done: answer?.status === 0 });
  }
  return told;
}
