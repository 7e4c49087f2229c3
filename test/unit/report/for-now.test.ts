// What is another value now than on other days is marked in every view, and said once with until when and by whom.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { makeHost, makeUse } from '../../../build/documents/scene.ts';
import type { GuestRow } from '../../../src/observe/guests.ts';
import type { Override } from '../../../src/policy/moment/moment.ts';
import { describeForNow } from '../../../src/report/for-now.ts';
import { reportMetrics } from '../../../src/report/metrics/metrics.ts';
import { endText, reportOverrides, shortfalls, valuesText } from '../../../src/report/overrides.ts';
import { reportStatus } from '../../../src/report/status.ts';
import { reportTree } from '../../../src/report/tree.ts';
import { makeScene } from '../../../src/top/make-scene.ts';
import { onceAsData, onceAsText } from '../../../src/top/once.ts';
import { formatMinute } from '../../../src/units/clock.ts';
import { parseExposition } from '../../support/exposition.ts';
import { asked } from '../../support/in-use.ts';

const now = Date.parse('2026-12-24T18:00:00Z');
const until = now + 7_200_000;
const end = formatMinute(until);
const mbit = 1e6;
const plain = { colours: false };

const override = (values: Partial<Override>): Override => ({
  kind: 'guest',
  name: 'jason',
  since: now,
  by: 'alice',
  ...values,
});

function hostWith(...overrides: Partial<Override>[]) {
  const { outputs } = makeHost({
    now,
    overrides: overrides.map((one, at) => override({ since: now + at, ...one })),
  });
  return { ...outputs, inUse: makeUse(outputs).inUse };
}
const linesOf = (...overrides: Partial<Override>[]) => describeForNow(hostWith(...overrides).inUse.uplinks);

test('on other days nothing is marked and nothing said', () => {
  const { inUse } = hostWith({ ceil: { out: mbit, in: mbit }, until: now });
  assert.equal(describeForNow(inUse.uplinks), []);
  for (const text of [reportStatus(inUse, asked, plain, 0), reportTree(inUse, plain)])
    assert.not.match(text, /\*|instead of/);
  assert.not.match(reportMetrics(inUse, asked), 'limit_until');
});

test('both directions in one word where they are the same, else each', () => {
  assert.equal(linesOf({ ceil: { out: 5 * mbit, in: 5 * mbit }, until, why: 'abuse report 4711' }), [
    `* jason: ceil 5mbit instead of 100mbit, rate 5mbit instead of 30mbit, until ${end}, limited by alice: abuse report 4711`,
  ]);
  assert.equal(linesOf({ ceil: { in: 50 * mbit } }), [
    '* jason: ceil 50mbit in instead of 100mbit, limited by alice',
  ]);
  assert.equal(linesOf({ ceil: { out: 40 * mbit, in: 50 * mbit } }), [
    '* jason: ceil 40mbit out instead of 100mbit, ceil 50mbit in instead of 100mbit, limited by alice',
  ]);
});

test('two reasons are two parts', () => {
  assert.equal(linesOf({ ceil: { out: 40 * mbit } }, { rate: { out: mbit }, by: 'bob', until }), [
    `* jason: ceil 40mbit out instead of 100mbit, limited by alice; rate 1mbit out instead of 30mbit, until ${end}, limited by bob`,
  ]);
});

test('members of a limited group are marked, and the reason is said of the group only', () => {
  const { inUse } = hostWith(
    { kind: 'group', name: 'friends', ceil: { out: 10 * mbit, in: 10 * mbit } },
    { name: 'rob', ceil: { out: 2 * mbit }, by: 'bob' },
  );
  assert.equal(describeForNow(inUse.uplinks), [
    '* group friends: ceil 10mbit instead of 30mbit, limited by alice',
    '* rob: ceil 2mbit out instead of 30mbit, rate 1666kbit out instead of 15mbit, limited by bob',
  ]);
  const status = reportStatus(inUse, asked, plain, 0);
  assert.match(status, /^cliff .* \*10mbit .* \*10mbit /m);
  assert.match(status, /^rob .* \*2mbit /m);
  assert.match(status, '* group friends: ceil 10mbit instead of 30mbit');
  assert.match(reportTree(inUse, plain), /group friends .* \*10mbit /);
});

test('a status of some guests says it of these, of their groups and of what nobody owns', () => {
  const { inUse } = hostWith(
    { ceil: { out: 40 * mbit } },
    { name: 'database', ceil: { out: 5 * mbit } },
    { kind: 'group', name: 'friends', ceil: { out: 10 * mbit } },
    { kind: 'unmarked', name: 'eth0', ceil: { out: 50 * mbit } },
  );
  const about = (...names: string[]) => {
    const some = { ...inUse, guests: inUse.guests.filter(({ guest }) => names.includes(guest)) };
    return reportStatus(some, asked, plain, 0, true).match(/^\* .*(?=: ceil)/gm);
  };
  assert.equal(about('jason'), ['* jason', '* unmarked on eth0']);
  assert.equal(about('jason', 'database'), ['* database', '* jason', '* unmarked on eth0']);
  assert.equal(about('rob'), ['* group friends', '* unmarked on eth0']);
});

