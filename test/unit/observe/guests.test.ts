// Whether a guest is shaped, from what the kernel holds: each thing its shaping hangs on taken away in turn.

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseListing } from '../../../src/kernel/nft/listing.ts';
import type { TcFilter } from '../../../src/kernel/tc/filter-json.ts';
import type { Astray, Facts } from '../../../src/observe/facts.ts';
import { guestRows, type Stray } from '../../../src/observe/guests.ts';
import { joinUplinks } from '../../../src/observe/in-use.ts';
import { findInnerFaults } from '../../../src/observe/tree-faults.ts';
import { type Uses, useKey } from '../../../src/observe/use.ts';
import { astrayFaults } from '../../../src/observe/way/astray.ts';
import type { ClassPlan, TapPlan, TreePlan } from '../../../src/plan/plan.ts';
import type { InForce } from '../../../src/store/in-force-plan.ts';
import { both, type Direction } from '../../../src/units/units.ts';
import { healthy, redirect } from '../../support/facts.ts';

const minors = { link: 'ffff', unmarked: 'fffe', friends: 'f000', cliff: '10', jason: '20' };
const marks = { cliff: 0x76730010, jason: 0x76730020 };
const pairs = { cliff: ['vnet0', 'vnet1'], jason: ['vnet2'] };

test('all is there', () => {
  const { rows } = look();
  assert.equal(
    rows.map(({ guest, group, state, faults }) => [guest, group, state, faults.length]),
    [
      ['cliff', 'friends', 'shaped', 0],
      ['jason', undefined, 'shaped', 0],
    ],
  );
});

test('a tap is gone, and both', () => {
  assert.equal(look({ gone: ['vnet0'] }).states, ['cliff shaped tap-gone', 'jason shaped']);
  assert.equal(look({ gone: ['vnet0', 'vnet1'] }).states, ['cliff gone tap-gone tap-gone', 'jason shaped']);
  const shaped = (...gone: string[]) => look({ gone }).rows[0]?.shaped;
  assert.equal(shaped('vnet0'), { out: true, in: true });
  assert.equal(shaped('vnet0', 'vnet1'), { out: false, in: false }, 'where nothing is, nothing is shaped');
});

test('a tap that libvirt names and the kernel does not have: its frames may pass under another name', () => {
  const change = ({ missing }: Facts) => missing.add('vnet2 jason').add('vnet0 somebody');
  assert.is(look({ gone: ['vnet2'], change }).states[1], 'jason unshaped tap-missing');
  assert.is(look({ gone: ['vnet0'], change }).states[0], 'cliff shaped tap-gone', "another guest's tap");
});

test('a tap is in another bridge', () => {
  assert.equal(look({ moved: ['vnet2'] }).states, ['cliff shaped', 'jason unshaped tap-moved']);
  assert.equal(look({ moved: ['vnet1'] }).states, ['cliff partly tap-moved', 'jason shaped']);
  assert.equal(look({ moved: ['vnet1'], gone: ['vnet0'] }).states[0], 'cliff unshaped tap-gone tap-moved');
});

test('a tap has no clsact', () => {
  assert.equal(look({ clsacts: ['vnet0', 'vnet1'] }).states[1], 'jason partly redirect');
});

test('a class is missing, in one direction and in both', () => {
  assert.equal(look({ without: ['1:20'] }).states[1], 'jason partly class');
  assert.equal(look({ without: ['1:20', '2:20'] }).states[1], 'jason unshaped class class');
});

test('the table is missing, or leads some frames elsewhere', () => {
  assert.equal(look({ table: 'missing' }).states[1], 'jason unshaped table');
  const out = ['vnet2 . eth0 : goto out-20'];
  const into = ['eth0 . vnet2 : goto in-20'];
  assert.equal(look({ table: into }).states, [
    'cliff unshaped table table table table',
    'jason partly table',
  ]);
  const all = ['vnet0', 'vnet1'].flatMap((tap) => [
    `${tap} . eth0 : goto out-10`,
    `eth0 . ${tap} : goto in-10`,
  ]);
  assert.equal(
    look({ table: [...all, ...out, ...into] }).states,
    ['cliff shaped', 'jason shaped'],
    'elsewhere',
  );
  assert.equal(
    look({ table: [...all, 'vnet2 . eth0 : goto out-10', ...into] }).states[1],
    'jason partly table',
  );
});

