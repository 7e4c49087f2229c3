// What traffic loses when one guest's ceil changes: packets of the guest that changes, and of another. Both send and
// receive UDP at 40 % of their ceil, so that nothing has to be dropped, even with the small bursts of those who leave them
// to tc.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { writeGuests } from '../../../src/store/guests.ts';
import { type Host, makeHost, plug } from '../../lab/host.ts';
import { type LabGuest, mbit, type policy, toToml } from '../../lab/policy.ts';
import { type Flow, startFlow } from '../../lab/reload-traffic.ts';
import type { Namespaces } from '../../support/netns.ts';
import type { Bench, Row } from '../section.ts';
import { type Peer, type PeerGuest, peers } from './peer.ts';

const names = ['changed', 'other', ...Array.from({ length: 8 }, (_, index) => `silent-${index}`)];
const before = 20 * mbit;
const after = 25 * mbit;
const load = 0.4;

/** One way to load the guests and to load them again with the first one's new ceil. */
interface Way {
  name: string;
  load: () => Promise<void>;
  change: (ceil: number) => Promise<void>;
  clear: () => Promise<void>;
}

interface Lost {
  changed: number;
  other: number;
  /** That all sent. */
  packets: number;
}

/** @param troubles why a way is left out; those that fail are added */
export async function measureChanges(
  bench: Bench,
  spaces: Namespaces,
  changes: number,
  troubles: Map<string, string>,
): Promise<Row[]> {
  bench.progress(`making a host with ${names.length} guests`);
  const host = await makeHost(spaces, 'changes-', planOf(before));
  for (const guest of host.guests) await plug(host, guest, 'br0');
  await host.space.start('sysctl', ['-qw', 'net.bridge.bridge-nf-call-iptables=1']).ended;
  const ways = [
    oursOn(host, bench),
    ...peers.filter(({ name }) => !troubles.has(name)).map((peer) => peerOn(host, peer)),
  ];
  const lost = new Map<string, Lost>();
  for (const way of ways) {
    bench.progress(`${way.name}: ${changes} changes under traffic`);
    try {
      await way.load();
      lost.set(way.name, await change(host, way, changes));
    } catch (error) {
      if (way === ways[0]) throw error;
      troubles.set(way.name, (error as Error).message);
    }
    await way.clear();
  }
  const [ours] = lost.values();
  if (!ours) throw new Error('nothing was measured');
  return [...lost].flatMap(([name, { changed, other, packets }], index): Row[] => {
    if (index === 0) return [];
    const among = `in ${changes} changes; both sent ${packets.toLocaleString('en-US')}`;
    const row = (what: string, mine: number, theirs: number): Row => ({
      what,
      unit: 'packets',
      ours: mine,
      bare: theirs,
      bareIs: name,
      spread: [mine, mine],
      note: among,
    });
    return [
      row("lost while a guest's ceil changes, by itself", ours.changed, changed),
      row("lost while a guest's ceil changes, by another", ours.other, other),
    ];
  });
}

async function change(host: Host, way: Way, changes: number): Promise<Lost> {
  const [changed, other] = host.guests;
  if (!changed || !other) throw new Error('no guests');
  const flows: Flow[] = await Promise.all(
    [changed, other].flatMap((guest, index) => [
      startFlow({ from: guest, to: host.outside, rate: load * before, port: 5301 + 2 * index }),
      startFlow({ from: host.outside, to: guest, rate: load * before, port: 5302 + 2 * index }),
    ]),
  );
  await delay(500);
  for (let turn = 0; turn < changes; turn += 1) {
    await way.change(turn % 2 === 0 ? after : before);
    await delay(200);
  }
  const counted = await Promise.all(flows.map((flow) => flow.end()));
  const lost = counted.map((one) => one.lost);
  return {
    changed: (lost[0] ?? 0) + (lost[1] ?? 0),
    other: (lost[2] ?? 0) + (lost[3] ?? 0),
    packets: counted.reduce((sum, { packets }) => sum + packets, 0),
  };
}

function planOf(ceil: number): typeof policy {
  const guests = names.map(
    (name, index): LabGuest => ({
      name,
      rate: 10 * mbit,
      ceil: index === 0 ? ceil : before,
    }),
  );
  return { bridge: 'br0', uplink: { name: 'eth0', ceil: 1000 * mbit }, groups: {}, guests };
}

function oursOn(host: Host, bench: Bench): Way {
  const root = join(bench.scratch, 'changes');
  for (const folder of ['etc', 'run']) mkdirSync(join(root, folder, 'virt-shaper'), { recursive: true });
  const guests = host.guests.map(({ name, tap }) => ({
    name,
    driver: 'qemu' as const,
    nics: [{ tap, bridge: 'br0' }],
  }));
  writeGuests(join(root, 'run/virt-shaper/guests.json'), guests);
  const run = (command: string) =>
    host.space.run(process.execPath, [bench.program, '--root', root, command, '--quiet']);
  const load = async (ceil: number) => {
    writeFileSync(join(root, 'etc/virt-shaper/config.toml'), toToml(planOf(ceil)), { mode: 0o644 });
    await run('render');
    await run('load');
  };
  return {
    name: 'virt-shaper',
    load: () => load(before),
    change: load,
    clear: async () => void (await run('unload')),
  };
}

function peerOn(host: Host, peer: Peer): Way {
  const guests = (ceil: number) =>
    host.guests.map(
      ({ tap, address, rate }, index): PeerGuest => ({
        index,
        tap,
        address: address[4],
        rate,
        ceil: index === 0 ? ceil : before,
      }),
    );
  const run = async (lines: string[]) =>
    void (await host.space.run('sh', ['-e'], { input: `${lines.join('\n')}\n`, timeout: 120_000 }));
  return {
    name: peer.name,
    load: () => run(peer.load(guests(before))),
    change: (ceil) => run(peer.change(guests(ceil), 0)),
    clear: () => run(peer.clear(guests(before))),
  };
}
