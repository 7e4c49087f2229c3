// What Prometheus gets: its grammar to the letter whatever guests are called, names as its conventions have them,
// and nothing in the dashboard or the alerts that is not there. promtool judges too where it is installed.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { newAccount, newLedger } from '../../../src/ledger/ledger.ts';
import type { InUse } from '../../../src/observe/read-in-use.ts';
import { reportMetrics } from '../../../src/report/metrics/metrics.ts';
import { guestName, hostile } from '../../fuzz/names.ts';
import { parseExposition } from '../../support/exposition.ts';
import { asked, makeInUse, someAllowances } from '../../support/in-use.ts';
import { needsPackage } from '../../support/needs.ts';
import { unless } from '../../support/skip.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const promtool = unless(needsPackage('promtool', 'prometheus'));

const guests = [
  { name: 'cliff', group: 'friends', configured: 20_000_000 },
  { name: 'jason' },
  { name: 'gone', gone: true },
];
const unshaped = [{ guest: 'bob', reason: 'no entry', kind: 'unlisted' as const }];

test('each family has its help and type once, its samples together, and a name by the conventions', () => {
  const families = parseExposition(reportMetrics(makeInUse(guests, unshaped), asked));
  assert.ok(families.size > 40);
  for (const [name, { type, help, samples }] of families) {
    assert.match(name, /^virt_shaper_[a-z_]+$/);
    assert.match(help, /\.$/, name);
    assert.is(type === 'counter', name.endsWith('_total'), name);
    assert.ok(samples.length > 0, name);
  }
});

test('figures are in bytes, of each level by itself', () => {
  const families = parseExposition(reportMetrics(makeInUse(guests, unshaped), asked));
  const value = (name: string, wanted: Record<string, string> = {}) =>
    families
      .get(`virt_shaper_${name}`)
      ?.samples.filter(({ labels }) => Object.entries(wanted).every(([key, is]) => labels[key] === is))
      .map((sample) => sample.value);
  const cliff = { guest: 'cliff', group: 'friends', uplink: 'eth0', direction: 'in' };
  assert.equal(value('guest_bytes_total', cliff), [1_000_000]);
  assert.equal(value('guest_dropped_packets_total', cliff), [12]);
  assert.equal(value('guest_rate_bytes_per_second', cliff), [1_250_000]);
  assert.equal(value('guest_rate_configured_bytes_per_second', cliff), [2_500_000]);
  assert.equal(value('guest_ceil_bytes_per_second', cliff), [3_750_000]);
  assert.equal(value('uplink_bytes_total'), [1_000_000, 1_000_000]);
  assert.equal(value('group_bytes_total'), [1_000_000, 1_000_000]);
  assert.equal(value('guest_shaped', { guest: 'cliff' }), [1]);
  assert.equal(value('guest_shaped', { guest: 'gone' }), [], 'who is gone sends nothing past its limit');
  assert.equal(value('guest_reason', { guest: 'bob', kind: 'unlisted', state: 'left out' }), [1]);
  assert.equal(value('guests', { state: 'shaped' }), [2]);
  assert.equal(value('last_load_success'), [1]);
});

test('each NIC of a guest has a line by which lines of other exporters are joined', () => {
  const inUse = makeInUse([...guests, { name: 'rob', group: 'friends' }], unshaped);
  inUse.uuids.set('cliff', 'c7a5fdbd-edaf-9455-926a-d65c16db1809');
  const second = { name: 'vnet9', bridge: 'br1', guest: 'cliff', mark: 16, clsact: true };
  inUse.inForce.uplinks[0]?.taps.push(second);
  inUse.guests.find(({ guest }) => guest === 'cliff')?.taps.push('vnet9');
  const { samples = [] } = parseExposition(reportMetrics(inUse, asked)).get('virt_shaper_guest_info') ?? {};
  const cliff = {
    guest: 'cliff',
    group: 'friends',
    uplink: 'eth0',
    domain: 'cliff',
    uuid: 'c7a5fdbd-edaf-9455-926a-d65c16db1809',
  };
  assert.equal(
    samples.filter(({ labels }) => labels.guest === 'cliff').map(({ labels }) => labels),
    [
      { ...cliff, target_device: 'vnet0', source_bridge: 'br0' },
      { ...cliff, target_device: 'vnet9', source_bridge: 'br1' },
    ],
  );
  const bob = samples.find(({ labels }) => labels.guest === 'bob');
  assert.equal([bob?.labels.uplink, bob?.labels.uuid, bob?.labels.target_device], ['', '', '']);
});

test('what met no class is counted of our own root only', () => {
  const direct = (change: (tree: { direct?: number }) => void) => {
    const inUse = makeInUse(guests);
    change(inUse.uplinks[0]?.trees.out ?? {});
    const family = parseExposition(reportMetrics(inUse, asked)).get(
      'virt_shaper_uplink_direct_packets_total',
    );
    return family?.samples.map(({ value }) => value);
  };
  assert.equal(
    direct((tree) => {
      tree.direct = 7;
    }),
    [7, 0],
  );
  assert.equal(
    direct((tree) => {
      delete tree.direct;
    }),
    [0],
  );
});

test('a class that is missing has no counters, and is drift', () => {
  const inUse = makeInUse(guests);
  const out = inUse.uplinks[0]?.trees.out.guests[0];
  assert.ok(out?.use);
  delete out.use;
  const { samples = [] } =
    parseExposition(reportMetrics(inUse, asked)).get('virt_shaper_guest_bytes_total') ?? {};
  assert.is(samples.length, 5);
});