test('the table leads by one port of an uplink, and by the other no more', () => {
  const table = [
    'vnet2 . eth0.100 : goto out-20',
    'eth0.100 . vnet2 : goto in-20',
    'eth0.200 . vnet2 : goto in-20',
  ];
  assert.equal(look({ table, ports: ['eth0.100', 'eth0.200'] }).states[1], 'jason partly table');
  assert.equal(look({ table, ports: ['eth0.100'] }).states[1], 'jason shaped');
});

test('a device is down, gone, or of somebody else', () => {
  const states = (change: (facts: Facts) => void) => look({ change }).states;
  assert.equal(
    states(({ devices }) => devices.set('ifb-eth0', { up: false, ours: true })),
    ['cliff partly ifb', 'jason partly ifb'],
  );
  assert.equal(
    states(({ devices }) => devices.set('ifb-eth0', { up: true, ours: false }))[1],
    'jason partly ifb',
  );
  assert.equal(states(({ devices }) => devices.delete('ifb-eth0'))[1], 'jason partly ifb');
  assert.equal(
    states(({ devices }) => devices.set('eth0', { up: false, ours: false }))[1],
    'jason unshaped down',
  );
  assert.equal(states(({ devices }) => devices.delete('eth0'))[1], 'jason unshaped uplink-gone');
  assert.equal(states(({ ports }) => ports.get('br0')?.delete('eth0'))[1], 'jason unshaped uplink-moved');
  assert.equal(
    states(({ roots }) => roots.set('eth0', { what: 'pfifo 8001:', ours: false }))[1],
    'jason partly root',
  );
});

test('the way of a tap to its ifb', () => {
  const states = (filter: TcFilter[]) =>
    look({ change: ({ filters }) => filters.set('vnet2 egress', filter) }).states[1];
  assert.is(states([]), 'jason partly redirect');
  assert.is(states([redirect(0x76730010)]), 'jason partly redirect', 'of another mark');
  assert.is(states([redirect(0x76730020, 'ifb-eth1')]), 'jason partly redirect', 'to another device');
  assert.is(states([redirect(0x76730020, '*')]), 'jason partly redirect', 'to one that is gone');
  assert.is(look({ change: ({ occupied }) => occupied.add('vnet2') }).states[1], 'jason partly occupied');
  assert.is(look({ change: ({ owners }) => owners.set('vnet2', 'ann') }).states[1], 'jason gone tap-gone');
});

test('the host routes a guest past its uplink: which family, by how much of it, and what helps', () => {
  const told = (...ways: Partial<Astray>[]) => {
    const full = ways.map((way): Astray => {
      return { family: 'IPv4', devices: ['wg0'], isPart: false, isNew: false, ...way };
    });
    return astrayFaults({ name: 'vnet0', bridge: 'virbr0' } as TapPlan, {
      astray: new Map([['vnet0', full]]),
    }).map(({ reason, remedy }) => `${reason.slice(0, reason.indexOf(':'))}; ${remedy}`);
  };
  const remedy =
    'write routed = ["virbr0"] in [uplink.wg0], too, or have the host route it to an uplink again';
  assert.equal(told(), []);
  assert.equal(told({}, { family: 'IPv6' }), [
    `the host routes what it sends by IPv4 and IPv6 to wg0, which is no uplink of its; ${remedy}`,
  ]);
  assert.equal(told({ isPart: true }, { family: 'IPv6', devices: ['eth0.5', 'eth8'], isNew: true }), [
    `the host routes some of what it sends by IPv4 to wg0, which is no uplink of its; ${remedy}`,
    'the host routes what it sends by IPv6 to eth0.5 and eth8, which are no uplinks of its; virt-shaper sync --in-force finds eth0.5 and eth8',
  ]);
});

test('shaped is said of a direction in which all of its taps are', () => {
  const { rows } = look({
    clsacts: ['vnet0', 'vnet2'],
    change: ({ ports }) => ports.get('br0')?.delete('vnet2'),
  });
  assert.equal(
    rows.map(({ shaped }) => shaped),
    [
      { out: true, in: false },
      { out: false, in: false },
    ],
  );
});

