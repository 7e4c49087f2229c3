// What is said of uplinks that this host's devices do not bear out, by check, doctor and load, each from devices made
// up for it. Whether real frames take these ways is test/kernel/uplinks.test.ts.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseRules } from '../../../src/diff/parse-rules.ts';
import { checkNetwork } from '../../../src/doctor/network.ts';
import type { Guest } from '../../../src/guests/guest.ts';
import type { Device } from '../../../src/host/host.ts';
import { stackOf } from '../../../src/host/host.ts';
import { checkUplinks } from '../../../src/policy/check-uplinks.ts';
import { findUplinks, portsOn, sharedBelow } from '../../../src/policy/uplinks.ts';
import { formatProblem } from '../../../src/report/problems.ts';
import { wrong } from '../../support/findings.ts';
import { generateFor, readToml } from '../../support/world.ts';

const nic: Device = { tap: false, physical: true, speed: 1e9 };
const port = (master: string, ...lower: string[]): Device => ({
  ...nic,
  master,
  ...(lower.length > 0 ? { lower } : {}),
});
const bridge: Device = { tap: false };
const tap = (master: string): Device => ({ tap: true, master });

/** Two VLANs of one NIC, each in a bridge of its own. */
const vlans = {
  br0: bridge,
  br1: bridge,
  eth0: nic,
  'eth0.100': port('br0', 'eth0'),
  'eth0.200': port('br1', 'eth0'),
};
const map = (devices: Record<string, Device>) => new Map(Object.entries(devices));
const kernel = { leaf: 'fq_codel', redirect: 'fw' } as const;

/** The first line of each problem, without its file. */
function said(toml: string, devices: Record<string, Device>): string[] {
  return checkUplinks(readToml(toml), map(devices)).map(
    (problem) =>
      formatProblem(problem)
        .split('\n')[0]
        ?.replace(/^.*?config\.toml:/, '') ?? '',
  );
}

test('what lies on what, down to the NIC', () => {
  const devices = map({ ...vlans, 'eth0.100.7': port('br2', 'eth0.100') });
  assert.equal(stackOf(devices, 'eth0.100.7'), ['eth0.100.7', 'eth0.100', 'eth0']);
  assert.equal(stackOf(devices, 'gone'), ['gone']);
  assert.equal(
    portsOn(devices, 'eth0.100').map(({ name }) => name),
    ['eth0.100', 'eth0.100.7'],
  );
  assert.is(sharedBelow(devices, 'eth0.100', ['eth0.100', 'eth0.200']), 'eth0');
  assert.is(sharedBelow(devices, 'eth0.100.7', ['eth0.100.7', 'eth0.100']), 'eth0', 'the link itself');
  assert.is(sharedBelow(devices, 'eth0.100', ['eth0.100', 'eth7']), 'eth0.100');
});

test('check: nothing to say of what is as it is written', () => {
  assert.equal(said('[uplink.eth0]\nbridge = ["br0", "br1"]\n', vlans), []);
  assert.equal(
    said('[uplink.eth0]\n[uplink.eth1]\nbridge = "br9"\n[uplink.eth2]\n', vlans),
    [],
    'absent devices are told of elsewhere',
  );
  assert.equal(said('[uplink."eth0.100"]\n[uplink."eth0.200"]\n', vlans), []);
});

test('check: an uplink of no bridge, a bridge that it is not below, and two of which one lies on the other', () => {
  assert.equal(said('[uplink.eth0]\n', { eth0: nic, bond0: port('br0'), br0: bridge }), [
    '1:9: warning: uplink.eth0: eth0 is no port of a bridge, and none lies on it: no guest is behind it',
  ]);
  assert.equal(said('[uplink."eth0.100"]\nbridge = ["br0", "br1"]\n', vlans), [
    '2:18: warning: uplink."eth0.100".bridge: no port of br1 is eth0.100 or lies on it',
  ]);
  const [both = '', ...more] = said('[uplink.eth0]\n[uplink."eth0.100"]\n', vlans);
  assert.match(
    both,
    /^2:9: warning: uplink\."eth0\.100": eth0\.100 lies on eth0, which is an uplink too \(.*:1:9\)/,
  );
  assert.equal(more, []);
});

