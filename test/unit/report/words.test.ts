// What status, limits and volumes say in words: each number right, each plural, and nothing where there is nothing.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { GuestRow } from '../../../src/observe/guests.ts';
import type { LimitInUse } from '../../../src/observe/limits.ts';
import { changingText, noticeText } from '../../../src/report/changing.ts';
import { describeLimits } from '../../../src/report/limits.ts';
import { endText, overridesAsData, subjectText, valuesText } from '../../../src/report/overrides.ts';
import {
  countGuests,
  nobodyRuns,
  nothingLoaded,
  remarks,
  summary,
  titleOf,
  uplinkLines,
} from '../../../src/report/summary.ts';
import { asked, makeInUse } from '../../support/in-use.ts';

const limit = (guest: string, packets: number, more: Partial<LimitInUse> = {}): LimitInUse => ({
  guest,
  limit: 'local',
  rate: 5e6,
  unit: 'bits',
  dropped: { packets, bytes: packets * 1000 },
  ...more,
});

test('who loses packets inside the host: the most first, eight at the most, those that lose none in one line', () => {
  assert.equal(describeLimits([]), []);
  assert.equal(describeLimits([limit('a', 0)]), [
    '1 limit inside the host (local, pps, storm) dropped nothing',
  ]);
  const [first = '', second = '', ...more] = describeLimits([
    limit('a', 1),
    limit('b', 2, { limit: 'pps', rate: 5000, unit: 'packets' }),
    limit('c', 0),
    limit('d', 0),
  ]);
  assert.match(first, /^b: pps 5000 packets\/s, dropped 2 packets, /);
  assert.match(second, /^a: local 5mbit, dropped 1 packets, /);
  assert.equal(more, ['2 limits inside the host (local, pps, storm) dropped nothing']);
  const eight = Array.from({ length: 8 }, (_, at) => limit(`g${at}`, 1));
  assert.is(describeLimits(eight).length, 8);
  assert.is(
    describeLimits([...eight, limit('x', 1), limit('y', 1)]).at(-1),
    '2 more limits inside the host dropped packets: --json has them',
  );
});

test('what is set for now, and for whom', () => {
  assert.is(subjectText({ kind: 'guest', name: 'a b' }), '"a b"');
  assert.is(subjectText({ kind: 'group', name: 'web' }), 'group web');
  assert.is(subjectText({ kind: 'unmarked', name: 'eth0' }), 'unmarked on eth0');
  assert.is(valuesText({ ceil: { out: 5e6, in: 5e6 } }), 'ceil 5mbit');
  assert.is(
    valuesText({ ceil: { out: 5e6, in: 6e6 }, rate: { out: 1e6 } }),
    'ceil 5mbit out, 6mbit in; rate 1mbit out',
  );
  assert.is(valuesText({ rate: { in: 1e6 } }), 'rate 1mbit in');
  assert.is(valuesText({}), '');
  assert.is(endText({}), 'until it is lifted');
  assert.is(endText({ until: new Date(2026, 10, 29, 12, 3).getTime() }), 'until 2026-11-29 12:03');
});

test('the same for programs: what is not there is left out', () => {
  const whole = {
    kind: 'guest' as const,
    name: 'a',
    ceil: { in: 5 },
    rate: { out: 3 },
    since: 0,
    until: 1000,
    by: 'alice',
    why: 'x',
    isInForce: true,
  };
  const { ceil: _, rate: _rate, until: _until, why: _why, ...least } = whole;
  assert.equal((overridesAsData([whole, { ...least, isInForce: false }]) as { limits: object[] }).limits, [
    {
      kind: 'guest',
      name: 'a',
      ceil: { in: 5 },
      rate: { out: 3 },
      since: '1970-01-01T00:00:00.000Z',
      until: '1970-01-01T00:00:01.000Z',
      by: 'alice',
      why: 'x',
      inForce: true,
    },
    { kind: 'guest', name: 'a', since: '1970-01-01T00:00:00.000Z', by: 'alice', inForce: false },
  ]);
});

const at = { file: 'f', line: 1, column: 1 };
const every = { value: { every: 'month' as const, on: 1 }, at };

test('what an entry says of other times', () => {
  assert.is(changingText({}), '');
  const window = {} as never;
  assert.is(changingText({ when: [window] }), '1 window');
  const quota = { volume: { both: { value: 2e12, at } }, every } as never;
  assert.is(changingText({ when: [window, window], quota }), '2 windows, 2tb a month');
  const ways = { volume: { out: { value: 1e12, at }, in: { value: 2e12, at } }, every } as never;
  assert.is(changingText({ quota: ways }), '1tb out, 2tb in a month');
  assert.is(
    changingText({ quota: { volume: { in: { value: 2e12, at } }, every } as never }),
    '2tb in a month',
  );
  const boost = { volume: { value: 1e10, at } } as never;
  assert.is(changingText({ boost, quota }), 'boost of 10gb, 2tb a month');
  const end = new Date(2026, 11, 15).getTime();
  const notice = { subject: { kind: 'guest', name: 'cliff' }, quota, use: { end } };
  assert.is(noticeText({ ...notice, reached: 80 } as never), 'guest cliff has used 80 % of 2tb a month');
  assert.is(
    noticeText({ ...notice, reached: 100 } as never),
    'guest cliff has used up 2tb a month: its "then" holds until 2026-12-15 00:00',
  );
});

