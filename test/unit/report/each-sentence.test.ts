// What status, limits and check say in the cases that are rare: each sentence, and from when on many are one.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Fault } from '../../../src/observe/fault.ts';
import type { ClassInUse } from '../../../src/observe/in-use.ts';
import {
  describeForNow,
  forNowAsData,
  forNowText,
  setCell,
  stepAsData,
} from '../../../src/report/for-now.ts';
import { reportOverrides, shortfalls } from '../../../src/report/overrides.ts';
import { describeMistakes, formatLine, formatProblem, problemAsData } from '../../../src/report/problems.ts';
import { describeInner, describeReasons, hints } from '../../../src/report/reasons.ts';
import { formatMinute } from '../../../src/units/clock.ts';
import { makeInUse, unshapedRow as row } from '../../support/in-use.ts';

const plain = { colours: false };
const [uplink] = makeInUse([{ name: 'cliff', group: 'friends' }, { name: 'jason' }]).uplinks;
if (!uplink) throw new Error('no uplink');
const step = (more: object = {}) => ({ by: 'limit' as const, to: 5e6, usual: 30e6, ...more });

test('from ten lines on about values for now, eight and a sum', () => {
  const { unmarked } = uplink.trees.out;
  const one: ClassInUse = { ...unmarked, forNow: { ceil: step() } };
  const trees = {
    out: { ...uplink.trees.out, groups: [], guests: [], unmarked: one },
    in: { ...uplink.trees.in, groups: [], guests: [] },
  };
  const lines = (count: number) =>
    describeForNow(Array.from({ length: count }, (_none, at) => ({ ...uplink, name: `eth${at}`, trees })));
  assert.equal(
    [1, 8, 9, 10, 11].map((count) => lines(count).length),
    [1, 8, 9, 9, 9],
  );
  assert.is(lines(10).at(-1), '* and 2 more: virt-shaper limits, and --json, have them');
  assert.is(lines(1)[0], '* unmarked on eth0: ceil 30mbit out instead of 30mbit, limited');
  assert.is(lines(2)[1], '* unmarked on eth1: ceil 30mbit out instead of 30mbit, limited');
  assert.equal(
    describeForNow([{ ...uplink, trees }], () => false),
    [],
  );
});

test('a group or guest that has a class in one direction only is left out', () => {
  const limited = (one: ClassInUse): ClassInUse => ({ ...one, forNow: { ceil: step() } });
  const out = {
    ...uplink.trees.out,
    groups: uplink.trees.out.groups.map(({ group, guests }) => ({
      group: limited(group),
      guests: guests.map(limited),
    })),
    guests: uplink.trees.out.guests.map(limited),
  };
  const names = (into: object) =>
    describeForNow([{ ...uplink, trees: { out, in: { ...uplink.trees.in, ...into } } }]).map(
      (line) => line.split(':')[0],
    );
  assert.equal(names({}), ['* group friends', '* jason'], 'a member’s reason is that of its group');
  assert.equal(names({ groups: [] }), ['* jason']);
  assert.equal(names({ guests: [] }), ['* group friends']);
});

test('a value for now: until when, by whom and why, in each way that it can come', () => {
  const text = (more: object) => {
    const one = { rate: 10e6, ceil: 5e6, forNow: { ceil: step(more) } };
    return forNowText({ out: one, in: one });
  };
  const set = { by: 'a b', since: 0, why: 'x\u001by' };
  assert.is(text({}), 'ceil 5mbit instead of 30mbit, limited');
  assert.is(text({ until: 0 }), `ceil 5mbit instead of 30mbit, until ${formatMinute(0)}, limited`);
  assert.is(text({ by: 'window' }), 'ceil 5mbit instead of 30mbit, by the clock');
  assert.is(text({ by: 'boost' }), 'ceil 5mbit instead of 30mbit, with credit');
  assert.is(text({ by: 'quota' }), 'ceil 5mbit instead of 30mbit, its volume is used up');
  assert.match(text({ set }) ?? '', /^ceil 5mbit instead of 30mbit, limited by "a b": x.*y$/);
  const { why: _, ...silent } = set;
  assert.is(text({ set: silent }), 'ceil 5mbit instead of 30mbit, limited by "a b"');
  assert.is(forNowText({ out: { rate: 1, ceil: 1 }, in: { rate: 1, ceil: 1 } }), undefined);
  assert.equal(setCell(5e6, undefined), { text: '5mbit' });
  assert.equal(setCell(5e6, step()), { text: '*5mbit', tone: 'warning' });
});

