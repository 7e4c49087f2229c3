// What is set for now, over the lives of a host: clocks that are set, reboots, files that are damaged.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isInForce } from '../../../src/policy/moment/moment.ts';
import {
  type Clock,
  readClock,
  readMoment,
  type StoredOverride,
  setDamagedAside,
  withEnd,
  withOverride,
  writeOverrides,
} from '../../../src/store/overrides.ts';

const folder = mkdtempSync(join(tmpdir(), 'virt-shaper-overrides-'));
const file = join(folder, 'overrides.json');
test.before.each(() => rmSync(file, { recursive: true, force: true }));
test.after(() => rmSync(folder, { recursive: true }));

const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];
const noon = Date.parse('2026-12-24T12:00:00Z');
const start: Clock = { now: noon, sinceBoot: 1_000_000, boot: 'first' };

/** Set at noon. */
function override(values: Partial<StoredOverride>): StoredOverride {
  return {
    kind: 'guest',
    name: 'cliff',
    ceil: { out: 5e6, in: 5e6 },
    since: noon,
    by: 'alice',
    boot: { id: 'first', at: start.sinceBoot },
    ...values,
  };
}
const lasting = override({ until: noon + 2 * hour, lasts: true });
const named = override({ until: noon + 2 * hour });

/** @param passed what has really passed @param set by how much somebody has set the clock forth meanwhile */
function holds(stored: StoredOverride, passed: number, set = 0, boot = 'first'): boolean {
  const clock = {
    now: noon + passed + set,
    sinceBoot: boot === 'first' ? start.sinceBoot + passed : 1000,
    boot,
  };
  return isInForce(withEnd(stored, clock), clock.now);
}

test('by a clock that goes right both end at their time', () => {
  for (const one of [lasting, named]) {
    assert.ok(holds(one, 2 * hour - second));
    assert.not.ok(holds(one, 2 * hour));
    assert.ok(holds(one, 2 * hour - 31 * second, 30 * second), 'a small step of NTP');
    assert.not.ok(holds(one, 2 * hour - 29 * second, 30 * second));
  }
});

test('a clock set forth, by hours or years, ends nothing early', () => {
  for (const one of [lasting, named]) {
    for (const set of [2 * minute, day, 3000 * day]) {
      assert.ok(holds(one, 2 * hour - 6 * second, set), `${set}`);
      assert.not.ok(holds(one, 2 * hour + 6 * second, set), `${set}`);
    }
  }
});

test('a clock set back: two hours are two hours, and an hour that was named is waited for', () => {
  assert.ok(holds(lasting, 2 * hour - 6 * second, -day));
  assert.not.ok(holds(lasting, 2 * hour + 6 * second, -day));
  assert.ok(holds(named, 3 * hour, -2 * hour));
  assert.not.ok(holds(named, 4 * hour + second, -2 * hour));
});

test('after a reboot the clock counts, also where the end came while the host was off', () => {
  for (const one of [lasting, named]) {
    assert.ok(holds(one, 2 * hour - second, 0, 'second'));
    assert.not.ok(holds(one, 3 * hour, 0, 'second'));
  }
  assert.ok(holds(override({}), 3000 * day, 0, 'second'), 'without an end it stays');
});

test('at any moment and however the clock jumps nothing ends before its time has passed', () => {
  for (let passed = 0; passed < 2 * hour - 6 * second; passed += 7 * minute) {
    for (const set of [-day, -hour, 0, hour, 40 * day]) {
      for (const one of [lasting, named]) assert.ok(holds(one, passed, set), `${passed} ${set}`);
    }
  }
});

