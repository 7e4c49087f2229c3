import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  decodeMoved,
  encodeMoved,
  keepMoved,
  type Moved,
  pruneMoved,
  type UsagePart,
} from '../../../src/ledger/moved.ts';
import { readUsed, usedBetween } from '../../../src/ledger/used.ts';
import { ConfigError, Failure } from '../../../src/system/errors.ts';

let folder: string;
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'virt-shaper-moved-'));
});
test.after.each(() => rmSync(folder, { recursive: true }));

const part = (out: number, until = 1000): UsagePart => ({
  host: 'kvm1',
  until,
  months: new Map([
    ['2026-11', { days: new Map([['07', { out, in: 2 * out }]]), peaks: { out: '700:3', in: '' } }],
  ]),
});
const moved = (parts: [string, UsagePart][], guest = 'a "b" <c>'): Moved => ({
  guest,
  parts: new Map(parts),
});
const used = (guest = 'a "b" <c>') => usedBetween(readUsed(folder), `guest ${guest}`, '2026-11-01').out;

test('what is written is read again', () => {
  const one = moved([
    ['x1', part(5)],
    ['x2', part(7)],
  ]);
  assert.equal(decodeMoved(encodeMoved(one), 'FILE'), one);
});

test('imported twice it counts once, a later one in its place, an earlier one not', () => {
  assert.equal(keepMoved(folder, moved([['x1', part(5)]]), 'own'), { taken: 1, known: 0 });
  assert.equal(keepMoved(folder, moved([['x1', part(5)]]), 'own'), { taken: 0, known: 1 });
  assert.is(used(), 5);
  keepMoved(folder, moved([['x1', part(9, 2000)]]), 'own');
  assert.is(used(), 9);
  keepMoved(folder, moved([['x1', part(6, 1500)]]), 'own');
  assert.is(used(), 9);
});

test('there and back again: what was counted here is known here', () => {
  keepMoved(
    folder,
    moved([
      ['own', part(100)],
      ['x2', part(3)],
    ]),
    'own',
  );
  assert.is(used(), 3);
  assert.equal(keepMoved(folder, moved([['own', part(100)]], 'other'), 'own'), { taken: 0, known: 1 });
  assert.is(readdirSync(join(folder, 'moved')).length, 1, 'nothing is kept of what nothing is taken of');
});

test('names of guests are no names of files', () => {
  keepMoved(folder, moved([['x', part(1)]], '../../etc/passwd'), 'own');
  keepMoved(folder, moved([['x', part(2)]], '.'), 'own');
  assert.is(readdirSync(join(folder, 'moved')).length, 2);
  assert.equal([used('../../etc/passwd'), used('.')], [1, 2]);
});

test('what is no export is refused, whatever it is', () => {
  const good = encodeMoved(moved([['x1', part(5)]]));
  const bad = [
    '',
    '{',
    '[]',
    'null',
    '{"version":1}',
    good.slice(0, -20),
    good.replace('"d07"', '"d77"'),
    good.replace('[5,10]', '[-5,10]'),
    good.replace('2026-11', '2026-99'),
    good.replace('"until":1000', '"until":"x"'),
  ];
  for (const text of bad) {
    assert.throws(
      () => decodeMoved(text, 'FILE'),
      (error: unknown) => error instanceof ConfigError && /FILE/.test(error.message),
      text,
    );
  }
  assert.throws(() => decodeMoved(good.replace('"version":1', '"version":2'), 'FILE'), 'newer');
  assert.throws(() => decodeMoved('{', 'FILE'), /or is damaged: nothing is imported$/);
  assert.throws(() => decodeMoved('{', 'FILE', 'nothing is exported'), /or is damaged: nothing is exported$/);
});

test('a damaged one is said, and what is too old goes', () => {
  keepMoved(folder, moved([['x', part(1)]]), 'own');
  writeFileSync(join(folder, 'moved/x.json'), '{');
  assert.match(readUsed(folder).troubles.join(), 'x.json is damaged');
  assert.is(used(), 1);
  pruneMoved(folder, '2026-12');
  assert.is(used(), 0);
});

test('a file that may not be read is no damage: it is said, and nothing is left out', () => {
  keepMoved(folder, moved([['x1', part(1)]]), 'own');
  mkdirSync(join(folder, 'moved', 'a.json'));
  assert.throws(
    () => readUsed(folder),
    (error: unknown) => error instanceof Failure,
  );
  mkdirSync(join(folder, 'moved', 'b'));
  rmSync(join(folder, 'moved', 'a.json'), { recursive: true });
  assert.equal([readUsed(folder).troubles, used()], [[], 1]);
});

test('what was used elsewhere is kept as long as any of its months is', () => {
  const of = (...months: string[]): UsagePart => ({
    host: 'kvm1',
    until: 1000,
    months: new Map(months.map((month) => [month, { days: new Map(), peaks: { out: '', in: '' } }])),
  });
  const isKept = (...parts: UsagePart[]) => {
    keepMoved(
      folder,
      moved(
        parts.map((one, at) => [`x${at}`, one]),
        'b',
      ),
      'own',
    );
    pruneMoved(folder, '2026-06');
    const isThere = readdirSync(join(folder, 'moved')).length > 0;
    rmSync(join(folder, 'moved'), { recursive: true });
    return isThere;
  };
  assert.ok(isKept(of('2026-06')));
  assert.ok(isKept(of('2026-07', '2026-05')));
  assert.ok(isKept(of('2026-05', '2026-07')));
  assert.ok(isKept(of('2026-05'), of('2026-06')));
  assert.ok(isKept(of('2026-06'), of('2026-05')));
  assert.not.ok(isKept(of('2026-05')));
  assert.not.ok(isKept(of('2026-05', '2025-12'), of('2026-01')));
});

test('what somebody has put there under a name of his own counts, and is his to take away', () => {
  mkdirSync(join(folder, 'moved'));
  writeFileSync(join(folder, 'moved/copy.json'), encodeMoved(moved([['x1', part(5)]])));
  assert.is(used(), 5);
  pruneMoved(folder, '2026-12');
  assert.is(used(), 5);
});

test.run();