test('values for now as data', () => {
  assert.equal(forNowAsData({}), {});
  assert.equal(forNowAsData({ rate: step() }), { rate: { by: 'limit', to: 5e6, usual: 30e6 } });
  assert.equal(forNowAsData({ ceil: step({ until: 0 }) }), {
    ceil: { by: 'limit', to: 5e6, usual: 30e6, until: '1970-01-01T00:00:00.000Z' },
  });
  assert.equal(stepAsData({ by: 'limit', to: 5, set: { by: 'a', since: 1000 } }), {
    by: 'limit',
    to: 5,
    set: { by: 'a', since: '1970-01-01T00:00:01.000Z' },
  });
});

test('the list of limits: each cell', () => {
  const one = {
    kind: 'group' as const,
    name: 'web',
    ceil: { in: 5e6 },
    since: 0,
    by: 'a b',
    isInForce: true,
  };
  const row = (more: object = {}) =>
    reportOverrides([{ ...one, ...more }], plain)
      .split('\n')[1]
      ?.split(/ {2,}/);
  const since = formatMinute(0);
  assert.equal(row(), ['group web', 'ceil 5mbit in', 'it is lifted', '"a b"', since, 'in force']);
  assert.equal(row({ until: 60_000, why: 'abuse' }), [
    ...['group web', 'ceil 5mbit in', formatMinute(60_000), '"a b"', since, 'in force', 'abuse'],
  ]);
  assert.is(row({ hasEnded: true })?.[5], 'in force until the next sync');
  assert.is(row({ isInForce: false, hasEnded: true })?.[5], 'not in force');
});

test('why a value is lower than it was set', () => {
  const traced = (by: string, steps: object[] = [step()]) => ({
    cuts: [{ by, name: 'a b', to: 5e6 }],
    steps,
  });
  const said = (by: string, steps?: object[]) => {
    const origin = { ceil: { out: traced(by, steps), in: { cuts: [], steps: [step()] } }, rate: {} };
    return shortfalls({ uplinks: [{ name: 'eth0', guests: [{ name: 'x', origin }], groups: [] }] } as never, {
      kind: 'guest',
      name: 'x',
    });
  };
  const line = (why: string) => [`its ceil on eth0, out, is 5mbit: ${why}`];
  assert.equal(said('group'), line('group "a b" has no more'));
  assert.equal(said('link'), line('the link of a b has no more'));
  assert.equal(said('ceil'), line('its ceil is 5mbit'));
  assert.equal(said('sum'), line('the guarantees together are more than there is'));
  assert.equal(said('link', []), []);
  assert.equal(said('link', [step({ by: 'window' })]), [], 'it is not what was set');
  assert.equal(said('link', [step({ by: 'window' }), step()]), line('the link of a b has no more'));
});

test('the NIC is named where the reason is about it and does not name it', () => {
  const line = (kind: Fault['kind'], tap?: string) =>
    describeReasons([row('a b', { kind, ...(tap ? { tap } : {}) })])[0];
  for (const kind of ['rule', 'filter', 'program'] as const)
    assert.is(line(kind, 'vnet0'), '"a b", vnet0: why', kind);
  for (const kind of ['root', 'class', 'down'] as const) assert.is(line(kind, 'vnet0'), '"a b": why', kind);
  assert.is(line('filter'), '"a b": why');
});