test('a port whose name nft cannot be told never gets into the rules', () => {
  const odd = { br0: bridge, eth0: nic, 'x" . "y': port('br0', 'eth0') };
  const ways = findUplinks(readToml('[uplink.eth0]\n'), { devices: map(odd), kernel }, [], 'br0');
  assert.equal(ways.uplinks, []);
  assert.match(
    ways.doubts[0]?.reason ?? '',
    /^the uplink of br0 has a name that virt-shaper does not take: .*x/,
  );
});

test('what a configured uplink has left does not make an uplink of a port that is no NIC', () => {
  const left = { br0: bridge, eth0: nic, veth7: { tap: false, master: 'br0' } };
  const find = (toml: string, devices: Record<string, Device>) =>
    findUplinks(readToml(toml), { devices: map(devices), kernel }, [], 'br0');
  const { uplinks, doubts } = find('[uplink.eth0]\n', left);
  assert.equal(uplinks, []);
  assert.equal(
    doubts.map(({ kind, uplink }) => `${kind} ${uplink}`),
    ['unable eth0'],
  );
  assert.match(doubts[0]?.reason ?? '', 'has no NIC, and the uplink eth0 is a port of no bridge');
  const names = (toml: string, devices: Record<string, Device>) =>
    find(toml, devices).uplinks.map(({ name }) => name);
  assert.equal(names('', left), ['veth7'], 'nothing is configured');
  assert.equal(names('[uplink.eth0]\n', { ...left, eth1: port('br0') }), ['eth1']);
  assert.equal(names('[uplink.eth0]\nrouted = ["virbr0"]\n', left), ['veth7'], 'it need be in no bridge');
  const several = { ...left, veth8: { tap: false, master: 'br0' } };
  assert.equal(
    find('[uplink.eth0]\n', several).doubts.map(({ reason, ports, uplink }) => ({ reason, ports, uplink })),
    [
      {
        reason:
          'the uplink eth0 is a port of no bridge: put it back; or, as br0 has 2 ports that may be its uplink (veth7, veth8), name it as [uplink.NAME] bridge = "br0"',
        ports: undefined,
        uplink: 'eth0',
      },
    ],
  );
  const other = { ...left, br1: bridge, eth0: port('br1') };
  assert.equal(names('[uplink.eth0]\n', other), ['veth7'], 'it is the uplink of another bridge');
});

test('a bridge with several ports that may be its uplink has none until one is written; of many the first four are named', () => {
  const reasonFor = (count: number, more: Record<string, Device> = {}) => {
    const veths = Array.from({ length: count }, (_none, at) => [
      `veth${count - at}`,
      { tap: false, master: 'br0' },
    ]);
    const devices = map({ br0: bridge, ...Object.fromEntries(veths), ...more });
    const { uplinks, doubts } = findUplinks(readToml(''), { devices, kernel }, [], 'br0');
    return uplinks.length > 0 ? uplinks.map(({ name }) => name).join() : doubts[0]?.reason;
  };
  const many = (count: number, names: string) =>
    `br0 has ${count} ports that may be its uplink (${names}): name it as [uplink.NAME] bridge = "br0"`;
  assert.is(reasonFor(1), 'veth1');
  assert.is(reasonFor(2), many(2, 'veth1, veth2'));
  assert.is(reasonFor(4), many(4, 'veth1, veth2, veth3, veth4'));
  assert.is(reasonFor(5), many(5, 'veth1, veth2, veth3, veth4, ...'));
  assert.is(reasonFor(5, { eth0: port('br0') }), 'eth0', 'the only NIC among them');
  assert.is(reasonFor(1, { eth0: port('br0'), eth1: port('br0') }), many(3, 'eth0, eth1, veth1'));
});

