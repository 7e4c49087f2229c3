// A restart of libvirtd while guests run: it calls the hook once for each of them, `reconnect`, many at the same time. How
// long until it has all of them again, with the hook and without, and how often Node.js begins for it. The guests are real
// ones, which halt at once; only systemd is played, since none can be had in a namespace.
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import type { Guest } from '../../libvirt/harness/guest.ts';
import { Namespaces } from '../../support/netns.ts';
import { type Hook, hookFile, LibvirtHost, needsLibvirt } from '../host/libvirt-host.ts';
import { follow, nodeStarts, packageUp } from '../host/packaged.ts';
import type { Measure } from '../section.ts';
import { compared, figures } from '../statistics.ts';

/** virsh starts one guest after another; so many do it at once. */
const lanes = 4;

export const measure: Measure = async (bench) => {
  const lacks = needsLibvirt();
  if (lacks) return { lacks };
  const rounds = bench.quick ? 1 : 5;
  const guests = Array.from({ length: bench.quick ? 8 : 200 }, (_, index) => ({
    name: `g${index + 1}`,
    number: index + 1,
  }));
  bench.progress(`starting ${guests.length} guests`);
  const libvirt = await LibvirtHost.make(bench, new Namespaces(), 2, 'ours');
  await packageUp(libvirt.host);
  await libvirt.define(guests);
  const some = Array.from({ length: lanes }, (_, lane) =>
    guests.filter((_guest, index) => index % lanes === lane),
  );
  await Promise.all(some.map((lane) => each(libvirt, lane, (name) => `start ${name}`)));
  libvirt.settle();
  const following = follow(libvirt.host);
  const hook = (is: Hook) => () =>
    chmodSync(join(libvirt.host.root, hookFile), is === 'ours' ? 0o755 : 0o644);
  /** A guest answers when the daemon has it again, and its hook has ended. */
  const untilBack = () => each(libvirt, guests, (name) => `qemu-monitor-command ${name} --hmp "info status"`);
  const times = { ours: [] as number[], none: [] as number[] };
  const starts: number[] = [];
  await following.settled();
  for (let round = 0; round < rounds; round += 1) {
    for (const is of ['ours', 'none'] as const) {
      bench.progress(`restart ${round + 1} of ${rounds}`);
      const before = nodeStarts(libvirt.host);
      times[is].push(await libvirt.restart(hook(is), untilBack));
      await following.settled();
      if (is === 'ours') starts.push(nodeStarts(libvirt.host) - before);
    }
  }
  await following.end();
  return {
    name: 'restart',
    title: `A restart of libvirtd with ${guests.length} guests`,
    rows: [
      {
        what: `until ${guests.length} guests are back`,
        unit: 's',
        ...compared(times.ours, times.none),
        bareIs: 'without a hook',
      },
      { what: 'starts of Node.js', unit: 'processes', ...figures(starts), target: { most: 3 } },
    ],
    plots: [],
  };
};

/** In one virsh. */
async function each(libvirt: LibvirtHost, guests: Guest[], command: (name: string) => string): Promise<void> {
  await libvirt.host.run(
    'virsh',
    ['--quiet', '--connect', 'qemu:///system', guests.map(({ name }) => command(name)).join('; ')],
    { cwd: '/', timeout: 600_000 },
  );
}
