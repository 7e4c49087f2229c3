// What reloads are measured with: a host whose guest cliff sends and receives while others' rates change, and rob
// sends all he can.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Namespaces } from '../support/netns.ts';
import { makeHost } from './host.ts';
import { type Libvirt, runVirtShaper, startGuest } from './libvirt.ts';
import { floodedMbit as mbit, type policy, toToml } from './policy.ts';
import { type Counted, dropsOf, startFlows, startMeter } from './reload-traffic.ts';

/** cliff is watched, rob sends all he can, the others are there to be changed. */
export const plan: typeof policy = {
  bridge: 'br0',
  uplink: { name: 'eth0', ceil: 1000 * mbit },
  groups: { friends: { ceil: 60 * mbit }, web: { ceil: 60 * mbit } },
  guests: [
    { name: 'cliff', group: 'friends', rate: 15 * mbit, ceil: 20 * mbit },
    { name: 'rob', group: 'web', rate: 5 * mbit, ceil: 10 * mbit },
    { name: 'jason', group: 'friends', rate: 10 * mbit, ceil: 30 * mbit },
    { name: 'mia', group: 'web', rate: 10 * mbit, ceil: 30 * mbit },
    { name: 'ann', rate: 10 * mbit, ceil: 30 * mbit },
  ],
};

/** All guests have started. @param root the folder given as --root */
export async function makeReloadHost(spaces: Namespaces, root: string, program?: string): Promise<Libvirt> {
  const host = await makeHost(spaces, 'reload-', plan);
  const libvirt: Libvirt = { host, bridge: plan.bridge, root, ...(program ? { program } : {}) };
  configure(libvirt, plan);
  for (const guest of host.guests) await startGuest(libvirt, guest);
  return libvirt;
}

/** A bfifo drops what it has no place for, fq_codel also what has waited: here only the former is looked for. */
const leaf = '[defaults]\nleaf = "bfifo"\n';

function configure(libvirt: Libvirt, to: typeof policy): void {
  mkdirSync(join(libvirt.root, 'etc/virt-shaper'), { recursive: true });
  writeFileSync(join(libvirt.root, 'etc/virt-shaper/config.toml'), `${leaf}${toToml(to)}`);
}

export async function reload(libvirt: Libvirt, to: typeof policy): Promise<void> {
  configure(libvirt, to);
  await runVirtShaper(libvirt, ['render', '--quiet']);
  await runVirtShaper(libvirt, ['load', '--quiet']);
}

/** The others' values, different at each reload. */
function changed(turn: number): typeof policy {
  return {
    ...plan,
    guests: plan.guests.map((guest, index) =>
      index < 2
        ? guest
        : {
            ...guest,
            rate: (4 + ((turn + index) % 7)) * mbit,
            ceil: (20 + ((turn * 3 + index) % 11)) * mbit,
          },
    ),
  };
}

export interface Reloaded {
  seconds: number;
  out: Counted;
  into: Counted;
  /** Packets of `out` and of `into` that were lost because the queue of the class was full, says tc. */
  dropped: number[];
  /** How often the classes' counters were read. */
  samples: number;
  /** Counters that had less than before. */
  resets: string[];
  /** Where rob got more than his ceil and burst allow. */
  exceeded: string[];
  /** What rob, who sends all he can, got of his ceil. */
  flooded: number;
}

/** Others' rates change again and again. */
export async function reloadUnderTraffic(libvirt: Libvirt, reloads: number): Promise<Reloaded> {
  const flows = await startFlows(libvirt.host, ['out', 'in', 'flood']);
  await delay(300);
  const meter = startMeter(libvirt);
  const began = performance.now();
  for (let turn = 1; turn <= reloads; turn += 1) await reload(libvirt, changed(turn));
  const seconds = (performance.now() - began) / 1000;
  const looks = await meter.end();
  const [out, into] = await Promise.all(flows.map((flow) => flow.end()));
  if (!out || !into) throw new Error('no flows');
  return { seconds, out, into, dropped: await dropsOf(libvirt, 'cliff'), ...looks };
}
