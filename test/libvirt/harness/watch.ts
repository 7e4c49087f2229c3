// What the package's systemd units do on an installed host: whenever libvirt's status files change, virt-shaper
// looks for itself. One run at a time; changes meanwhile make one more.
import { appendFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Host } from './host.ts';

/** @returns what ends the watching, and waits for the run under way */
export function watchGuests(host: Host): () => Promise<void> {
  let changed = false;
  let run: Promise<void> | undefined;
  const sync = async () => {
    await delay(100);
    while (changed) {
      changed = false;
      const { status, stderr } = await host.start('virt-shaper', [
        '--quiet',
        'sync',
        '--settle',
        '0.3',
        '--in-force',
      ]).ended;
      if (status !== 0) appendFileSync(join(host.root, 'run/journal'), `sync, status ${status}: ${stderr}`);
    }
    run = undefined;
  };
  const watcher = watch(join(host.root, 'run/libvirt/qemu'), () => {
    changed = true;
    run ??= sync();
  });
  return async () => {
    watcher.close();
    await run;
  };
}
