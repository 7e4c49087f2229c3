// Reloads, by systemd, the daemons that looked for hooks before ours were installed, as the packages do. A reload ends no
// guest and no connection: libvirt reads its files again and restores its own firewall rules. Without systemd we would have
// to send SIGHUP, which kills a daemon that is just starting; there it is left to the administrator.
import type { Run } from '../system/exec.ts';
import { isNoticed } from './advice.ts';
import type { LibvirtHooks } from './look.ts';

/** @returns the daemons that had to be reloaded, each with whether systemd did so */
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