test('of routed bridges the one that is not there is named, with its place', () => {
  const devices = { eth0: nic, br0: bridge };
  assert.equal(said('[uplink.eth0]\nrouted = ["br0", "virbr9", "libvirt"]\n', devices), [
    '2:18: warning: uplink.eth0.routed: there is no bridge virbr9 now',
  ]);
});

test('a guest on a bridge that no uplink has reads what to write, and which bridge is missed', () => {
  const told = (routed: string) => {
    const { policy } = generateFor({
      config: readToml(`[uplink.eth0]\nceil = "1gbit"\n${routed}[guest.ann]\n`),
      guests: [{ name: 'ann', driver: 'qemu', nics: [{ tap: 'vnet0', bridge: 'virbr7' }] }],
      host: { devices: map({ eth0: nic, virbr7: bridge, vnet0: tap('virbr7') }), kernel },
    });
    return policy.unshaped.map(({ reason, remedy = '' }) => `${reason}; ${remedy}`);
  };
  const remedy = (uplink: string) =>
    `give it a NIC on a bridge with an uplink, where the host routes for virbr7, write routed = ["virbr7"] in [uplink.${uplink}], or take its entry out of the configuration`;
  assert.equal(told(''), [
    `its bridge virbr7 has no uplink (the uplink eth0 is a port of no bridge: put it back if it was in this one); ${remedy('eth0')}`,
  ]);
  assert.equal(told('routed = "libvirt"\n'), [`its bridge virbr7 has no uplink; ${remedy('NAME')}`]);
  assert.equal(told('routed = ["virbr0"]\n'), [
    `its bridge virbr7 has no uplink (virbr0, which [uplink.eth0] has as routed, is not there); ${remedy('eth0')}`,
  ]);
});

test('a NIC that is found beside a configured one that is not there is said to be taken, and what that costs', () => {
  const warnings = (toml: string) =>
    generateFor({
      config: readToml(`${toml}[guest.ann]\nrate = "1mbit"\n`),
      guests: [{ name: 'ann', driver: 'qemu', nics: [{ tap: 'vnet0', bridge: 'br0' }] }],
      host: { devices: map({ br0: bridge, eth0: port('br0'), vnet0: tap('br0') }), kernel },
    }).policy.warnings;
  assert.equal(warnings('[uplink.eth9]\nceil = "100mbit"\n'), [
    'eth0 is taken for the uplink of br0, which the configuration does not name, and there is no device of ' +
      '[uplink.eth9]: its values count nowhere',
  ]);
  assert.equal(warnings('[uplink.eth0]\nceil = "100mbit"\n'), []);
  assert.equal(warnings(''), [], 'nothing is configured, so nothing is missed');
  assert.equal(warnings('[uplink.eth9]\nceil = "100mbit"\nrouted = "virbr0"\n'), [], 'of other bridges');
});

test('doctor: uplinks over one NIC that do not say what each has, and a NIC beside the configured one', () => {
  const judged = (toml: string, devices: Record<string, Device>, bridges = ['br0', 'br1']) =>
    wrong(
      checkNetwork({
        devices: map(devices),
        networks: new Map(),
        bridges,
        config: readToml(toml),
        guests: [],
        shaped: new Set(),
        unreachable: [],
        foreignMarks: [],
        waysOut: new Map(),
      }),
    );
  const toItself =
    'warning eth0: eth0.100 and eth0.200 lie on it, and each is shaped as if it had the link to itself';
  assert.equal(judged('', vlans), [toItself]);
  assert.equal(judged('[uplink."eth0.100"]\nceil = "1mbit"\n', vlans), [toItself]);
  const divided = '[uplink."eth0.100"]\nceil = "400mbit"\n[uplink."eth0.200"]\nceil = "600mbit"\n';
  assert.equal(judged(divided, vlans), []);
  assert.equal(judged('[uplink.eth0]\n', vlans), []);
  const under = { ...vlans, eth0: port('br2'), br2: bridge };
  assert.equal(judged('', under, ['br0', 'br1', 'br2']), [], 'found: the NIC that is a port itself');
  assert.equal(judged('[uplink."eth0.100"]\nceil = "1mbit"\n', under, ['br0', 'br2']), [
    "warning eth0: eth0.100 lies on it, and it is an uplink too: what passes both is shaped twice, here as nobody's",
  ]);
  const beside = { br0: bridge, eth0: port('br0'), eth1: port('br0') };
  assert.match(
    judged('[uplink.eth0]\n', beside, ['br0'])[0] ?? '',
    'warning br0: also leads out by eth1, which is no uplink',
  );
  assert.equal(judged('[uplink.eth0]\n[uplink.eth1]\n', beside, ['br0']), []);
});

