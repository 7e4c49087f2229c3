// What doctor's advice says word for word, where a person types it or goes by a figure in it.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkBypass } from '../../../src/doctor/bypass.ts';
import { checkInTheWay, type Obstacles } from '../../../src/doctor/in-the-way.ts';
import { checkKernel, type KernelFacts } from '../../../src/doctor/kernel.ts';
import { checkLibvirt, type LibvirtFacts } from '../../../src/doctor/libvirt.ts';
import { checkNetwork } from '../../../src/doctor/network.ts';
import { checkTools } from '../../../src/doctor/tools.ts';
import type { Guest } from '../../../src/guests/guest.ts';
import type { Device } from '../../../src/host/host.ts';
import { emptyState, kernelWith } from '../../../src/kernel/objects.ts';
import { named } from '../../support/findings.ts';
import { makeWorld } from '../../support/world.ts';

const { loaded: _, ...clean } = kernelWith(emptyState());

function inTheWay(change: Partial<Obstacles>, bandwidth = false) {
  const nic = { tap: 'vnet0', bridge: 'br0', ...(bandwidth ? { bandwidth: true as const } : {}) };
  const guest: Guest = { name: 'cliff', driver: 'qemu', nics: [nic] };
  const [found] = checkInTheWay({ ...clean, ...change }, ['eth0'], [guest], new Set(['vnet0']));
  return [found?.detail, found?.hint];
}

test("libvirt's own limits: what takes them out for now, in which direction", () => {
  const domiftune = 'take <bandwidth> out of the XML; now: virsh domiftune cliff vnet0';
  assert.equal(inTheWay({}, true), [
    "guest cliff: libvirt's own <bandwidth>, a second master",
    `${domiftune} --inbound 0 --outbound 0 --live`,
  ]);
  assert.equal(inTheWay({ foreignRoots: new Map([['vnet0', 'htb 1:']]) }), [
    "guest cliff: a root qdisc, as libvirt's <bandwidth><inbound> sets (htb 1:), so what it receives has two masters",
    `${domiftune} --inbound 0 --outbound 0 --live`,
  ]);
  const occupied = { occupiedTaps: new Set(['vnet0']) };
  assert.equal(inTheWay(occupied, true), [
    "guest cliff: vnet0 has an ingress qdisc, which libvirt's <bandwidth><outbound> sets and which leaves no room for ours",
    `${domiftune} --outbound 0 --live; virt-shaper sync --in-force`,
  ]);
  assert.equal(inTheWay(occupied), [
    'guest cliff: vnet0 has an ingress qdisc of others, which leaves no room for ours',
    'let its owner use clsact, which has the same hook; or if nobody needs it: tc qdisc del dev vnet0 ingress; virt-shaper sync --in-force',
  ]);
});

test('what stands on an uplink, and how it goes away', () => {
  assert.equal(inTheWay({ foreignRoots: new Map([['eth0', 'pfifo 7:']]) }), [
    "its root qdisc is somebody else's: pfifo 7:; what guests send by it is not shaped",
    'if nobody needs it: tc qdisc del dev eth0 root',
  ]);
  assert.equal(inTheWay({ present: new Set(['ifb-eth0']) }), [
    "virt-shaper did not make this device, which stands where eth0's ifb goes",
    'if nobody needs it: ip link del dev ifb-eth0',
  ]);
});

test('an old libvirt, and from which on it is well', () => {
  const facts: LibvirtFacts = {
    installed: true,
    version: '6.4.0',
    systemd: true,
    daemons: new Map([['libvirtd', 1]]),
    sockets: [],
    drivers: [],
    program: { value: ['x'] },
    hooks: [],
    syncs: true,
  };
  const { detail, hint } = named(checkLibvirt(facts), 'libvirt.version');
  assert.equal(
    [detail, hint],
    [
      '6.4.0 reads no hooks from qemu.d, which takes 6.5: only the file hooks/qemu is called',
      'virt-shaper hooks install knows both ways',
    ],
  );
});

test('an uplink of unknown speed: what is taken for it, and what to write; one that shares its link with others', () => {
  const network = (toml: string, devices: Record<string, Device>, obstacles?: Obstacles) =>
    checkNetwork({
      ...(obstacles ? { obstacles } : {}),
      devices: new Map(Object.entries(devices)),
      networks: new Map(),
      bridges: ['br0', 'br1'],
      config: makeWorld(toml, {}).config,
      guests: [],
      shaped: new Set(),
      unreachable: [],
      foreignMarks: [],
      waysOut: new Map(),
    });
  const port = (master: string, lower: string[] = []) => {
    return { tap: false, master, physical: true, ...(lower.length > 0 ? { lower } : {}) };
  };
  const { detail, hint } = named(network('', { eth0: port('br0') }), 'bridge');
  assert.equal(
    [detail, hint],
    [
      'uplink eth0, of a speed the kernel does not know: 10gbit is assumed',
      'write what it has, so that guarantees hold when it is full: [uplink.eth0] ceil = "1gbit"',
    ],
  );
  const vlans = {
    eth0: { tap: false, physical: true },
    v1: port('br0', ['eth0']),
    v2: port('br1', ['eth0']),
  };
  const shared = (toml: string) =>
    network(toml, vlans)
      .filter(({ check }) => check === 'uplink.shared')
      .map((one) => `${one.subject}: ${one.detail}; ${one.hint}`);
  const place = 'so that they share it: [uplink.eth0] in the place of [uplink.v1] and [uplink.v2]';
  assert.equal(shared('[uplink.v1]\n[uplink.v2]\n'), [
    `eth0: v1 and v2 lie on it, and each is shaped as if it had the link to itself; ${place}`,
  ]);
  const crossed = { ...vlans, v1: port('br1', ['eth0']), v2: port('br0', ['eth0']) };
  const state = { ...clean, foreignRoots: new Map(['v2', 'v1'].map((name) => [name, 'pfifo 7:'])) };
  const two = network('[uplink.v1]\n[uplink.v2]\n', crossed, state);
  assert.match(
    named(two, 'uplink.shared').detail,
    /^v1 and v2 lie on it/,
    'in order, whatever their bridges are',
  );
  assert.equal(
    two.filter(({ check }) => check === 'root-qdisc').map(({ subject }) => subject),
    ['v1', 'v2'],
  );
  const ceil = 'ceil = "1gbit"\n';
  assert.equal(shared(`[uplink.v1]\n${ceil}[uplink.v2]\n`).length, 1, 'one of them is not written');
  assert.equal(shared(`[uplink.v1]\n${ceil}[uplink.v2]\n${ceil}`), []);
});