test('a value is what was set last, others that were set before stay', () => {
  const first = override({ ceil: { out: 5e6, in: 5e6 }, rate: { out: 1e6 }, by: 'alice' });
  const other = override({ name: 'rob' });
  const next = override({ ceil: { in: 9e6 }, by: 'bob' });
  const { ceil: _, ...rest } = first;
  assert.equal(withOverride([first, other], next), [
    { ...rest, ceil: { out: 5e6 }, rate: { out: 1e6 } },
    other,
    next,
  ]);
  assert.is(withOverride([first], { ...first, by: 'bob' }).length, 1);
  const rated = override({ ceil: { in: 5e6 }, rate: { out: 1e6 } });
  const { ceil: _ceil, ...onlyRate } = rated;
  const { rate: _rate, ...onlyCeil } = rated;
  assert.equal(withOverride([rated], next), [onlyRate, next], 'of which one value is left');
  const lifted = override({ rate: { out: 2e6 } });
  delete lifted.ceil;
  assert.equal(withOverride([rated], lifted), [onlyCeil, lifted]);
  const group = override({ kind: 'group' });
  assert.equal(withOverride([first], group), [first, group], 'a group of that name is another');
});

test('what is written is read, by nobody else than its owner; what has ended a week ago goes', () => {
  const { boot, now, sinceBoot } = readClock();
  const mine = (values: Partial<StoredOverride>) =>
    override({ since: now, boot: { id: boot, at: sinceBoot }, ...values });
  const kept = [
    mine({ until: now + hour, why: 'a "why"\u0007' }),
    mine({ name: 'b', until: now - 7 * day + hour }),
  ];
  writeOverrides(file, [...kept, mine({ name: 'c', until: now - 7 * day - hour })]);
  assert.is(statSync(file).mode & 0o777, 0o600);
  const { moment, lost } = readMoment(file);
  assert.is(lost, undefined);
  assert.equal(
    moment.overrides.map(({ name, until, why }) => [name, until, why]),
    kept.map(({ name, until, why }) => [name, until, why]),
  );
});

test('one alone is read like several, its end by the clock that nobody sets', () => {
  const { boot, now, sinceBoot } = readClock();
  // Set ten minutes ago for two hours; somebody has set the clock a day forth since.
  const set = { since: now - day - 10 * minute, boot: { id: boot, at: sinceBoot - 10 * minute } };
  const one = override({ ...set, until: set.since + 2 * hour, lasts: true });
  for (const list of [[one], [one, { ...one, name: 'rob' }], [{ ...one, name: 'ann' }, one]]) {
    writeOverrides(file, list);
    const { overrides } = readMoment(file).moment;
    assert.equal(
      overrides.map(({ name, until = 0 }) => [name, Math.round((until - now) / minute)]),
      list.map(({ name }) => [name, 110]),
    );
  }
});

test('nothing there is nothing set', () => {
  assert.equal(readMoment(file).moment.overrides, []);
  assert.is(readMoment(file).lost, undefined);
  setDamagedAside(file);
  assert.not.ok(existsSync(file));
});

const good = JSON.stringify({ version: 1, overrides: [override({})] });
const damaged = {
  empty: '',
  'half of it': good.slice(0, 60),
  'of another version': good.replace('"version":1', '"version":2'),
  'a list': '[]',
  'without a name': good.replace('"name":"cliff"', '"name":5'),
  'a rate of 0': good.replace('5000000', '0'),
  'a time that is none': good.replace(`${noon}`, '"noon"'),
  'no list': '{"version":1,"overrides":{}}',
};
for (const [what, text] of Object.entries(damaged)) {
  test(`${what}: nobody is limited by it, it is said, and set aside once`, () => {
    writeFileSync(file, text);
    const { moment, lost } = readMoment(file);
    assert.equal(moment.overrides, []);
    assert.match(lost ?? '', 'is damaged or of another version');
    setDamagedAside(file);
    assert.is(readFileSync(`${file}.damaged`, 'utf8'), text);
    assert.is(readMoment(file).lost, undefined);
  });
}

test('a folder in its place is moved aside', () => {
  mkdirSync(file);
  assert.match(readMoment(file).lost ?? '', 'damaged');
  setDamagedAside(file);
  assert.is(readMoment(file).lost, undefined);
});

test.run();