test('a guest counts as the worst of its NICs', () => {
  const row = (guest: string, state: GuestRow['state']) => ({ guest, state }) as GuestRow;
  const all = { shaped: 0, partly: 0, unshaped: 0, gone: 0, 'left out': 0 };
  assert.equal(countGuests([]), all);
  for (const [states, worst] of [
    [['left out', 'gone'], 'gone'],
    [['gone', 'shaped'], 'shaped'],
    [['partly', 'shaped'], 'partly'],
    [['shaped', 'unshaped', 'partly'], 'unshaped'],
  ] as const)
    assert.equal(countGuests(states.map((state) => row('a', state))), { ...all, [worst]: 1 });
  assert.equal(countGuests([row('a', 'shaped'), row('b', 'shaped'), row('c', 'gone')]), {
    ...all,
    shaped: 2,
    gone: 1,
  });
});

test('the first line: who is shaped and who is not, when it was loaded, and whether as configured', () => {
  const { guests, ...inUse } = makeInUse([{ name: 'cliff' }, { name: 'rob' }]);
  const words = (more: object, states: GuestRow['state'][] = ['shaped', 'shaped'], isSelection = false) =>
    summary(
      { ...inUse, guests: guests.map((row, index) => ({ ...row, state: states[index] ?? 'gone' })) },
      { ...asked, ...more },
      60_000,
      isSelection,
    );
  assert.is(words({}), '2 guests shaped, loaded 60 s ago, as configured');
  assert.is(words({}, ['shaped', 'unshaped']), '1 guest shaped, 1 unshaped, loaded 60 s ago, as configured');
  assert.is(words({}, ['left out', 'left out']), `${nobodyRuns}, 2 left out, loaded 60 s ago, as configured`);
  assert.is(words({}, ['left out', 'left out'], true), '2 left out, loaded 60 s ago, as configured');
  assert.is(words({}, ['shaped', 'shaped'], true), '2 guests shaped, loaded 60 s ago, as configured');
  assert.is(words({ configChanged: true }), '2 guests shaped, loaded 60 s ago');
  assert.is(words({ rulesChanged: true }), '2 guests shaped, loaded 60 s ago');
  const history = (last: object) => ({ history: { version: 1, loads: 1, failures: 1, last } });
  assert.is(words(history({})), '2 guests shaped, as configured');
  assert.is(words(history({ at: 0, error: 'no tc' })), '2 guests shaped, as configured');
});

test('nothing is loaded: who is limited all the same, and how it loads again', () => {
  const off = { version: 1, why: 'unloaded', at: 0, by: 'alice' } as const;
  const words = (more: object) => nothingLoaded({ ...asked, loaded: false, ...more });
  assert.is(words({}), 'Nothing is loaded: no guest is limited.');
  assert.is(words({ off }), 'Nothing is loaded: unloaded by alice; virt-shaper apply loads again.');
  const mistakes = [{ severity: 'error', message: 'x' }];
  assert.is(
    words({ off, mistakes }),
    'Nothing is loaded: unloaded by alice; once the configuration has no mistakes virt-shaper apply loads again.',
  );
  assert.match(words({ unclaimed: { classes: 1 } }), /^1 class of virt-shaper's are in the kernel/);
  assert.match(words({ unclaimed: { classes: 2 } }), /^2 classes of virt-shaper's/);
  assert.is(words({ unclaimed: { classes: 0 } }), words({}));
  assert.match(words({ unclaimed: { classes: 2, by: '/x' } }), 'what is in the kernel is of /x.');
});

test('what is in force against what is asked for, one thing at a time', () => {
  const words = (more: object, table: Parameters<typeof remarks>[0]['table'] = 'as loaded') =>
    remarks({ table }, { ...asked, ...more }, 100_000);
  assert.equal(words({}), []);
  assert.match(
    words({ configChanged: true, rulesChanged: true }).join(),
    /^the configuration has changed since[^,]*$/,
  );
  assert.match(words({ rulesChanged: true })[0] ?? '', 'rules.d is not what is loaded');
  assert.match(words({}, 'changed')[0] ?? '', 'virt-shaper verify');
  assert.match(words({}, 'unknown')[0] ?? '', 'not known any more');
  assert.match(words({}, 'missing')[0] ?? '', 'nobody is shaped');
  const failed = { history: { version: 1, loads: 1, failures: 1, last: { at: 40_000, error: 'no tc' } } };
  assert.equal(words(failed), ['the last load failed 60 s ago: no tc']);
  const mistakes = [{ severity: 'error', message: 'no tc' }];
  const both = words({ ...failed, mistakes, configChanged: true });
  assert.is(both.length, 1, 'a load that failed by the mistake that is still there');
  assert.match(both[0] ?? '', 'no tc');
  assert.is(words({ ...failed, mistakes: [{ severity: 'error', message: 'another' }] }).length, 2);
});

test('uplinks: how full, or how much there may be', () => {
  const { uplinks } = makeInUse([{ name: 'cliff' }]);
  const [uplink] = uplinks;
  if (!uplink) throw new Error('none');
  assert.is(titleOf(uplink), 'eth0 (br0)');
  assert.is(titleOf({ name: 'eth1', ports: [] }), 'eth1');
  assert.match(uplinkLines(uplinks)[0] ?? '', /^eth0 \(br0\) {2}out 1\.00mbit of 30mbit \(3 %\), in .*$/);
  const { now: _, ...link } = uplink.trees.out.link;
  const idle = { ...uplink, trees: { ...uplink.trees, out: { ...uplink.trees.out, link } } };
  assert.match(uplinkLines([idle])[0] ?? '', 'out at most 30mbit, in ');
  assert.equal(uplinkLines([]), []);
});

test.run();