test('three that share a reason are named, of four the fourth is not; who is left out comes last', () => {
  const rows = (count: number) =>
    Array.from({ length: count }, (_none, at) => row(`g${at}`, { kind: 'root' }));
  assert.equal(describeReasons(rows(3)), ['g0: why', 'g1: why', 'g2: why']);
  assert.equal(describeReasons(rows(4)), ['g0, g1, g2 and 1 more: why']);
  assert.equal(describeReasons([...rows(4), ...rows(4)]), ['g0, g1, g2 and 1 more: why'], 'each once');
  const away = { ...row('x', { reason: 'it has no entry' }), state: 'left out' as const };
  assert.equal(describeReasons([away, row('y', {})]), ['y: why', 'x: it has no entry']);
  const many = Array.from({ length: 4 }, (_none, at) =>
    row(`g${at}`, { kind: 'down', reason: `vnet${at} is down` }),
  );
  assert.equal(describeReasons(many), ['g0, g1, g2 and 1 more: their taps are down']);
});

test('what is wrong with a class of nobody, and remedies once each, three of a kind', () => {
  const fault = { kind: 'changed' as const, reason: 'why' };
  const named = (kind: ClassInUse['kind']) =>
    describeInner([{ one: { ...uplink.trees.out.link, kind, name: 'a b' }, fault }])[0];
  assert.equal(
    [named('group'), named('link'), named('unmarked')],
    ['group "a b": why', 'link a b: why', 'unmarked: why'],
  );
  const rows = ['1', '1', '2', '3', '4'].map((remedy) => row('x', { remedy }));
  assert.equal(hints(rows, []), ['1', '2', '3']);
  assert.equal(hints([row('x')], [{ one: uplink.trees.out.link, fault: { ...fault, remedy: 'r' } }]), ['r']);
  assert.equal(hints([row('x', { remedy: '1' }, { kind: 'root', remedy: '1' })], []), ['1']);
});

test('a problem: in one line, in several, and as data', () => {
  const at = { file: 'f', line: 2, column: 3 };
  const problem = { severity: 'error' as const, at, message: 'm', hint: 'h\ni', text: '\tab' };
  assert.is(formatLine(problem), 'f:2:3: m');
  assert.is(formatLine({ severity: 'warning', message: 'm' }), 'warning: m');
  assert.is(formatProblem(problem), 'f:2:3: m\n    2 | \tab\n      | \t ^\n      h\n      i');
  assert.is(formatProblem({ severity: 'warning', at, message: 'm' }), 'f:2:3: warning: m');
  assert.is(formatProblem({ severity: 'error', message: 'm', text: 'x' }), 'm');
  assert.equal(problemAsData(problem), { message: 'm', hint: 'h\ni', place: at });
  assert.equal(problemAsData({ severity: 'error', message: 'm' }), { message: 'm' });
  const cannot = 'the configuration cannot be used: f:2:3: m';
  assert.is(describeMistakes([]), undefined);
  assert.is(describeMistakes([problem]), `${cannot}: virt-shaper check shows all`);
  assert.is(
    describeMistakes([problem, problem]),
    `${cannot} (the first of 2 mistakes): virt-shaper check shows all`,
  );
  const long = (length: number) => formatLine({ severity: 'error', message: 'x'.repeat(length) });
  assert.equal([long(2000), long(2001)], ['x'.repeat(2000), `${'x'.repeat(2000)}…`]);
});

test('of a long line a hundred characters around the caret', () => {
  const text = `${'a'.repeat(150)}!${'b'.repeat(149)}`;
  const shown = (column: number, line = text) =>
    formatProblem({ severity: 'error', at: { file: 'f', line: 1, column }, message: 'm', text: line })
      .split('\n')
      .slice(1)
      .map((one) => one.slice(8));
  const [quoted = '', caret = ''] = shown(151);
  assert.is(quoted, `…${'a'.repeat(50)}!${'b'.repeat(49)}…`);
  assert.is(quoted[caret.length - 1], '!');
  assert.equal(shown(1), [`${'a'.repeat(100)}…`, '^']);
  assert.is(shown(300)[0], `…${'b'.repeat(100)}`);
  assert.is(shown(51)[0], `${'a'.repeat(100)}…`);
  assert.is(shown(52)[0], `…${'a'.repeat(100)}…`);
  assert.equal(shown(100, 'x'.repeat(100)), ['x'.repeat(100), `${' '.repeat(99)}^`]);
});

test.run();
