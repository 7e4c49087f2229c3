// What ip is asked about each sender, and what its answers say: by which devices the host sends on what comes in by a bridge.
// That a real kernel decides so is for test/kernel/routed-ways.test.ts.
import type { networkInterfaces } from 'node:os';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readWaysOut, type Sender } from '../../../src/host/ways-out.ts';
import type { Run } from '../../../src/system/exec.ts';

type Addresses = Record<string, [cidr: string, ...more: string[]]>;

/** What ip prints of a line; nothing where it refuses it. */
type Answer = (line: string, option: string) => object[] | undefined;

interface Scene {
  answer?: Answer;
  rules?: object[];
  addresses?: Addresses;
  /** Lines of /proc/net/arp. */
  arp?: string[];
  /** The two settings. */
  forwarding?: [ipv4: string, ipv6: string];
}

const usual: Addresses = { virbr0: ['10.8.0.1/24'] };
const everybody = [
  { priority: 0, src: 'all', table: 'local' },
  { priority: 32766, src: 'all' },
];
const toEth0 = () => [{ dst: 'default', gateway: '192.0.2.1', dev: 'eth0', flags: [] }];

function interfacesOf(addresses: Addresses): ReturnType<typeof networkInterfaces> {
  const one = (cidr: string) => {
    const [address = ''] = cidr.split('/');
    const family = address.includes(':') ? 'IPv6' : 'IPv4';
    return { address, cidr, family, netmask: '', mac: '', internal: false, scopeid: 0 };
  };
  const entries = Object.entries(addresses).map(([name, all]) => [name, all.map(one)]);
  return Object.fromEntries(entries);
}

async function ways(senders: Sender[], scene: Scene = {}) {
  const { answer = toEth0, rules = everybody, addresses = usual, arp = [], forwarding = ['1', '0'] } = scene;
  const asked: string[] = [];
  const run = (async (_ip: string, [option = '']: string[], { input = '' }: { input?: string }) => {
    const lines = input.trimEnd().split('\n');
    asked.push(...lines.map((line) => `${option} ${line}`));
    const answers = lines.map((line) => (line === 'rule show' ? rules : answer(line, option)));
    const failed = answers.flatMap((one, at) =>
      one ? [] : `RTNETLINK answers: No route to host\nCommand failed -:${at + 1}\n`,
    );
    const stdout = answers.flatMap((one) => (one ? `${JSON.stringify(one)}\n` : [])).join('');
    return { status: failed.length > 0 ? 1 : 0, stdout, stderr: failed.join('') };
  }) as unknown as Run;
  const files: Record<string, string> = {
    '/proc/sys/net/ipv4/ip_forward': `${forwarding[0]}\n`,
    '/proc/sys/net/ipv6/conf/all/forwarding': `${forwarding[1]}\n`,
    '/proc/net/arp': ['IP address  HW type  Flags  HW address  Mask  Device', ...arp, ''].join('\n'),
  };
  const host = { interfaces: () => interfacesOf(addresses), file: (path: string) => files[path] };
  const found = Object.fromEntries(await readWaysOut(run, senders, host));
  return { found, asked: asked.filter((line) => !line.endsWith('rule show')), count: asked.length };
}

const alice = { name: 'vnet0', bridge: 'virbr0' };
const bob = { name: 'vnet1', bridge: 'virbr0' };
const byEth0 = [{ family: 'IPv4', devices: ['eth0'] }];
const from = (address: string, bridge = 'virbr0') =>
  `-4 route get fibmatch 4.0.0.1 from ${address} iif ${bridge}`;

test('one guest alone is asked for, as are all of a bridge together by one question', async () => {
  assert.equal(await ways([alice]), { found: { vnet0: byEth0 }, asked: [from('10.8.0.254')], count: 2 });
  const both = await ways([alice, bob]);
  assert.equal(both, { found: { vnet0: byEth0, vnet1: byEth0 }, asked: [from('10.8.0.254')], count: 2 });
});