test('nor of a guest that is called like a group of theirs, or a group like one of them', () => {
  const { inUse } = hostWith(
    { name: 'database', ceil: { out: 5 * mbit } },
    { kind: 'group', name: 'friends', ceil: { out: 10 * mbit } },
  );
  const about = (name: string, group: string | undefined) => {
    const [{ group: _, ...row }] = inUse.guests as [GuestRow];
    const guests = [{ ...row, guest: name, ...(group === undefined ? {} : { group }) }];
    return reportStatus({ ...inUse, guests }, asked, plain, 0, true).match(/^\* .*(?=: ceil)/gm) ?? [];
  };
  assert.equal(about('rob', 'database'), []);
  assert.equal(about('friends', undefined), []);
  assert.equal(about('rob', 'friends'), ['* group friends']);
});

test('many in eight lines, and one that says how many more; of a single one more that has its own words', () => {
  const { inUse } = hostWith({ ceil: { out: mbit } });
  const [uplink] = inUse.uplinks;
  if (!uplink) throw new Error('no uplink');
  const linesFor = (many: number) => describeForNow(Array.from({ length: many }, () => uplink));
  for (const [many, more] of [
    [20, '* and 12 more: '],
    [10, '* and 2 more: '],
    [9, '* jason on eth0: '],
  ] as const) {
    const lines = linesFor(many);
    assert.is(lines.length, 9, `${many}`);
    assert.ok(lines.at(-1)?.startsWith(more), lines.at(-1));
  }
  assert.is(linesFor(8).length, 8);
});

test('what somebody else has written drives no terminal', () => {
  const [line = ''] = linesOf({ ceil: { out: mbit }, by: 'a\u001b[2J', why: 'x\u001b[2J\ny' });
  assert.not.match(line, /\p{Cc}/u);
  const shown = reportOverrides(
    [{ ...override({ name: '\u001b]0;x', why: '\u001b[2J' }), isInForce: true }],
    plain,
  );
  assert.not.match(shown.replaceAll('\n', ''), /\p{Cc}/u);
});

test('top has the reason as a note, and the data of all views the same', () => {
  const { inUse } = hostWith({ ceil: { out: 5 * mbit }, until });
  const scene = makeScene(inUse, undefined, 'host', now);
  const text = onceAsText(scene, 1, true);
  assert.match(text, /^jason .* ceil 5mbit out instead of 100mbit/m);
  assert.not.match(text, 'undefined');
  const { guests } = onceAsData(scene, 1) as { guests: { guest: string; out: { forNow?: object } }[] };
  assert.equal(guests.find(({ guest }) => guest === 'jason')?.out.forNow, {
    rate: {
      usual: 30 * mbit,
      by: 'limit',
      to: 5 * mbit,
      until: iso(until),
      set: { by: 'alice', since: iso(now) },
    },
    ceil: {
      usual: 100 * mbit,
      by: 'limit',
      to: 5 * mbit,
      until: iso(until),
      set: { by: 'alice', since: iso(now) },
    },
  });
});

const iso = (at: number) => new Date(at).toISOString();

test('metrics say until when, of guests, groups and what no guest owns', () => {
  const { inUse } = hostWith(
    { ceil: { out: 5 * mbit }, until },
    { kind: 'group', name: 'friends', ceil: { in: 10 * mbit } },
    { kind: 'unmarked', name: 'eth0', rate: { in: mbit } },
  );
  const families = parseExposition(reportMetrics(inUse, asked));
  const of = (level: string) =>
    families
      .get(`virt_shaper_${level}_limit_until_timestamp_seconds`)
      ?.samples.map(({ labels, value }) => [
        labels.guest ?? labels.group ?? labels.uplink,
        labels.direction,
        value,
      ]);
  assert.equal(
    of('guest')?.find(([name]) => name === 'jason'),
    ['jason', 'out', until / 1000],
  );
  assert.equal(of('group'), [['friends', 'in', Number.POSITIVE_INFINITY]]);
  assert.equal(of('unmarked'), [['eth0', 'in', Number.POSITIVE_INFINITY]]);
});

test('what was set in words', () => {
  assert.is(
    valuesText({ ceil: { out: 5 * mbit, in: 5 * mbit }, rate: { in: mbit } }),
    'ceil 5mbit; rate 1mbit in',
  );
  assert.is(valuesText({ ceil: { out: 5 * mbit, in: 6 * mbit } }), 'ceil 5mbit out, 6mbit in');
  assert.is(endText({}), 'until it is lifted');
  assert.is(endText({ until }), `until ${end}`);
});

test('who has less than was set for him is told why', () => {
  const { policy } = hostWith(
    { name: 'rob', ceil: { out: 90 * mbit, in: 90 * mbit } },
    { rate: { out: 500 * mbit } },
  );
  assert.equal(shortfalls(policy, { kind: 'guest', name: 'rob' }), [
    'its ceil on eth0, out, is 30mbit: group friends has no more',
    'its ceil on eth0, in, is 30mbit: group friends has no more',
  ]);
  assert.equal(shortfalls(policy, { kind: 'guest', name: 'jason' }), [
    'its rate on eth0, out, is 100mbit: its ceil is 100mbit',
  ]);
  assert.equal(shortfalls(policy, { kind: 'guest', name: 'cliff' }), []);
});

test('so it is with a group, and its members are another matter', () => {
  const { policy } = hostWith({ kind: 'group', name: 'friends', ceil: { out: 5000 * mbit, in: 20 * mbit } });
  assert.equal(shortfalls(policy, { kind: 'group', name: 'friends' }), [
    'its ceil on eth0, out, is 1gbit: the link of eth0 has no more',
  ]);
  assert.equal(shortfalls(policy, { kind: 'group', name: 'rob' }), []);
});

test.run();