test('doctor: a bridge with an uplink in doubt is a problem where one NIC of any guest is in it', () => {
  const judged = (guests: Guest[]) =>
    wrong(
      checkNetwork({
        devices: map({ br0: bridge, br1: bridge, a: port('br0'), b: port('br0') }),
        networks: new Map(),
        bridges: ['br0'],
        config: readToml(''),
        guests,
        shaped: new Set(),
        unreachable: [],
        foreignMarks: [],
        waysOut: new Map(),
      }),
    )[0]?.split(' ')[0];
  const guest = (...bridges: string[]): Guest => ({
    name: 'ann',
    driver: 'qemu',
    nics: bridges.map((name, at) => ({ tap: `vnet${at}`, bridge: name })),
  });
  assert.is(judged([]), 'warning');
  assert.is(judged([guest('br1')]), 'warning');
  assert.is(judged([guest('br0')]), 'problem');
  assert.is(judged([guest('br1', 'br0')]), 'problem');
  assert.is(judged([guest('br1'), guest('br0', 'br1')]), 'problem');
});

test('load: a pair by a port that lies on the uplink must lead to a class there, and the way back must be there', () => {
  const config = readToml('[uplink.eth0]\n[guest.cliff]\nrate = "1mbit"\nid = 0x10\n');
  const guests = [{ name: 'cliff', driver: 'qemu' as const, nics: [{ tap: 'vnet0', bridge: 'br0' }] }];
  const { rules } = generateFor({
    config,
    guests,
    host: { devices: map({ ...vlans, vnet0: tap('br0') }), kernel },
  });
  parseRules(rules, 'rules.d');
  const edited = (from: string, to: string) => () =>
    parseRules({ ...rules, 'ruleset.nft': rules['ruleset.nft'].replace(from, to) }, 'rules.d');
  assert.throws(
    edited('"vnet0" . "eth0.100"', '"vnet0" . "eth0.300"'),
    /leads to eth0\.300, for which shape\.tc has/,
  );
  assert.throws(edited('set 1:10', 'set 1:99'), /leads to class 1:99, which shape\.tc does not have on eth0/);
});

test('an uplink below several bridges has a port in each in which a guest is', () => {
  const guest = (name: string, tap: string, bridge: string) => ({
    name,
    driver: 'qemu' as const,
    nics: [{ tap, bridge }],
  });
  const { policy } = generateFor({
    config: readToml('defaults.unlisted = "shape"\n[uplink.eth0]\n'),
    guests: [guest('ann', 'vnet0', 'br0'), guest('ben', 'vnet1', 'br1'), guest('cat', 'vnet2', 'br1')],
    host: {
      devices: map({ ...vlans, vnet0: tap('br0'), vnet1: tap('br1'), vnet2: tap('br1') }),
      kernel,
    },
  });
  const [uplink, ...more] = policy.uplinks;
  assert.equal(more, []);
  assert.equal(
    uplink?.ports.map(({ name, bridge: of }) => `${name} ${of}`),
    ['eth0.100 br0', 'eth0.200 br1'],
  );
});