test('where nobody is to be asked for, nothing is read and nothing started', async () => {
  const never = () => {
    throw new Error('a guest’s start waits for this');
  };
  assert.is((await readWaysOut(never, [], { interfaces: never, file: never })).size, 0);
  const { found, count } = await ways([alice], { addresses: {} });
  assert.equal([found, count], [{ vnet0: [] }, 0], 'no address that he may send from');
});

test('each bridge has its own way, each family too', async () => {
  const { found, asked } = await ways([alice, { name: 'vnet2', bridge: 'lan' }, bob], {
    addresses: { virbr0: ['fe80::1/64', '10.8.0.1/24', 'fd00:8::1/64'], lan: ['10.9.0.1/24'] },
    forwarding: ['1', '1'],
    answer: (line, option) => [{ dev: option === '-6' ? 'he6' : line.endsWith('lan') ? 'wg0' : 'eth0' }],
  });
  assert.equal(asked.sort(), [
    from('10.8.0.254'),
    from('10.9.0.254', 'lan'),
    '-6 route get fibmatch 2600::1 from fd00:8::3 iif virbr0',
  ]);
  const twice = [...byEth0, { family: 'IPv6', devices: ['he6'] }];
  assert.equal(found, { vnet0: twice, vnet1: twice, vnet2: [{ family: 'IPv4', devices: ['wg0'] }] });
});

test('a host that sends nothing on is not asked', async () => {
  for (const forwarding of [
    ['0', '0'],
    ['', ''],
  ] as const) {
    const { found, count } = await ways([alice], { forwarding: [...forwarding] });
    assert.equal([found, count], [{ vnet0: [] }, 0]);
  }
});

test('the address is one of the network’s that has room for another, of the family that is asked', async () => {
  const asked = async (...cidrs: string[]) =>
    (
      await ways([alice], {
        addresses: { virbr0: cidrs as [string] },
        forwarding: ['1', '1'],
      })
    ).asked.map((line) => line.replace(/^-(.) .* from (\S+) .*$/, '$1 $2'));
  assert.equal(await asked('203.0.113.5/30'), ['4 203.0.113.6']);
  assert.equal(await asked('203.0.113.5/31'), []);
  assert.equal(await asked('203.0.113.5/32', '10.8.0.1/24'), ['4 10.8.0.254']);
  assert.equal(await asked('fd00:8::1/124'), ['6 fd00:8::3']);
  assert.equal(await asked('fd00:8::1/125'), []);
  assert.equal(await asked('fe80::1/64'), []);
  assert.equal(await asked('fd00:8::1/64', '10.8.0.1/24'), ['4 10.8.0.254', '6 fd00:8::3']);
});

const arp = [
  '10.8.0.7    0x1  0x2  52:54:00:00:00:07  *  virbr0',
  '10.8.0.254  0x1  0x2  52:54:00:00:00:fe  *  virbr0',
  '10.8.0.9    0x1  0x0  00:00:00:00:00:00  *  virbr0',
  '10.9.0.7    0x1  0x2  52:54:00:00:00:08  *  lan',
];

test('a guest whom the host knows is asked for by his own address, the others by nobody’s', async () => {
  const asked = async (sender: Sender, addresses = usual) => (await ways([sender], { arp, addresses })).asked;
  assert.equal(await asked({ ...alice, mac: '52:54:00:00:00:07' }), [from('10.8.0.7')]);
  assert.equal(await asked({ ...alice, mac: '52:54:00:00:00:FE' }), [from('10.8.0.254')]);
  assert.equal(await asked(alice), [from('10.8.0.253')], 'the other one is somebody’s');
  assert.equal(
    await asked({ ...alice, mac: '52:54:00:00:00:08' }),
    [from('10.8.0.253')],
    'of another bridge',
  );
  assert.equal(await asked({ ...alice, mac: '00:00:00:00:00:00' }), [from('10.8.0.253')], 'no answer');
  assert.equal(await asked(alice, {}), [from('10.8.0.7')], 'a bridge without an address: of somebody on it');
  assert.equal(await asked({ name: 'vnet3', bridge: 'br9' }, {}), []);
});

