// The JSON of status and tree and the metrics: every class under its own name, with its own figures and no other's.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ClassInUse, TreeInUse } from '../../../src/observe/in-use.ts';
import type { InUse } from '../../../src/observe/read-in-use.ts';
import { guestAsData, statusAsData, treeAsData } from '../../../src/report/in-use-data.ts';
import { reportMetrics } from '../../../src/report/metrics/metrics.ts';
import { parseExposition } from '../../support/exposition.ts';
import { asked, makeInUse } from '../../support/in-use.ts';

const made = makeInUse([{ name: 'cliff', group: 'friends', configured: 20e6 }, { name: 'jason' }]);
const order: Record<ClassInUse['kind'], number> = { link: 1, unmarked: 2, flooded: 3, group: 4, guest: 5 };

/** Bytes by which a class is told from the others: its kind, then its direction. */
const bytesOf = (kind: ClassInUse['kind'], way: string, name: string) =>
  order[kind] * 100 + (way === 'out' ? 10 : 20) + (name === 'jason' ? 1 : 0);

function mark(one: ClassInUse, way: string): ClassInUse {
  return {
    ...one,
    use: { ...(one.use as NonNullable<ClassInUse['use']>), bytes: bytesOf(one.kind, way, one.name) },
  };
}

function marked(tree: TreeInUse): TreeInUse {
  const { direction: way } = tree;
  return {
    ...tree,
    link: mark(tree.link, way),
    unmarked: mark(tree.unmarked, way),
    ...(way === 'in' ? { flooded: mark({ ...tree.unmarked, kind: 'flooded' }, way) } : {}),
    groups: tree.groups.map(({ group, guests }) => ({
      group: mark(group, way),
      guests: guests.map((one) => mark(one, way)),
    })),
    guests: tree.guests.map((one) => mark(one, way)),
    direct: way === 'out' ? 8 : 9,
  };
}

const inUse: InUse = {
  ...made,
  uplinks: made.uplinks.map((uplink) => ({
    ...uplink,
    trees: { out: marked(uplink.trees.out), in: marked(uplink.trees.in) },
  })),
  guests: made.guests.map((row) => ({
    ...row,
    ...(row.out ? { out: mark(row.out, 'out') } : {}),
    ...(row.in ? { in: mark(row.in, 'in') } : {}),
  })),
};

interface Data {
  out?: Data;
  in?: Data;
  bytes?: number;
  [key: string]: unknown;
}
const status = (change: object = {}) =>
  JSON.parse(JSON.stringify(statusAsData({ ...inUse, ...change }, asked)));
/** Names of who it is, then the bytes out and in. */
const told = (list: Data[], key: string) =>
  list.map((one) => [one[key], one.out?.bytes, one.in?.bytes].filter((value) => value !== undefined));

test('status: uplinks, what belongs to nobody, what is flooded, groups and guests', () => {
  const { uplinks, unmarked, flooded, groups, guests } = status();
  assert.equal(told(uplinks, 'uplink'), [['eth0', 110, 120]]);
  assert.equal(told(unmarked, 'uplink'), [['eth0', 210, 220]]);
  assert.equal(told(flooded, 'uplink'), [['eth0', 320]]);
  assert.equal(told(groups, 'group'), [['friends', 410, 420]]);
  assert.equal(told(guests, 'guest'), [
    ['cliff', 510, 520],
    ['jason', 511, 521],
  ]);
  assert.equal([groups[0].uplink, uplinks[0].ports], ['eth0', [{ name: 'eth0', bridge: 'br0' }]]);
  assert.equal(status({ uplinks: made.uplinks }).flooded, []);
});

test('status: a class with all that is known of it', () => {
  const [cliff, jason] = status().guests;
  assert.equal(cliff.in, {
    rate: 10e6,
    configured: 20e6,
    ceil: 30e6,
    now: 1e6,
    device: 'ifb-eth0',
    class: '2:10',
    inKernel: true,
    bytes: 520,
    packets: 1000,
    dropped: 12,
    overlimits: 3,
    backlog: 3000,
    queued: 2,
  });
  assert.is('configured' in jason.in, false);
  const [row] = made.guests;
  if (!row?.out) throw new Error('no guest');
  const { use: _use, now: _now, ...bare } = row.out;
  const { out } = guestAsData({ ...row, out: bare }) as { out: object };
  assert.equal(out, {
    rate: 10e6,
    configured: 20e6,
    ceil: 30e6,
    device: 'eth0',
    class: '1:10',
    inKernel: false,
  });
  const rounded = guestAsData({ ...row, out: { ...bare, now: 1.6 } }) as {
    out: Data;
  };
  assert.is(rounded.out.now, 2);
  const homeless = guestAsData({ guest: 'x', taps: [], state: 'unshaped', faults: [] } as never);
  assert.equal(homeless, { guest: 'x', taps: [], state: 'unshaped', faults: [] });
});

test('status: what is said of the whole', () => {
  const {
    version,
    loaded,
    table,
    counts,
    configChanged,
    rulesChanged,
    mistakes,
    unconfirmed,
    mayForge,
    limits,
  } = status({ forgers: ['cliff'] });
  assert.equal(
    [version, loaded, table, configChanged, rulesChanged, mistakes, unconfirmed, mayForge, limits],
    [1, true, 'as loaded', false, false, [], null, ['cliff'], []],
  );
  assert.equal(counts, { shaped: 2, partly: 0, unshaped: 0, gone: 0, 'left out': 0 });
});

