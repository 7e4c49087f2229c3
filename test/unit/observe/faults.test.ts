// What is said of a guest's taps, in which words and with which remedy, and along which ways others' rules are looked for.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Facts } from '../../../src/observe/facts.ts';
import type { Fault } from '../../../src/observe/fault.ts';
import { type Look, makeJudge } from '../../../src/observe/faults.ts';
import type { ClassInUse, UplinkInUse } from '../../../src/observe/in-use.ts';
import type { Way } from '../../../src/observe/way/passage.ts';
import type { TapPlan } from '../../../src/plan/plan.ts';
import type { Obstacle } from '../../../src/store/in-force-plan.ts';
import { both } from '../../../src/units/units.ts';
import { healthy } from '../../support/facts.ts';

const mark = 0x76730010;
const arrival = 0x76740000;
const tap: TapPlan = { name: 'vnet0', bridge: 'br0', guest: 'ann', mark, clsact: true };
const sync = 'virt-shaper sync --in-force finds where guests run now';

function classes() {
  return both((direction): ClassInUse => {
    const device = direction === 'out' ? 'eth0' : 'ifb-eth0';
    const id = direction === 'out' ? '1:10' : '2:10';
    return {
      kind: 'guest',
      name: 'ann',
      device,
      id,
      rate: 1,
      ceil: 1,
      use: {} as ClassInUse['use'] & object,
    };
  });
}

interface Scene {
  taps?: TapPlan[];
  ports?: UplinkInUse['ports'];
  routes?: string[];
  look?: Look;
  refused?: Obstacle[];
  change?: (facts: Facts) => void;
  /** The directions in which there is no class. */
  without?: 'out' | 'in';
}

function judge({
  taps = [tap],
  look,
  refused = [],
  change = () => {},
  without,
  ...rest
}: Scene = {}): Fault[] {
  const facts = healthy(new Map([['vnet0', mark]]));
  change(facts);
  const trees = both((direction) => ({ direction, device: direction === 'out' ? 'eth0' : 'ifb-eth0' }));
  const { ports = [{ name: 'eth0', bridge: 'br0' }], routes = [] } = rest;
  const uplink = { name: 'eth0', ports, routes, arrival, trees } as unknown as UplinkInUse;
  const own = classes();
  if (without) delete own[without].use;
  return makeJudge(uplink, facts, look, refused)({ guest: 'ann', taps, classes: own });
}

const told = (scene: Scene) => judge(scene).map(({ reason, remedy }) => `${reason}; ${remedy}`);

test('each thing that happened to a tap is said, with what helps', () => {
  assert.equal(told({}), []);
  const by = (change: (facts: Facts) => void) => told({ change });
  const missing =
    'libvirt says that it runs by vnet0, and there is no such device: it has another name, or is unplugged; ip link shows what there is; a tap of libvirt keeps its name';
  const moved = `its tap vnet0 is no port of br0 any more; ${sync}`;
  const changes: [said: string | undefined, change: (facts: Facts) => void][] = [
    [`its tap vnet0 is gone; ${sync}`, ({ devices }) => devices.delete('vnet0')],
    [missing, ({ devices, missing }) => devices.delete('vnet0') && missing.add('vnet0 ann')],
    [`its tap vnet0 is of guest bob now; ${sync}`, ({ owners }) => owners.set('vnet0', 'bob')],
    [undefined, ({ owners }) => owners.set('vnet0', 'ann')],
    [moved, ({ ports }) => ports.get('br0')?.delete('vnet0')],
    [moved, ({ ports }) => ports.delete('br0')],
  ];
  for (const [said, change] of changes) assert.equal(by(change), said === undefined ? [] : [said]);
  assert.equal(
    by((facts) => {
      facts.table.kind = 'missing';
    }),
    [
      'the nftables table bridge virt-shaper is not there; virt-shaper sync --in-force puts back what is missing',
    ],
  );
  assert.equal(
    by(({ amiss }) => amiss.push('net.ipv4.fwmark_reflect', 'net.ipv6.fwmark_reflect')),
    ['ipv4', 'ipv6'].map(
      (family) =>
        `net.${family}.fwmark_reflect is not as it was loaded: what the host itself answers to forged pings of its has no limit; virt-shaper sync --in-force, or: sysctl -w net.${family}.fwmark_reflect=1`,
    ),
  );
});

