// The small files that say what was before us, or what counts: read the second time, damaged, and written over one that is there.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { emptyState, kernelWith, type State } from '../../../src/kernel/objects.ts';
import { settings } from '../../../src/kernel/settings.ts';
import { keepForeignTaps } from '../../../src/store/foreign-taps.ts';
import { keepFormerSettings, readFormerSettings } from '../../../src/store/former-settings.ts';
import { readIds, writeIds } from '../../../src/store/ids.ts';
import { describeOff, readOff, writeOff } from '../../../src/store/unloaded.ts';

let folder: string;
let file: string;
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'virt-shaper-small-'));
  file = join(folder, 'file');
});
test.after.each(() => rmSync(folder, { recursive: true }));

const write = (path: string, text: string) => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
};

test('switched off: by whom, why and since when; a damaged file says at least that', () => {
  assert.is(readOff(file), undefined);
  for (const why of ['unloaded', 'not confirmed'] as const) {
    const before = Date.now();
    writeOff(file, why);
    const off = readOff(file);
    assert.is(off?.why, why);
    assert.ok(off && off.at >= before && off.at <= Date.now());
    assert.ok(off?.by);
  }
  for (const damaged of ['', '{', '[]', 'null', '{"at":"x","by":"alice"}', '{"at":5}']) {
    write(file, damaged);
    assert.equal(readOff(file), { version: 1, why: 'unloaded', at: 0, by: 'somebody' }, damaged);
  }
  write(file, '{"at":5,"by":"alice","why":"a later version\'s"}');
  assert.is(readOff(file)?.why, 'unloaded');
});

test('in words', () => {
  const at = new Date(2026, 10, 29, 12, 3).getTime();
  const off = { version: 1, at, by: 'alice' } as const;
  assert.is(describeOff({ ...off, why: 'unloaded' }), 'unloaded since 2026-11-29 12:03 by alice');
  assert.is(
    describeOff({ ...off, why: 'not confirmed' }),
    'off since 2026-11-29 12:03, because the load by alice was not confirmed',
  );
  assert.is(describeOff({ ...off, at: 0, why: 'unloaded' }), 'unloaded by alice');
});

test('what a setting was is what it was before the first change', () => {
  const [one = '', two = ''] = settings;
  assert.equal([...readFormerSettings(file)], []);
  keepFormerSettings(file, new Map([[one, '0']]), [one]);
  assert.equal([...readFormerSettings(file)], [[one, '0']]);
  keepFormerSettings(
    file,
    new Map([
      [one, '1'],
      [two, '5'],
    ]),
    [one, two],
  );
  assert.equal(
    [...readFormerSettings(file)],
    [
      [one, '0'],
      [two, '5'],
    ],
  );
  keepFormerSettings(file, new Map(), [one]);
  assert.equal(readFormerSettings(file).get(one), '0');
  write(file, `${one} = 0; reboot\nkernel.panic = 1\n${two}\n${two} = 3\n`);
  assert.equal([...readFormerSettings(file)], [[two, '3']], 'nothing but numbers of settings that are ours');
});

type Kind = 'clsact' | 'filter';

function state(...objects: [Kind, string][]): State {
  const made = emptyState();
  for (const [kind, device] of objects) made.objects.set(`${kind} ${device}`, { kind, device } as never);
  return made;
}