test('where rules tell guests apart each is asked for by himself, with his mark', async () => {
  const senders = [
    { ...alice, mac: '52:54:00:00:00:07', mark: 7 },
    { ...bob, mark: 8 },
    { name: 'vnet3', bridge: 'br9', mark: 9 },
  ];
  const answer: Answer = (line) => (line.includes('10.8.0.7') ? [{ dev: 'wg0' }] : toEth0());
  for (const rule of [{ src: '10.8.0.7' }, { src: 'all', fwmark: '0x7' }, { fwmark: '0x7' }]) {
    const { found, asked } = await ways(senders, { arp, answer, rules: [...everybody, rule] });
    assert.equal(found, { vnet0: [{ family: 'IPv4', devices: ['wg0'] }], vnet1: byEth0, vnet3: [] });
    assert.equal(asked.slice(-2), [`${from('10.8.0.7')} mark 7`, `${from('10.8.0.253')} mark 8`]);
  }
  const { asked } = await ways(senders, { arp, answer, rules: [...everybody, { dst: '10.0.0.0' }] });
  assert.is(asked.length, 1, 'a rule about where they go is about all of them');
});

test('of several next hops each device counts once, and none that is dead; what is refused leads nowhere', async () => {
  const devices = async (answer: Answer) =>
    (await ways([alice], { answer })).found.vnet0?.flatMap((way) => way.devices);
  const hop = (dev: string, ...flags: string[]) => ({ dev, flags });
  assert.equal(await devices(() => [{ nexthops: [hop('wg0'), hop('eth0'), { dev: 'wg0' }] }]), [
    'eth0',
    'wg0',
  ]);
  assert.equal(await devices(() => [{ nexthops: [hop('wg0', 'dead', 'linkdown'), hop('eth0', 'onlink')] }]), [
    'eth0',
  ]);
  assert.equal(await devices(() => [{ type: 'blackhole', dev: 'lo' }]), []);
  assert.equal(await devices(() => undefined), []);
  assert.equal(await devices(() => []), []);
});

test('one that is refused takes no other’s answer', async () => {
  const senders = ['lan', 'virbr0', 'wan'].map((bridge) => ({ name: bridge, bridge }));
  const addresses: Addresses = { lan: ['10.7.0.1/24'], virbr0: ['10.8.0.1/24'], wan: ['10.9.0.1/24'] };
  const answer: Answer = (line) =>
    line.endsWith('virbr0') ? undefined : [{ dev: `of-${line.split(' ').at(-1)}` }];
  const { found } = await ways(senders, { addresses, answer });
  const devices = Object.values(found).map((one) => one.flatMap((way) => way.devices));
  assert.equal(devices, [['of-lan'], [], ['of-wan']]);
});

test('an ip that answers otherwise than it was asked says nothing of anybody', async () => {
  const host = {
    interfaces: () => interfacesOf({ ...usual, lan: ['10.9.0.1/24'] }),
    file: (path: string) => (path.endsWith('ip_forward') ? '1\n' : undefined),
  };
  const rules = JSON.stringify(everybody);
  const [a, b, c] = ['a', 'b', 'c'].map((dev) => JSON.stringify([{ dev }]));
  for (const said of [[], [rules], [a, b], [rules, a, b, c]]) {
    const stdout = said.map((line) => `${line}\n`).join('');
    const run = (async () => ({ status: 0, stdout, stderr: '' })) as unknown as Run;
    const found = await readWaysOut(run, [alice, { name: 'lan', bridge: 'lan' }], host);
    const devices = [...found.values()].flat().flatMap((way) => way.devices);
    assert.equal(devices, [], stdout);
  }
});

test.run();