test('every device that is down on the way is named once, the tap first', () => {
  const down = (...names: string[]) =>
    told({
      ports: [
        { name: 'eth0', bridge: 'br0' },
        { name: 'eth0.5', bridge: 'br0' },
        { name: 'eth0.6', bridge: 'br9' },
      ],
      change: ({ devices, ports }) => {
        ports.get('br0')?.add('eth0.5');
        for (const name of names) devices.set(name, { up: false, ours: false });
      },
    });
  const said = (name: string) => `${name} is down, so nothing passes it; ip link set dev ${name} up`;
  for (const name of ['vnet0', 'br0', 'eth0', 'eth0.5']) assert.equal(down(name), [said(name)]);
  assert.equal(down('eth0', 'br0', 'vnet0'), ['vnet0', 'br0', 'eth0'].map(said));
  assert.equal(down('eth0.6', 'br9', 'vnet7'), [], 'not on its way');
});

test('a port that has left its bridge is said where the device is still there, beside a table that is gone, too', () => {
  const ports = [
    { name: 'eth0', bridge: 'br0' },
    { name: 'eth0.5', bridge: 'br0' },
  ];
  const moved =
    'eth0.5 is no port of br0 any more; ip link set dev eth0.5 master br0, or where that is meant: virt-shaper sync --in-force';
  assert.equal(told({ ports }), [], 'a device that is gone has not moved');
  const change = ({ devices }: Facts) => devices.set('eth0.5', { up: true, ours: false });
  assert.equal(told({ ports, change }), [moved]);
  const [first, second] = told({
    ports,
    change: (facts) => {
      change(facts);
      facts.table.kind = 'missing';
    },
  });
  assert.is(first, moved);
  assert.match(second ?? '', /^the nftables table bridge virt-shaper is not there;/);
});

const nothing = () => [];
const fault = (kind: Fault['kind'], reason = 'r'): Fault => ({ kind, reason });

/** The ways that are looked along, each in short. */
function ways(scene: Scene, answer: (way: Way) => Fault[] = nothing): { asked: string[]; found: Fault[] } {
  const asked: string[] = [];
  const found = judge({
    ...scene,
    look: (way) => {
      assert.is(way.device, way.direction === 'out' ? 'eth0' : 'ifb-eth0');
      assert.is(way.class, way.direction === 'out' ? '1:10' : '2:10');
      assert.equal([way.tap, way.mark], ['vnet0', mark]);
      asked.push(shortly(way));
      return answer(way);
    },
  });
  return { asked, found };
}

function shortly({ direction, port, routed }: Way): string {
  const how = [...(routed?.beside ? ['beside'] : []), ...(routed?.answered ? ['answered'] : [])];
  const by = routed ? [`by ${routed.bridge} 0x${routed.mark.toString(16)}`, ...how] : ['bridged'];
  return [direction, port.name, ...by].join(' ');
}

test('of a bridged guest each port and direction is looked at, then what passes through the host, then its answers', () => {
  const ports = [
    { name: 'eth0', bridge: 'br0' },
    { name: 'eth0.5', bridge: 'br0' },
  ];
  const change = ({ ports: all }: Facts) => all.get('br0')?.add('eth0.5');
  const sender = 0x76750010;
  const sent = (port: string, held = 'by br0 0x76730010') => [
    `out ${port} bridged`,
    `out ${port} ${held} beside`,
    `out ${port} ${held} beside answered`,
  ];
  const received = (port: string) => [`in ${port} bridged`, `in ${port} by br0 0x76740000 beside`];
  const all = [...sent('eth0'), ...sent('eth0.5'), ...received('eth0'), ...received('eth0.5')];
  assert.equal(ways({ ports, change }).asked, all);
  assert.equal(ways({ ports, change }).found, []);
  assert.equal(
    ways({ ports }).asked,
    [...sent('eth0'), ...received('eth0')],
    'a port that has left is no exit',
  );
  assert.equal(
    ways({ taps: [{ ...tap, sender }] }).asked.slice(0, 3),
    sent('eth0', 'by br0 0x76750010'),
    'marked as sender',
  );
});

test('who takes the bridged frames is told alone; where it is a note, or nothing, the way beside is looked at as well', () => {
  const out = (kind: Fault['kind'] | undefined, beside: Fault['kind'] | undefined) => {
    const { asked, found } = ways({}, (way) => {
      if (way.direction === 'in' || way.routed?.answered) return [];
      const one = way.routed?.beside ? beside : kind;
      return one ? [fault(one, `${one} ${way.routed?.beside ? 'beside' : 'bridged'}`)] : [];
    });
    const looked = asked.filter((one) => one.startsWith('out ')).length;
    return [looked, ...found.map((one) => `${one.kind}: ${one.reason}`)];
  };
  assert.equal(out(undefined, undefined), [3]);
  assert.equal(out('rule', 'rule'), [1, 'rule: rule bridged']);
  assert.equal(out('program', undefined), [1, 'program: program bridged']);
  assert.equal(out('xdp', undefined), [3, 'xdp: xdp bridged']);
  assert.equal(out('xdp', 'rule'), [2, 'xdp: xdp bridged', 'aside: rule beside']);
  assert.equal(out(undefined, 'rule'), [2, 'aside: rule beside']);
});

