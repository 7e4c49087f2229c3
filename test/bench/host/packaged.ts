// virt-shaper on a host as its package and systemd have it there: a file /usr/sbin/virt-shaper, and somebody who looks when
// libvirt has changed something, or when a hook has left a note. Starts of Node.js are counted.
import { existsSync, mkdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Host } from '../../libvirt/harness/host.ts';
import { hookFile } from './libvirt-host.ts';

const wanted = 'run/virt-shaper/sync-wanted';
const starts = 'run/starts';
const countingNode = '/usr/local/bin/counting-node';

/** Of a host whose hook is ours: once more, with what systemd would do beside it. */
export async function packageUp(host: Host): Promise<void> {
  const put = (file: string, text: string) => writeFileSync(join(host.root, file), text, { mode: 0o755 });
  put('usr/sbin/virt-shaper', "#!/usr/bin/env node\nrequire('/opt/virt-shaper/dist/virt-shaper.js');\n");
  put('usr/local/bin/systemctl', '#!/bin/sh\nexit 0\n');
  put(countingNode.slice(1), `#!/bin/sh\necho begun >>/${starts}\nexec node "$@"\n`);
  mkdirSync(join(host.root, 'run/systemd/system'), { recursive: true });
  await host.run('/usr/sbin/virt-shaper', ['hooks', 'install']);
  const file = join(host.root, hookFile);
  const text = readFileSync(file, 'utf8');
  const counting = text.replaceAll(/(?<= )\S*\/node(?= \/usr\/sbin\/virt-shaper)/g, countingNode);
  if (counting === text) throw new Error('the hook does not start Node.js as it is counted');
  writeFileSync(file, counting);
}

/** So far, by hooks and by syncs. */
export function nodeStarts({ root }: Host): number {
  const file = join(root, starts);
  return existsSync(file) ? readFileSync(file, 'utf8').length / 'begun\n'.length : 0;
}

/**
 * As virt-shaper-watch and virt-shaper-sync: a change of libvirt's folder wants a sync a tenth of a second later, and
 * what is wanted while one runs makes one more.
 * @returns what ends it, after the sync under way; and what waits until nothing is wanted
 */
export function follow(host: Host): { settled: () => Promise<void>; end: () => Promise<void> } {
  const note = join(host.root, wanted);
  let noted: Promise<void> | undefined;
  const watcher = watch(join(host.root, 'run/libvirt/qemu'), () => {
    noted ??= delay(100).then(() => {
      writeFileSync(note, '');
      noted = undefined;
    });
  });
  let ends = false;
  let works = false;
  const loop = (async () => {
    while (!ends) {
      works = existsSync(note);
      if (works) {
        rmSync(note);
        const sync = ['/usr/sbin/virt-shaper', '--quiet', 'sync', '--settle', '0.3', '--in-force'];
        await host.start(countingNode, sync).ended;
      } else await delay(20);
    }
  })();
  const settled = async () => {
    for (let quiet = 0; quiet < 10; quiet = works || noted || existsSync(note) ? 0 : quiet + 1)
      await delay(50);
  };
  const end = async () => {
    watcher.close();
    ends = true;
    await loop;
  };
  return { settled, end };
}