test('a kernel: what it lacks and what its choices are, each with where the rest comes from', () => {
  const kernel: KernelFacts = {
    release: '6.12.1',
    modulesThere: true,
    lacking: { value: new Set(['sch_htb']) },
    chosen: { failed: 'x' },
    cache: '/run/k',
    bridgeTable: { value: undefined },
    hasBpftool: true,
  };
  const comes =
    'it comes with the kernel\'s modules: linux-modules-extra-6.12.1 on Ubuntu, kernel-modules-extra-6.12.1 on Fedora and RHEL, linux-image without "cloud" on Debian';
  const htb = named(checkKernel(kernel), 'kernel.htb');
  assert.equal([htb.detail, htb.hint], ['this kernel has no sch_htb: classes with rate and ceil', comes]);
  const gone = named(checkKernel({ ...kernel, modulesThere: false }), 'kernel');
  assert.equal(
    [gone.detail, gone.hint],
    [
      '6.12.1, whose modules are not on the disk: what is not loaded by now cannot be',
      'a newer kernel was installed? then reboot; otherwise install the modules of 6.12.1',
    ],
  );
  const leaf = (...lacking: string[]) =>
    named(checkKernel({ ...kernel, lacking: { value: new Set(lacking) } }), 'kernel.leaf').note;
  assert.equal(
    [
      leaf(),
      leaf('sch_cake'),
      leaf('sch_sfq'),
      leaf('sch_sfq', 'sch_cake'),
      leaf('sch_fq_codel', 'sch_cake'),
    ],
    [undefined, '"cake"', '"sfq"', '"cake" or "sfq"', '"cake"'].map(
      (kinds) => kinds && `leaf = ${kinds} gets that, too: not in this kernel`,
    ),
  );
  const kept = (now: object, before: object) =>
    checkKernel({ ...kernel, chosen: { value: now as never }, kept: before as never }).filter(
      ({ check }) => check === 'kernel.kept',
    );
  const [fw, u32] = [
    { leaf: 'fq_codel', redirect: 'fw', lacking: [] },
    { leaf: 'fq_codel', redirect: 'u32', lacking: ['cake', 'sfq'] },
  ];
  assert.equal(kept(fw, fw), []);
  assert.is(kept(fw, u32)[0]?.detail, 'fq_codel and u32 are still used; fq_codel and fw would be chosen now');
  assert.is(
    kept({ ...u32, lacking: ['sfq'] }, u32)[0]?.detail,
    'still taken to lack sch_cake, sch_sfq; it lacks sch_sfq now',
  );
  assert.is(kept(fw, u32)[0]?.hint, 'rm /run/k && virt-shaper apply');
});

test('which Node.js is new enough', () => {
  const level = (node: string) =>
    named(checkTools({ uid: 0, lackingRights: [], node, tools: new Map() }), 'node').level;
  for (const old of ['16.20.2', '17.99.0', '18.0.0', '18.12.9']) assert.is(level(old), 'problem', old);
  for (const node of ['18.13.0', '18.14.1', '19.0.0', '20.0.0', '26.1.0']) assert.is(level(node), 'ok', node);
});

test('settings that cannot be set, and versions of tools', () => {
  const [settings] = checkBypass({ flowtables: new Map(), rules: [], unseen: [], fixed: ['net.a'] });
  assert.equal(
    [settings?.detail, settings?.hint],
    [
      "net.a cannot be set here (/proc/sys is read-only): what the kernel answers a guest's pings with passes its ceil",
      'set it outside of the container: sysctl net.a=1',
    ],
  );
  const version = (name: string, value: string) =>
    named(
      checkTools({ uid: 0, lackingRights: [], node: '20.1.0', tools: new Map([[name, { value }]]) }),
      `tool.${name}`,
    ).detail;
  assert.is(version('tc', 'tc utility, iproute2-5.10.0\nmore 1.2.3\n'), 'iproute2 5.10.0');
  assert.is(version('nft', 'nftables v1.0.6 (Lester Gooch #5)'), '1.0.6');
  assert.is(version('flock', 'flock from nowhere'), 'flock from nowhere');
  assert.is(version('flock', ' \n'), 'of unknown version');
  for (const [name, tools] of [
    ['root, but without A and B', { uid: 0, lackingRights: ['A', 'B'] }],
    ['not root (uid 7): what follows is only what this user may see', { uid: 7, lackingRights: ['A'] }],
  ] as const)
    assert.is(
      named(
        checkTools({
          node: '20.1.0',
          tools: new Map(),
          uid: tools.uid,
          lackingRights: [...tools.lackingRights],
        }),
        'user',
      ).detail,
      name,
    );
});

test.run();