test('a clsact that was there before ours is remembered until its tap is gone', () => {
  const clsact = (...taps: string[]) => taps.map((tap): [Kind, string] => ['clsact', tap]);
  const shared = (kernel: State, wanted: State, unfinished: string[] = []) => {
    const now = kernelWith(kernel);
    for (const tap of unfinished) now.unfinished.add(tap);
    keepForeignTaps(file, now, wanted);
    return [...now.sharedTaps].sort();
  };
  // Nothing of others: no file is written.
  assert.equal(shared(state(), state(...clsact('vnet0'))), []);
  assert.not.ok(existsSync(file));
  assert.equal(shared(state(...clsact('vnet1', 'vnet0')), state(...clsact('vnet0', 'vnet1'))), [
    'vnet0',
    'vnet1',
  ]);
  assert.is(readFileSync(file, 'utf8'), 'vnet0\nvnet1\n');
  // Ours is in it by now, and nothing is wanted of it any more.
  assert.equal(shared(state(...clsact('vnet0', 'vnet1'), ['filter', 'vnet0']), state()), ['vnet0', 'vnet1']);
  assert.equal(shared(state(...clsact('vnet1')), state()), ['vnet1'], 'gone with its tap');
  assert.equal(shared(state(), state()), []);
  assert.is(readFileSync(file, 'utf8'), '');
  const loaded = state(...clsact('vnet4'));
  const now = kernelWith(state(...clsact('vnet4', 'vnet5')));
  keepForeignTaps(file, now, state(...clsact('vnet4', 'vnet5')), loaded);
  assert.equal(
    [...now.sharedTaps],
    ['vnet5'],
    'what was loaded is ours, though somebody took our filter out',
  );
  assert.equal(shared(state(), state()), []);
  // One with a filter of ours, or that a killed load has begun, is ours.
  assert.equal(shared(state(...clsact('vnet2'), ['filter', 'vnet2']), state(...clsact('vnet2'))), []);
  assert.equal(shared(state(...clsact('vnet2')), state(...clsact('vnet2')), ['vnet2']), []);
  assert.equal(shared(state(...clsact('vnet3')), state()), [], 'nothing of ours goes there');
});

const rules = () => join(folder, 'rules.d');
const line = (id: string, owner: string) =>
  `class add dev eth0 parent 1:1 classid 1:${id} htb rate 1mbit # ${owner}\n`;

test('ids: read as written; none where there is no file', () => {
  assert.equal(readIds(file, rules()), { chosen: { guests: {}, groups: {} } });
  const chosen = { guests: { a: 16, 'b "c"': 17 }, groups: { g: 300 }, idle: ['a'] };
  writeIds(file, chosen as never);
  assert.equal(readIds(file, rules()), { chosen });
  writeIds(file, chosen as never);
  assert.not.ok(existsSync(`${file}.damaged`));
});

test('a damaged file of ids: what can be read of it, and what the rules in force say; it is kept beside', () => {
  writeIds(file, { guests: { a: 16, b: 17 }, groups: { g: 300 } });
  const text = readFileSync(file, 'utf8');
  write(file, text.slice(0, -3));
  write(join(rules(), 'shape.tc'), line('12', 'guest "b \\u{1f600}"') + line('20', 'group h'));
  write(join(rules(), 'good/shape.tc'), line('11', 'guest c') + line('14', 'guest d, web'));
  const { chosen, lost } = readIds(file, rules());
  // 0x11 is 17: who is in force has it.
  assert.equal(chosen, { guests: { a: 16, 'b 😀': 18, c: 17, d: 20 }, groups: { g: 300, h: 32 } });
  assert.match(lost ?? '', 'is damaged or of another version');
  writeIds(file, chosen);
  assert.is(readFileSync(`${file}.damaged`, 'utf8'), text.slice(0, -3));
  assert.equal(readIds(file, rules()).chosen.guests, chosen.guests);
});

test('what is no table of ids is damaged', () => {
  for (const wrong of [
    { version: 2, guests: {}, groups: {} },
    { version: 1, guests: { a: 16, b: 16 }, groups: {} },
    { version: 1, guests: { a: 0 }, groups: {} },
    { version: 1, guests: { a: 65536 }, groups: {} },
    { version: 1, guests: { a: 1.5 }, groups: {} },
    { version: 1, guests: [], groups: {} },
    { version: 1, guests: {}, groups: null },
    { version: 1, guests: {} },
    { version: 1, guests: {}, groups: {}, idle: {} },
  ]) {
    write(file, JSON.stringify(wrong));
    assert.ok(readIds(file, rules()).lost, JSON.stringify(wrong));
  }
  write(file, JSON.stringify({ version: 1, guests: { a: 65535, b: 1 }, groups: {} }));
  assert.is(readIds(file, rules()).lost, undefined);
});

test.run();
