// What the hook of 2010 got wrong and only traffic can show right.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { Namespaces } from '../support/netns.ts';
import { unless } from '../support/skip.ts';
import { guestNamed, type Host, makeHost } from './host.ts';
import { type Flow, measure } from './iperf.ts';
import { type Libvirt, startGuest } from './libvirt.ts';
import { floodedMbit as mbit, payloadShare, type policy, toToml, udpLength } from './policy.ts';

const test = unless(needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'flock', 'iperf3'));

const group = { ceil: 30 * mbit };
const plan: typeof policy = {
  bridge: 'br0',
  uplink: { name: 'eth0', ceil: 1000 * mbit },
  groups: { friends: group },
  guests: [
    { name: 'cliff', group: 'friends', rate: 25 * mbit, ceil: 30 * mbit },
    { name: 'rob', group: 'friends', rate: 25 * mbit, ceil: 30 * mbit },
  ],
};
const timing = { omit: 1, seconds: 3 };

let spaces: Namespaces;
let host: Host;
let root: string;
test.before(async () => {
  spaces = new Namespaces();
  host = await makeHost(spaces, 'old-hook-', plan);
  root = mkdtempSync(join(tmpdir(), 'virt-shaper-old-hook-'));
  mkdirSync(join(root, 'etc/virt-shaper'), { recursive: true });
  writeFileSync(join(root, 'etc/virt-shaper/config.toml'), toToml(plan));
  const libvirt: Libvirt = { host, bridge: plan.bridge, root };
  for (const guest of host.guests) await startGuest(libvirt, guest);
});
test.after(() => {
  spaces.remove();
  rmSync(root, { recursive: true, force: true });
});

/** UDP at twice what the group may have, to or from each of the guests. */
function flood(names: string[], direction: 'in' | 'out'): Flow[] {
  return names.map((name) => {
    const guest = guestNamed(host, name);
    const ends = direction === 'in' ? { from: host.outside, to: guest } : { from: guest, to: host.outside };
    return { ...ends, family: 4, protocol: 'udp', rate: 2 * group.ceil, length: udpLength };
  });
}

async function total(flows: Flow[]): Promise<number> {
  return (await measure(flows, timing)).reduce((sum, rate) => sum + rate, 0);
}

/** Of what the group's ceil lets arrive as UDP payload. */
async function shareOfCeil(flows: Flow[]): Promise<number> {
  return (await total(flows)) / (group.ceil * payloadShare('udp', 4));
}

function near(share: number, what: string): void {
  assert.ok(share > 0.95 && share < 1.03, `${what}: ${(100 * share).toFixed(1)} % of the ceil`);
}

for (const direction of ['out', 'in'] as const) {
  test(`UDP reached a fraction of its rate, ${direction}`, async () => {
    near(await shareOfCeil(flood(['cliff'], direction)), 'cliff');
  });

  const point = direction === 'in' ? 'a group shared nothing when receiving' : 'a group shares when sending';
  test(`${point}, and guarantees above its ceiling broke it (25 + 25 in 30)`, async () => {
    near(await shareOfCeil(flood(['cliff', 'rob'], direction)), 'cliff and rob');
  });
}

test.run();