test('guests that no load has seen have rows of their own', () => {
  const strays = [{ guest: 'ann', tap: 'vnet7', kind: 'unknown' as const, reason: 'no load has seen it' }];
  const { states, rows } = look({ strays });
  assert.equal(states.slice(2), ['ann unshaped unknown']);
  assert.equal(rows[2]?.taps, ['vnet7']);
});

test('a class whose queue is another one than was loaded says which that was', () => {
  const kinds = (loaded: string, held: string) => {
    const made = both(tree);
    const [plan] = made.out.guests;
    assert.ok(plan);
    const leaf = { kind: loaded } as NonNullable<ClassPlan['leaf']>;
    const trees = { ...made, out: { ...made.out, guests: [{ ...plan, leaf }] } };
    const inForce = { uplinks: [{ trees }] } as unknown as InForce;
    const own = new Map([...uses([], undefined)].map(([key, use]) => [key, { ...use, queue: held }]));
    return joinUplinks(inForce, own)[0]?.trees.out.guests[0]?.queue;
  };
  assert.is(kinds('sfq', 'fq_codel'), 'sfq');
  assert.is(kinds('sfq', 'sfq'), undefined);
});

test('classes that are nobody’s: each that is missing is said, but where all of its tree is', () => {
  const inner = (change: (facts: Facts) => void = () => {}, held = uses([], undefined)) => {
    const facts = healthy(new Map());
    change(facts);
    const inForce = { uplinks: [{ trees: both(tree) }] } as unknown as InForce;
    return findInnerFaults(joinUplinks(inForce, held), facts).map(
      ({ one, fault }) => `${one.device} ${one.kind} ${fault.kind}`,
    );
  };
  assert.equal(inner(), []);
  const without = new Map([...uses([], undefined)].filter(([key]) => !key.startsWith('eth0 ')));
  const all = inner(undefined, without);
  assert.ok(all.includes('eth0 link class') && all.includes('eth0 unmarked class'));
  assert.equal(
    all.filter((line) => !line.startsWith('eth0 ')),
    [],
  );
  assert.equal(
    inner((facts) => facts.devices.delete('eth0'), without),
    [],
  );
});

test('an uplink of an older plan has no routes, and no mark for what arrives by it', () => {
  const joined = (more: object) =>
    joinUplinks({ uplinks: [{ trees: both(tree), ...more }] } as unknown as InForce, uses([])).map(
      ({ routes, arrival }) => [routes, arrival],
    );
  assert.equal(joined({}), [[[], 0]]);
  assert.equal(joined({ routes: ['wg0'], arrival: 7 }), [[['wg0'], 7]]);
});

test('somebody has changed a class', () => {
  const { states, rows } = look({ ceil: 50_000_000 });
  assert.equal(states[1], 'jason shaped changed');
  assert.is(rows[1]?.out?.ceil, 50_000_000);
  assert.equal(rows[1]?.out?.loaded, { rate: 10_000_000, ceil: 30_000_000 });
});

test('the policy leaves out, refuses, and shares a guest with libvirt', () => {
  const { states, rows } = look({
    unshaped: [
      { guest: 'bob', reason: 'no entry', kind: 'unlisted' },
      { guest: 'cliff', tap: 'vnet1', reason: 'libvirt too', kind: 'contested' },
      { guest: 'jason', reason: 'no room', kind: 'refused' },
      { guest: 'jason', tap: 'macvtap0', reason: 'no bridge', kind: 'unsuited' },
      { guest: 'ann', reason: 'no room', kind: 'refused' },
    ],
  });
  assert.equal(states, [
    'cliff shaped contested',
    'jason shaped refused',
    'bob left out unlisted',
    'jason left out unsuited',
    'ann unshaped refused',
  ]);
  assert.equal(
    rows.map(({ taps, shaped }) => [taps.join(' '), shaped.out, shaped.in]),
    [
      ['vnet0 vnet1', true, true],
      ['vnet2', true, true],
      ['', false, false],
      ['macvtap0', false, false],
      ['', false, false],
    ],
  );
});