test('a guest that leads the others out is left alone there, and they are shaped at its tap', () => {
  const guest = (name: string, device: string): Guest => ({
    name,
    driver: 'qemu',
    nics: [{ tap: device, bridge: 'br0' }],
  });
  const { policy, rules } = generateFor({
    config: readToml('defaults.unlisted = "shape"\n[uplink.vnet0]\nceil = "1gbit"\n[guest.router]\n'),
    guests: [guest('router', 'vnet0'), guest('ann', 'vnet1')],
    host: { devices: map({ br0: bridge, vnet0: tap('br0'), vnet1: tap('br0') }), kernel },
  });
  assert.equal(
    policy.uplinks.map(({ name, guests }) => [name, guests.map((one) => one.name)]),
    [['vnet0', ['ann']]],
  );
  const [left, ...more] = policy.unshaped;
  assert.equal(more, []);
  assert.equal([left?.guest, left?.tap], ['router', 'vnet0']);
  assert.is(left?.uplink, undefined, 'nothing of the uplink is lacking');
  assert.is(left?.reason, 'vnet0 is the uplink of the others itself, by [uplink.vnet0]');
  assert.not.throws(() => parseRules(rules, 'rules.d'), 'what is rendered can be loaded');
});

test('check: the tap of a guest is in doubt as an uplink only beside a NIC that is none', () => {
  const router = { br0: bridge, vnet0: tap('br0'), veth7: { tap: false, master: 'br0' } };
  assert.equal(said('[uplink.vnet0]\n', router), []);
  const beside = { ...router, eth0: port('br0') };
  assert.equal(said('[uplink.vnet0]\n', beside), [
    '1:9: warning: uplink.vnet0: vnet0 is the tap of a guest, which is not shaped there itself',
  ]);
  assert.equal(said('[uplink.vnet0]\n[uplink.eth0]\n', beside), []);
  assert.equal(said('[uplink.vnet0]\n', { ...router, br1: bridge, eth0: port('br1') }), []);
  const vlan = { ...router, eth0: nic, 'eth0.7': port('br0', 'eth0') };
  assert.equal(said('[uplink.vnet0]\n', vlan).length, 1);
  assert.equal(said('[uplink.vnet0]\n[uplink.eth0]\n', vlan), []);
});

test('where a VLAN and what it lies on are both uplinks of a routed bridge, each leads to its own tree only', () => {
  const links = ['eth0', 'eth0.100']
    .map((name) => `[uplink."${name}"]\nceil = "1gbit"\nrouted = "virbr0"\n`)
    .join('');
  const nics = (name: string, tap: string, bridge: string) =>
    ({ name, driver: 'qemu', nics: [{ tap, bridge }] }) as const;
  const ends = {
    bridged: { eth0: port('br0'), 'eth0.100': port('br1', 'eth0') },
    routed: { eth0: nic, 'eth0.100': { ...nic, lower: ['eth0'] } },
  };
  for (const [how, uplinks] of Object.entries(ends)) {
    const devices = {
      br0: bridge,
      br1: bridge,
      virbr0: bridge,
      ...uplinks,
      vnet0: tap('br0'),
      vnet1: tap('virbr0'),
    };
    const guests = [
      nics('ann', 'vnet1', 'virbr0'),
      ...(how === 'bridged' ? [nics('ben', 'vnet0', 'br0')] : []),
    ].map((guest) => ({ ...guest, nics: [...guest.nics] }));
    const { rules, policy } = generateFor({
      config: readToml(`defaults.unlisted = "shape"\n${links}`),
      guests,
      host: { devices: map(devices), kernel },
    });
    assert.is(parseRules(rules, 'rules.d').objects.size > 0, true, how);
    const ways = policy.uplinks.map(({ name, ports, routes }) => [
      name,
      ...ports.map((one) => one.name),
      ...routes,
    ]);
    assert.equal(
      ways,
      [
        ['eth0', 'eth0'],
        ['eth0.100', 'eth0.100'],
      ],
      how,
    );
  }
});

test.run();
