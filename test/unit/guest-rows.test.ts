// Whether a guest is shaped, from what the kernel holds: each thing its shaping hangs on taken away in turn.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Holding } from '../../src/observe/attachments.ts';
import { guestRows } from '../../src/observe/guests.ts';
import { joinUplinks } from '../../src/observe/in-use.ts';
import { type Uses, useKey } from '../../src/observe/use.ts';
import type { ClassPlan, TreePlan } from '../../src/plan/plan.ts';
import type { InForce } from '../../src/store/in-force-plan.ts';
import { both, type Direction } from '../../src/units/units.ts';

const minors = { link: 'ffff', unmarked: 'fffe', friends: 'f000', cliff: '10', jason: '20' };
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
  assert.equal(look({ table: { kind: 'missing' } }).states[1], 'jason unshaped table');
  const loaded = owners();
  const held = owners();
  held.get('1:20')?.clear();
  assert.equal(look({ table: { kind: 'changed', held, loaded } }).states, [
    'cliff shaped',
    'jason partly table',
  ]);
  assert.equal(
    look({ table: { kind: 'changed', held: loaded, loaded } }).states,
    ['cliff shaped', 'jason shaped'],
    'changed in what leads nobody anywhere',
  );
});

test('the table leads by one port of an uplink, and by the other no more', () => {
  const owners = (...ports: string[]) => new Map([['1:20', new Set(ports.map((port) => `vnet2 . ${port}`))]]);
  const table = {
    kind: 'changed',
    held: owners('eth0.100'),
    loaded: owners('eth0.100', 'eth0.200'),
  } as const;
  assert.equal(look({ table, ports: ['eth0.100', 'eth0.200'] }).states[1], 'jason partly table');
  assert.equal(look({ table, ports: ['eth0.100'] }).states[1], 'jason shaped');
});

test('somebody has changed a class', () => {
  const { states, rows } = look({ ceil: 50_000_000 });
  assert.equal(states[1], 'jason shaped changed');
  assert.is(rows[1]?.out?.ceil, 50_000_000);
  assert.equal(rows[1]?.out?.loaded, { rate: 10_000_000, ceil: 30_000_000 });
});

test('the policy leaves out, refuses, and shares a guest with libvirt', () => {
  const { states } = look({
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
});

interface Changes extends Partial<Pick<Holding, 'table'>> {
  /** Of the uplink. */
  ports?: string[];
  gone?: string[];
  moved?: string[];
  clsacts?: string[];
  without?: string[];
  ceil?: number;
  unshaped?: InForce['unshaped'];
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
}: Changes = {}) {
  const taps = Object.entries(pairs).flatMap(([guest, names]) =>
    names.map((name) => ({ name, bridge: 'br0', guest, mark: 0, clsact: true })),
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
    warnings: [],
  };
  const present = names.filter((name) => !gone.includes(name));
  const holding: Holding = {
    devices: new Set(present),
    ports: new Map([['br0', new Set(present.filter((name) => !moved.includes(name)))]]),
    clsacts: new Set(clsacts ?? names),
    table: table ?? { kind: 'as loaded' },
  };
  const rows = guestRows(inForce, joinUplinks(inForce, uses(without, ceil)), holding);
  const states = rows.map(({ guest, state, faults }) =>
    [guest, state, ...faults.map(({ kind }) => kind)].join(' '),
  );
  return { rows, states };
}

function tree(direction: Direction): TreePlan {
  const major = direction === 'out' ? 1 : 2;
  const make = (kind: ClassPlan['kind'], name: keyof typeof minors): ClassPlan => {
    const sizes = { burst: 1, cburst: 1, quantum: 1 };
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
  const counters = { at: 0, bytes: 0, packets: 0, dropped: 0, overlimits: 0, backlog: 0, queued: 0 };
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

function owners(): Map<string, Set<string>> {
  return new Map(
    Object.entries(pairs).flatMap(([guest, taps]) => {
      const minor = minors[guest as keyof typeof pairs];
      return [
        [`1:${minor}`, new Set(taps.map((tap) => `${tap} . eth0`))] as const,
        [`2:${minor}`, new Set(taps.map((tap) => `eth0 . ${tap}`))] as const,
      ];
    }),
  );
}

test.run();