test('what keeps a NIC from one uplink is no fault of the guest where it is shaped, and has a row of its own', () => {
  for (const kind of ['unreachable', 'unable', 'needless', 'unsuited'] as const) {
    const entry = { guest: 'jason', tap: 'vnet2', uplink: 'eth1', reason: 'no way', kind };
    const { states, rows } = look({ unshaped: [entry] });
    assert.equal([states[1], states.length, rows[2]?.guest], ['jason shaped', 3, 'jason'], kind);
    assert.equal(
      rows[2]?.faults.map((fault) => fault.kind),
      [kind],
    );
  }
});

test('where the kernel refused the change at the last load, that is the reason, on that uplink and in that direction', () => {
  const obstacle = {
    uplink: 'eth0',
    directions: ['out' as const],
    reason: 'no memory',
    hint: 'buy some',
    guests: [],
  };
  const remedies = (more: Partial<NonNullable<InForce['obstacles']>[number]>) =>
    look({
      without: ['1:20', '2:20'],
      obstacles: [{ ...obstacle, refused: 'tree', ...more }],
    }).rows[1]?.faults.map(
      ({ direction, reason, remedy }) =>
        `${direction} ${remedy === 'buy some' && reason.endsWith(' (no memory)') ? 'refused' : 'lost'}`,
    );
  assert.equal(remedies({}), ['out refused', 'in lost']);
  assert.equal(remedies({ directions: ['in'] }), ['out lost', 'in refused']);
  assert.equal(remedies({ uplink: 'eth1' }), ['out lost', 'in lost']);
  assert.equal(remedies({ refused: 'leftover' }), ['out lost', 'in lost']);
});

test('who takes the class away has taken it, also where he says so twice', () => {
  const theirs = (rules: string) =>
    look({
      change: (facts) => {
        facts.bridged.ip = true;
        const chain = `\tchain c {\n\t\ttype filter hook postrouting priority 0; policy accept;\n${rules}\t}\n`;
        facts.tables = parseListing(`table inet theirs {\n${chain}}\n`);
      },
    }).states[1];
  const rule = '\t\tmeta priority set 7:7\n';
  assert.is(theirs(rule), 'jason unshaped rule rule');
  assert.is(theirs(rule + rule), 'jason unshaped rule rule');
  assert.is(theirs(`${rule}\t\tmeta priority set 1:20\n`), 'jason partly rule', 'set back, of what it sends');
  assert.is(theirs(`\t\ttcp dport 22 meta priority set 7:7\n${rule}`), 'jason unshaped rule rule');
});

test('what takes the mark by way of the host is told once; what takes it of the answers only where that way is clear', () => {
  const told = (hook: string, rule = 'meta mark set 0x5', facts: Partial<Facts> = {}) => {
    const chain = `\tchain c {\n\t\ttype filter hook ${hook} priority 0; policy accept;\n\t\t${rule}\n\t}\n`;
    const tables = parseListing(`table ip theirs {\n${chain}}\n`);
    const change = (all: Facts) => Object.assign(all, { tables, routes: true, reflects: true, ...facts });
    const [, jason] = look({ change }).rows;
    return [
      jason?.state,
      ...(jason?.faults ?? []).map(({ kind, direction, reason }) =>
        [kind, direction, reason.replace(/^.* takes .* what it/, 'what it')].join(' '),
      ),
    ];
  };
  const [sent, received] = ['out what it sends', 'in what it receives'].map(
    (way) => `aside ${way} by way of the host`,
  );
  const answers = "aside out what it sends by the host's answers to it";
  assert.equal(told('prerouting'), ['shaped', sent, received]);
  assert.equal(told('forward'), ['shaped', sent, received]);
  assert.equal(told('prerouting', 'iifname "br0" meta mark set 0x5'), ['shaped', sent, received]);
  for (const hook of ['input', 'output']) assert.equal(told(hook), ['shaped', answers], hook);
  assert.equal(told('prerouting', 'meta mark set 0x5', { routes: false }), ['shaped', answers]);
  assert.equal(told('prerouting', 'meta mark set 0x5', { reflects: false }), ['shaped', sent, received]);
  assert.equal(told('output', 'meta mark set 0x5', { reflects: false }), ['shaped']);
});

interface Changes {
  /** The elements of our table, where it is not as it was loaded. */
  table?: string[] | 'missing';
  change?: (facts: Facts) => void;
  strays?: Stray[];
  /** Of the uplink. */
  ports?: string[];
  gone?: string[];
  moved?: string[];
  clsacts?: string[];
  without?: string[];
  ceil?: number;
  unshaped?: InForce['unshaped'];
  obstacles?: InForce['obstacles'];
}

