// Cells and sums of status, tree, limits and volumes: what is shown at each bound, and what where nothing is known.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { GuestRow } from '../../../src/observe/guests.ts';
import type { ClassInUse } from '../../../src/observe/in-use.ts';
import { describeLimits } from '../../../src/report/limits.ts';
import { reportStatus } from '../../../src/report/status.ts';
import { summary } from '../../../src/report/summary.ts';
import { reportTree } from '../../../src/report/tree.ts';
import { describeAllowances } from '../../../src/report/volumes.ts';
import { asked, makeInUse, unshapedRow as row } from '../../support/in-use.ts';

const plain = { colours: false };
const inUse = makeInUse([{ name: 'cliff', group: 'friends' }, { name: 'jason' }]);
const [uplink] = inUse.uplinks;
if (!uplink) throw new Error('no uplink');

test('the state of a guest in status, and figures that are not known', () => {
  const cells = (change: Partial<GuestRow>) =>
    reportStatus({ ...inUse, guests: [{ ...(inUse.guests[1] as GuestRow), ...change }] }, asked, plain, 0)
      .split('\n')[4]
      ?.split(/ {2,}/);
  assert.is(cells({})?.at(-1), 'shaped');
  assert.is(cells({ faults: [{ kind: 'changed', reason: 'x' }] })?.at(-1), 'shaped!');
  for (const state of ['partly', 'unshaped', 'gone', 'left out'] as const)
    assert.is(cells({ state })?.at(-1), state);
  const { out: _out, in: _in, uplink: _uplink, ...bare } = inUse.guests[1] as GuestRow;
  const line = reportStatus({ ...inUse, guests: [bare] }, asked, plain, 0)
    .split('\n')[4]
    ?.split(/ {2,}/);
  assert.equal(line, ['jason', ...Array(9).fill('-'), 'shaped']);
});

test('with nothing loaded guests are shown, unless somebody else has loaded something', () => {
  const shown = (unclaimed?: object) =>
    reportStatus(
      inUse,
      { ...asked, loaded: false, ...(unclaimed ? { unclaimed } : {}) } as never,
      plain,
      0,
    ).includes('GUEST');
  assert.equal(
    [shown(), shown({ classes: 0 }), shown({ classes: 1 }), shown({ classes: 0, by: '/x' })],
    [true, true, false, false],
  );
});

test('who is at the ceil is seen in status and tree', () => {
  const at = (now: number): typeof inUse => {
    const full = (one: ClassInUse): ClassInUse => ({ ...one, now });
    const [, jason] = inUse.guests;
    const trees = { ...uplink.trees, out: { ...uplink.trees.out, link: full(uplink.trees.out.link) } };
    return {
      ...inUse,
      uplinks: [{ ...uplink, trees }],
      guests: jason?.out ? [{ ...jason, out: full(jason.out) }] : [],
    };
  };
  const yellow = (now: number) => [
    reportStatus(at(now), asked, { colours: true }, 0).includes('\u001b[33m'),
    reportTree(at(now), { colours: true }).includes('\u001b[33m'),
  ];
  assert.equal(
    [yellow(29.09e6), yellow(29.1e6), yellow(30e6)],
    [
      [false, false],
      [true, true],
      [true, true],
    ],
  );
});

test('who is shaped is counted where any guest should be', () => {
  const states = (...list: GuestRow['state'][]) =>
    summary({ ...inUse, guests: list.map((state, at) => ({ ...row(`g${at}`), state })) }, asked, 0);
  assert.is(states('left out', 'shaped').split(',')[0], '1 guest shaped');
  assert.is(states('left out', 'unshaped').split(',')[0], '0 guests shaped');
  assert.is(states('left out').split(',')[0], 'no guest that is to be shaped is running');
  assert.is(states('partly', 'gone', 'shaped').replace(/, loaded.*/, ''), '1 guest shaped, 1 partly, 1 gone');
});

test('limits inside the host: of nine the ninth is counted', () => {
  const limit = (at: number) => ({
    guest: `g${at}`,
    limit: 'local' as const,
    rate: 5e6,
    unit: 'bits' as const,
    dropped: { packets: 1, bytes: 1 },
  });
  const lines = (count: number) => describeLimits(Array.from({ length: count }, (_none, at) => limit(at)));
  assert.equal([lines(8).length, lines(9).length], [8, 9]);
  assert.is(lines(9).at(-1), '1 more limit inside the host dropped packets: --json has them');
});

test('volumes: all where they are few, else those that are nearly used up', () => {
  const quota = (at: number, used: number) =>
    ({
      kind: 'guest',
      name: `g${at}`,
      quota: { every: { value: { every: 'day' } } },
      begin: 0,
      end: 0,
      volumes: [{ way: 'both', volume: 100, used }],
    }) as never;
  const lines = (...used: number[]) =>
    describeAllowances({ quotas: used.map((one, at) => quota(at, one)), credits: [] }).map(
      (line) => line.split(':')[0],
    );
  assert.equal(lines(...Array(8).fill(1)).length, 8);
  assert.equal(lines(80, ...Array(7).fill(79), 90), ['g8', 'g0', '7 more volumes are less used']);
  assert.equal(lines(...Array(9).fill(95)).at(-1), '1 more volume is less used');
  assert.equal(lines(...Array(9).fill(79)), ['9 more volumes are less used']);
  const credit = (guest: string) => ({ guest, way: 'out' as const, volume: 1, left: 0, isOn: false });
  const spent = (count: number) =>
    describeAllowances({
      quotas: [],
      credits: Array.from({ length: count }, (_none, at) => credit(`g${at}`)),
    })[0];
  assert.is(spent(1), 'no credit for a boost is left to g0');
  assert.is(spent(9), 'no credit for a boost is left to g0, g1, g2, g3, g4, g5, g6, g7, g8');
  assert.is(spent(10), 'no credit for a boost is left to g0, g1, g2, g3, g4, g5, g6, g7 and 2 more');
});

test.run();