test('odd names are escaped, drive no terminal, and stay different', () => {
  const like = ['a\u001b[31m', 'a\\u{1b}[31m', '"a\\u{1b}[31m"', '"a\\u001b[31m"', 'web 1'];
  const check = (names: string[]) => {
    const text = reportMetrics(makeInUse(names.map((name) => ({ name, group: name }))), asked);
    assert.not.match(text, /(?!\n)[\p{C}\p{Zl}\p{Zp}]/u);
    const { samples = [] } = parseExposition(text).get('virt_shaper_guest_bytes_total') ?? {};
    assert.is(new Set(samples.map(({ labels }) => labels.guest)).size, names.length);
    return samples;
  };
  const samples = check([...hostile, ...like]);
  assert.ok(samples.some(({ labels }) => labels.guest === 'web 1'));
  fc.assert(
    fc.property(fc.uniqueArray(guestName, { minLength: 1, maxLength: 5 }), (names) => void check(names)),
  );
});

test('a limit inside the host is in bytes or in packets a second, by its unit; its drops are in both', () => {
  const dropped = { packets: 3, bytes: 300 };
  const limits: InUse['limits'] = [
    { guest: 'cliff', limit: 'local', rate: 8_000_000, unit: 'bits', dropped },
    { guest: 'cliff', limit: 'pps', rate: 500, unit: 'packets', dropped: { packets: 5, bytes: 0 } },
  ];
  const families = parseExposition(reportMetrics({ ...makeInUse(guests), limits }, asked));
  const samples = (name: string) =>
    families.get(`virt_shaper_local_${name}`)?.samples.map(({ labels, value }) => {
      assert.is(labels.guest, 'cliff');
      return `${labels.limit} ${value}`;
    });
  assert.equal(samples('limit_bytes_per_second'), ['local 1000000']);
  assert.equal(samples('limit_packets_per_second'), ['pps 500']);
  assert.equal(samples('dropped_packets_total'), ['local 3', 'pps 5']);
  assert.equal(samples('dropped_bytes_total'), ['local 300', 'pps 0']);
});

test('what was used goes on where counters of classes begin anew', () => {
  const ledger = { ...newLedger('x'), wall: 5000 };
  ledger.accounts.set('guest cliff', { ...newAccount(), total: { out: 7, in: 8 } });
  ledger.accounts.set('unmarked eth0', newAccount());
  const families = parseExposition(reportMetrics(makeInUse(guests), asked, ledger));
  assert.equal(families.get('virt_shaper_guest_used_bytes_total')?.samples, [
    { labels: { guest: 'cliff', direction: 'out' }, value: 7 },
    { labels: { guest: 'cliff', direction: 'in' }, value: 8 },
  ]);
  assert.is(families.get('virt_shaper_used_timestamp_seconds')?.samples[0]?.value, 5);
});

test('the dashboard and the alerts name only metrics that there are', () => {
  const inUse = { ...makeInUse(guests, unshaped), allowances: someAllowances() };
  for (const { trees } of inUse.uplinks) {
    const { unmarked, groups } = trees.out;
    const limited = [unmarked, ...groups.flatMap(({ group, guests }) => [group, ...guests])];
    for (const one of limited) one.forNow = { ceil: { by: 'limit', to: 1, usual: 2 } };
  }
  const known = new Set([
    ...parseExposition(reportMetrics(inUse, asked)).keys(),
    ...[...read('packaging/prometheus/virt-shaper.rules.yml').matchAll(/record: (\S+)/g)].map(
      ([, name]) => name,
    ),
  ]);
  for (const file of ['packaging/grafana/virt-shaper.json', 'packaging/prometheus/virt-shaper.rules.yml']) {
    const named = [...read(file).matchAll(/\bvirt_shaper[_:][\w:]+/g)].map(([name]) => name);
    assert.ok(named.length > 10, file);
    for (const name of named) assert.ok(known.has(name), `${file}: there is no ${name}`);
  }
});

promtool('promtool takes what is written', () => {
  const names = hostile.map((name) => ({ name, group: name }));
  for (const some of [guests, [], names]) {
    const { status, stdout, stderr } = run(
      ['check', 'metrics'],
      reportMetrics(makeInUse(some, unshaped), asked),
    );
    assert.equal([status, stdout, stderr], [0, '', '']);
  }
});

promtool('promtool takes the alerts, and they come and stay away as they should', () => {
  for (const args of [
    ['check', 'rules', join(root, 'packaging/prometheus/virt-shaper.rules.yml')],
    ['test', 'rules', join(root, 'test/prometheus/rules.test.yml')],
  ]) {
    const { status, stdout, stderr } = run(args);
    assert.is(status, 0, stdout + stderr);
  }
});

promtool("promtool takes the dashboard's questions", () => {
  const folder = mkdtempSync(join(tmpdir(), 'virt-shaper-metrics-'));
  try {
    const rules = questions(JSON.parse(read('packaging/grafana/virt-shaper.json'))).map((expr, at) => {
      const plain = expr.replaceAll('$__rate_interval', '5m').replaceAll('$__range', '1h');
      return `      - record: question_${at}\n        expr: ${JSON.stringify(plain)}\n`;
    });
    assert.ok(rules.length > 15);
    writeFileSync(join(folder, 'rules.yml'), `groups:\n  - name: dashboard\n    rules:\n${rules.join('')}`);
    const { status, stdout, stderr } = run(['check', 'rules', join(folder, 'rules.yml')]);
    assert.is(status, 0, stdout + stderr);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** Every `expr` below a value. */
function questions(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'expr' && typeof inner === 'string' ? inner : questions(inner),
  );
}

function run(args: string[], input = '') {
  return spawnSync('promtool', args, { input, encoding: 'utf8' });
}

test.run();
