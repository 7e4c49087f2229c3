// A file with one entry that is damaged among others that are not is damaged, wherever in it that stands: what is left of it
// would limit some guests as before and forget the others.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Outputs } from '../../../src/pipeline.ts';
import { readGuests } from '../../../src/store/guests.ts';
import { readIds } from '../../../src/store/ids.ts';
import { inForceText, tryInForce } from '../../../src/store/in-force-plan.ts';
import { planFile } from '../../../src/store/in-force-rules.ts';
import { readMoment } from '../../../src/store/overrides.ts';
import { readPending } from '../../../src/store/pending.ts';
import { readVolumes } from '../../../src/store/volumes.ts';

let folder: string;
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'virt-shaper-half-'));
});
test.after.each(() => rmSync(folder, { recursive: true }));

function put(content: object, name = 'file'): string {
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify(content));
  return file;
}

/** Good ones alone, then with the wrong one before and behind them. */
function each<T>(good: T[], wrong: unknown[], isRead: (entries: unknown[]) => boolean): void {
  assert.ok(isRead(good), 'good ones alone');
  for (const one of wrong) {
    assert.not.ok(isRead([one, ...good]), `first: ${JSON.stringify(one)}`);
    assert.not.ok(isRead([...good, one]), `last: ${JSON.stringify(one)}`);
  }
}

test('the guests that run', () => {
  const guest = (name: string, ...taps: string[]) => ({
    name,
    driver: 'qemu',
    nics: taps.map((tap) => ({ tap })),
  });
  const wrong = [
    null,
    { ...guest('c'), name: 5 },
    { ...guest('c'), driver: 'xen' },
    { ...guest('c'), nics: {} },
    { ...guest('c', 'vnet7'), nics: [{ tap: 'vnet7' }, {}] },
    { ...guest('c', 'vnet7'), nics: [null, { tap: 'vnet7' }] },
  ];
  each([guest('a', 'vnet0'), { ...guest('b'), driver: 'lxc' }], wrong, (guests) => {
    try {
      return readGuests(put({ version: 2, guests })).length === guests.length;
    } catch {
      return false;
    }
  });
});

test('volumes and credit', () => {
  const used = { out: 1, in: 2 };
  const quota = { begin: 1, end: 2, used };
  const isRead = (more: object) =>
    readVolumes(put({ version: 1, at: 1, quotas: [], credits: [], ...more })) !== undefined;
  each(
    [
      ['guest a', quota],
      ['guest b', { ...quota, held: { until: 1, end: 2 } }],
    ],
    [
      [5, quota],
      ['guest c', { ...quota, begin: null }],
      ['guest c', { ...quota, end: '2' }],
      ['guest c', { ...quota, used: { out: 1 } }],
      ['guest c', { ...quota, held: { until: 1 } }],
      ['guest c', { ...quota, held: { end: 1 } }],
    ],
    (quotas) => isRead({ quotas }),
  );
  const credit = { left: 1, isOn: true, total: 2 };
  each(
    [
      ['a', { out: credit, in: credit }],
      ['b', { in: { ...credit, isOn: false, left: -1 } }],
      ['c', {}],
    ],
    [
      [5, { out: credit }],
      ['d', { out: credit, in: { ...credit, left: null } }],
      ['d', { out: { ...credit, total: 'x' }, in: credit }],
      ['d', { out: credit, in: { ...credit, isOn: 1 } }],
    ],
    (credits) => isRead({ credits }),
  );
});

test('what holds for now', () => {
  const limit = {
    kind: 'guest',
    name: 'a',
    ceil: { out: 5000 },
    since: 1,
    by: 'ann',
    boot: { id: 'x', at: 0 },
  };
  const good = [limit, { ...limit, kind: 'group', rate: { out: 8, in: 9 }, why: 'x', until: 9e15 }];
  const wrong = [
    { ...limit, kind: 'host' },
    { ...limit, by: undefined },
    { ...limit, why: 5 },
    { ...limit, boot: { id: 5, at: 0 } },
    { ...limit, boot: { id: 'x', at: 'x' } },
    { ...limit, since: null },
    { ...limit, until: 'x' },
    { ...limit, ceil: { out: 5000, in: 7 } },
    { ...limit, rate: { out: 7, in: 5000 } },
    { ...limit, rate: { out: 9.5 } },
  ];
  each(good, wrong, (overrides) => {
    const { moment, lost } = readMoment(put({ version: 1, overrides }));
    assert.is(moment.overrides.length, lost === undefined ? overrides.length : 0);
    return lost === undefined;
  });
});

test('ids: of guests or of groups, twice or out of range', () => {
  const lost = (guests: object, groups: object = {}) =>
    readIds(put({ version: 1, guests, groups }), folder).lost !== undefined;
  assert.equal([lost({}), lost({ a: 1, b: 0xffff }, { g: 1 })], [false, false]);
  for (const wrong of [
    { a: 1, b: 1 },
    { a: 1, b: 0 },
    { a: 0x10000, b: 1 },
    { a: 1.5, b: 1 },
    { a: '1', b: 1 },
    [1],
  ]) {
    assert.ok(lost(wrong), JSON.stringify(wrong));
    assert.ok(lost({ a: 1 }, wrong), JSON.stringify(wrong));
  }
});

test('the plan in force', () => {
  mkdirSync(join(folder, 'good'));
  const tree = { groups: [] };
  const uplink = { name: 'eth0', ports: [], taps: [], trees: { out: tree, in: tree } };
  const wrong = [null, { ...uplink, taps: 5 }, { ...uplink, trees: { out: tree } }];
  each([uplink, { ...uplink, name: 'eth1' }], wrong, (uplinks) => {
    put({ version: 1, uplinks, unshaped: [], warnings: [] }, join('good', planFile));
    return tryInForce(folder) !== undefined;
  });
});

test('one warning, one limit and one volume are kept with the plan like many; none takes no room', () => {
  const outputs = (limits: object[]) =>
    ({
      plan: { uplinks: [], limits: { guests: limits } },
      policy: { unshaped: [], warnings: [] },
    }) as unknown as Outputs;
  const text = (limits: object[], about: string[], allowances: object[]) =>
    JSON.parse(inForceText(outputs(limits), { about, allowances: allowances as never }));
  const { configuration, limits, allowances } = text([{ guest: 'a' }], ['w'], [{ name: 'a' }]);
  assert.equal([configuration, limits, allowances], [['w'], [{ guest: 'a' }], [{ name: 'a' }]]);
  assert.equal(Object.keys(text([], [], [])), ['version', 'uplinks', 'unshaped', 'warnings']);
});

test('a load that waits, of which the id or the time is lost, waits still', () => {
  const read = (content: object) => {
    put(content, 'pending.json');
    return readPending(folder);
  };
  assert.equal(read({ id: 'x', deadline: 5, former: true }), { id: 'x', deadline: 5, former: true });
  for (const wrong of [{ deadline: 5 }, { id: 'x' }, { id: 5, deadline: 5 }, { id: 'x', deadline: '5' }])
    assert.equal(read(wrong), { id: 'damaged', deadline: 0, former: false }, JSON.stringify(wrong));
  mkdirSync(join(folder, 'former'));
  put({}, 'former/shape.tc');
  assert.is(read({ id: 'x' })?.former, true);
  rmSync(join(folder, 'pending.json'));
  assert.is(readPending(folder), undefined);
});

test.run();