function look({
  ports = ['eth0'],
  gone = [],
  moved = [],
  clsacts,
  without = [],
  ceil,
  table,
  unshaped = [],
  obstacles = [],
  strays = [],
  change = () => {},
}: Changes = {}) {
  const taps = Object.entries(pairs).flatMap(([guest, names]) =>
    names.map((name) => ({ name, bridge: 'br0', guest, mark: marks[guest as 'cliff'], clsact: true })),
  );
  const names = taps.map(({ name }) => name);
  const inForce: InForce = {
    version: 1,
    uplinks: [
      {
        name: 'eth0',
        ports: ports.map((name) => ({ name, bridge: 'br0' })),
        ifb: 'ifb-eth0',
        trees: both(tree),
        taps,
      },
    ],
    unshaped,
    obstacles,
    warnings: [],
  };
  const facts = healthy(new Map(taps.map(({ name, mark }) => [name, mark])), ports);
  for (const name of gone) facts.devices.delete(name);
  for (const name of moved) facts.ports.get('br0')?.delete(name);
  facts.clsacts = new Set(clsacts ?? names);
  if (table) facts.table.kind = table === 'missing' ? 'missing' : 'changed';
  if (Array.isArray(table)) facts.tables = parseListing(ruleset(table));
  change(facts);
  const rows = guestRows(inForce, joinUplinks(inForce, uses(without, ceil)), facts, strays);
  const states = rows.map(({ guest, state, faults }) =>
    [guest, state, ...faults.map(({ kind }) => kind)].join(' '),
  );
  return { rows, states };
}

function tree(direction: Direction): TreePlan {
  const major = direction === 'out' ? 1 : 2;
  const make = (kind: ClassPlan['kind'], name: keyof typeof minors): ClassPlan => {
    const sizes = { burst: 1, cburst: 1, quantum: 1, overhead: 0, mpu: 60 };
    return {
      kind,
      name,
      id: `${major}:${minors[name]}`,
      parent: '',
      rate: 10_000_000,
      ceil: 30_000_000,
      ...sizes,
    };
  };
  return {
    direction,
    device: direction === 'out' ? 'eth0' : 'ifb-eth0',
    root: `${major}:`,
    default: minors.unmarked,
    link: make('link', 'link'),
    unmarked: make('unmarked', 'unmarked'),
    groups: [{ group: make('group', 'friends'), guests: [make('guest', 'cliff')] }],
    guests: [make('guest', 'jason')],
  };
}

/** @param ceil of jason, when he sends */
function uses(without: string[], ceil = 30_000_000): Uses {
  const counters = {
    at: 0,
    spread: 0,
    bytes: 0,
    packets: 0,
    dropped: 0,
    overlimits: 0,
    backlog: 0,
    queued: 0,
  };
  return new Map(
    ['1', '2'].flatMap((major) =>
      Object.values(minors).flatMap((minor) => {
        const id = `${major}:${minor}`;
        const device = major === '1' ? 'eth0' : 'ifb-eth0';
        const own = { rate: 10_000_000, ceil: id === '1:20' ? ceil : 30_000_000 };
        return without.includes(id)
          ? []
          : [[useKey(device, id), { device, id, ...own, ...counters }] as const];
      }),
    ),
  );
}

/** As nft lists ours. */
function ruleset(elements: string[]): string {
  const chains = Object.entries(marks).flatMap(([guest, mark]) =>
    ['out', 'in'].map((way, at) => {
      const minor = minors[guest as 'cliff'];
      const rule = `meta mark set 0x${mark.toString(16)} meta priority set ${at + 1}:${minor} comment "${guest}"`;
      return `\tchain ${way}-${minor} {\n\t\t${rule}\n\t}\n`;
    }),
  );
  const list = elements
    .map((element) => element.replace(/^(\S+) \. (\S+)/, '"$1" . "$2"'))
    .join(',\n\t\t\t     ');
  return `table bridge virt-shaper {
	map guests {
		type ifname . ifname : verdict
		elements = { ${list} }
	}
${chains.join('')}	chain forward {
		type filter hook forward priority 250; policy accept;
		iifname . oifname vmap @guests
	}
}
`;
}

test.run();