test('tree: each class in its place', () => {
  const data = JSON.parse(JSON.stringify(treeAsData(inUse)));
  const [uplink] = data.uplinks;
  const bytes = (
    tree: { [key: string]: Data } & { groups: (Data & { guests: Data[] })[]; guests: Data[] },
  ) => [
    tree.link?.bytes,
    tree.unmarked?.bytes,
    tree.flooded?.bytes,
    ...tree.groups.flatMap((group) => [
      group.group,
      group.bytes,
      ...group.guests.flatMap((one) => [one.guest, one.bytes]),
    ]),
    ...tree.guests.flatMap((one) => [one.guest, one.bytes]),
  ];
  assert.equal(bytes(uplink.out), [110, 210, undefined, 'friends', 410, 'cliff', 510, 'jason', 511]);
  assert.equal(bytes(uplink.in), [120, 220, 320, 'friends', 420, 'cliff', 520, 'jason', 521]);
  assert.equal(
    [uplink.uplink, uplink.out.device, uplink.in.device, data.version],
    ['eth0', 'eth0', 'ifb-eth0', 1],
  );
  assert.equal(
    data.guests.map((one: Data) => [one.guest, 'out' in one, 'in' in one]),
    [
      ['cliff', false, false],
      ['jason', false, false],
    ],
  );
});

const families = (change: object = {}, about: object = {}) =>
  parseExposition(reportMetrics({ ...inUse, ...change }, { ...asked, ...about }));
const values = (name: string, change: object = {}, about: object = {}) =>
  families(change, about)
    .get(`virt_shaper_${name}`)
    ?.samples.map(({ labels, value }) => [...Object.values(labels), value].join(' '));

test('metrics: every level with its labels', () => {
  assert.equal(values('uplink_bytes_total'), ['eth0 out 110', 'eth0 in 120']);
  assert.equal(values('unmarked_bytes_total'), ['eth0 out 210', 'eth0 in 220']);
  assert.equal(values('flooded_bytes_total'), ['eth0 in 320']);
  assert.equal(values('group_bytes_total'), ['friends eth0 out 410', 'friends eth0 in 420']);
  assert.equal(values('guest_bytes_total'), [
    'cliff friends eth0 out 510',
    'jason  eth0 out 511',
    'cliff friends eth0 in 520',
    'jason  eth0 in 521',
  ]);
  assert.equal(values('uplink_direct_packets_total'), ['eth0 out 8', 'eth0 in 9']);
});

test('metrics: each figure of a class', () => {
  const figures = {
    packets_total: 1000,
    dropped_packets_total: 12,
    overlimits_total: 3,
    lended_packets_total: 400,
    borrowed_packets_total: 600,
    backlog_bytes: 3000,
    backlog_packets: 2,
    rate_bytes_per_second: 1.25e6,
    rate_configured_bytes_per_second: 2.5e6,
    ceil_bytes_per_second: 3.75e6,
  };
  for (const [name, value] of Object.entries(figures))
    assert.is(values(`guest_${name}`)?.[0], `cliff friends eth0 out ${value}`, name);
});

test('metrics: what is loaded, whether as configured, and the last load', () => {
  const about = (change: object, ...names: string[]) => names.map((name) => values(name, {}, change)?.[0]);
  const names = ['loaded', 'config_in_force', 'rules_in_force'];
  assert.equal(about({}, ...names), ['1', '1', '1']);
  assert.equal(about({ configChanged: true }, ...names), ['1', '0', '1']);
  assert.equal(about({ rulesChanged: true }, ...names), ['1', '1', '0']);
  assert.equal(about({ loaded: false }, ...names), ['0', '1', '0']);
  const loads = ['loads_total', 'load_failures_total', 'last_load_timestamp_seconds', 'last_load_success'];
  const history = (last: object) => ({ history: { version: 1, loads: 7, failures: 2, last } });
  assert.equal(about(history({ at: 5000 }), ...loads), ['7', '2', '5', '1']);
  assert.equal(about(history({ error: 'no' }), ...loads), ['7', '2', undefined, '0']);
});

test('metrics: what has drifted, counted by its kind', () => {
  const drift = (change: object, about: object = {}) =>
    values('drift', change, about)?.map((text) => text.split(' ')[1]);
  const fault = (kind: string) => ({ kind, directions: [], reason: 'x' });
  assert.equal(drift({}), ['0', '0', '0', '0']);
  assert.equal(drift({ table: 'changed' }), ['0', '0', '0', '1']);
  assert.equal(drift({ table: 'missing' }), ['0', '0', '0', '1']);
  assert.equal(
    drift({ table: 'missing' }, { loaded: false }),
    ['0', '0', '0', '0'],
    'there is none to be missed',
  );
  const [cliff] = inUse.guests;
  const guests = [{ ...cliff, faults: ['class', 'class', 'changed', 'redirect', 'down'].map(fault) }];
  assert.equal(drift({ guests }), ['2', '1', '1', '0']);
  assert.equal(drift({ inner: [{ one: inUse.uplinks[0]?.trees.out.link, fault: fault('changed') }] }), [
    '0',
    '1',
    '0',
    '0',
  ]);
});

test('metrics: who is shaped, of those who should be', () => {
  const states = ['shaped', 'partly', 'unshaped', 'gone', 'left out'] as const;
  const guests = states.map((state) => ({ guest: state, taps: [], state, faults: [] }));
  assert.equal(values('guest_shaped', { guests }), ['shaped   1', 'partly   0', 'unshaped   0']);
  assert.equal(values('guests', { guests }), ['shaped 1', 'partly 1', 'unshaped 1', 'gone 1', 'left out 1']);
});

test.run();