test('what the answers of the host lose is told as a thing aside; what two ports share is told once', () => {
  const ports = [
    { name: 'eth0', bridge: 'br0' },
    { name: 'eth0.5', bridge: 'br0' },
  ];
  const change = ({ ports: all }: Facts) => all.get('br0')?.add('eth0.5');
  const { found } = ways({ ports, change }, ({ routed }) =>
    routed?.answered ? [fault('rule', 'same')] : [],
  );
  assert.equal(found, [fault('aside', 'same')]);
  const each = ways({ ports, change }, ({ port, direction }) => [
    { ...fault('rule', `by ${port.name}`), direction },
  ]);
  assert.equal(
    each.found.map(({ reason, direction }) => `${direction} ${reason}`),
    ['out by eth0', 'out by eth0.5', 'in by eth0', 'in by eth0.5'],
  );
});

test('a guest behind a router leaves by the ports of other bridges and by the devices that routes lead to', () => {
  const routed = { ...tap, bridge: 'virbr0' };
  const scene: Scene = {
    taps: [routed],
    ports: [
      { name: 'eth0', bridge: 'br0' },
      { name: 'eth0.5', bridge: 'br5' },
    ],
    routes: ['wg0'],
    change: (facts) => {
      facts.ports.set('virbr0', new Set(['vnet0']));
      facts.astray.set('vnet0', [{ family: 'IPv4', devices: ['wg9'], isPart: false, isNew: false }]);
    },
  };
  const { asked, found } = ways(scene);
  assert.equal(asked, [
    'out eth0 by virbr0 0x76730010',
    'out eth0 by virbr0 0x76730010 beside answered',
    'out wg0 by virbr0 0x76730010',
    'out wg0 by virbr0 0x76730010 beside answered',
    'in eth0 by virbr0 0x76740000',
    'in wg0 by virbr0 0x76740000',
  ]);
  assert.equal(
    found.map(({ kind }) => kind),
    ['route'],
  );
  const bridged = judge({
    change: ({ astray }) =>
      astray.set('vnet0', [{ family: 'IPv4', devices: ['wg9'], isPart: false, isNew: false }]),
  });
  assert.equal(bridged, [], 'of a guest beside the uplink that is nothing');
});

test('what the kernel refused at the last load is the cause of what is missing in that direction, and has its own remedy', () => {
  const refusal = (...directions: Obstacle['directions']): Obstacle[] => [
    { uplink: 'eth0', directions, reason: 'too many', hint: 'ask for less', guests: [], refused: 'tree' },
  ];
  const missing = 'virt-shaper sync --in-force puts back what is missing';
  const noClass = (id: string, device: string) => `there is no class ${id} on ${device}`;
  assert.equal(told({ without: 'out' }), [`${noClass('1:10', 'eth0')}; ${missing}`]);
  assert.equal(told({ without: 'out', refused: refusal('out') }), [
    `${noClass('1:10', 'eth0')} (too many); ask for less`,
  ]);
  assert.equal(told({ without: 'in', refused: refusal('out') }), [
    `${noClass('2:10', 'ifb-eth0')}; ${missing}`,
  ]);
  assert.equal(told({ without: 'in', refused: refusal('out', 'in') }), [
    `${noClass('2:10', 'ifb-eth0')} (too many); ask for less`,
  ]);
  const changes: [kind: string, isRefused: boolean, change: (facts: Facts) => void][] = [
    ['ifb', true, ({ devices }) => devices.delete('ifb-eth0')],
    ['redirect', true, ({ filters }) => filters.clear()],
    ['root', false, ({ roots }) => roots.set('ifb-eth0', { what: 'pfifo 8001:', ours: false })],
    ['occupied', false, ({ occupied }) => occupied.add('vnet0')],
    ['tap-gone', false, ({ devices }) => devices.delete('vnet0')],
  ];
  for (const [kind, isRefused, change] of changes) {
    const [found, ...more] = judge({ change, refused: refusal('in') });
    assert.equal([found?.kind, more.length], [kind, 0]);
    assert.is(found?.remedy === 'ask for less', isRefused, kind);
    assert.is(found?.reason.endsWith('(too many)'), isRefused, kind);
  }
});

test.run();
