// What the rules in force were made from counts as it was written, for these rules and this build only.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Basis, Lines } from '../../../src/part/basis.ts';
import { madeFromBody, readMadeFrom, writeMadeFrom } from '../../../src/store/made-from.ts';
import { fnv1aWords } from '../../../src/system/digest.ts';

const lines: Lines = { common: 'all', guests: ['"ä"', '"b"'], devices: ['eth0 {}'] };
const basis: Basis = { frame: '{}', warnings: ['a\nb'], unshaped: [], room: { eth0: { out: 1, in: 2 } } };

test('is read as it was written, and not after any byte of it, the rules or the build has changed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'virt-shaper-'));
  const places = { madeFrom: join(folder, 'made-from'), rules: folder, ids: join(folder, 'ids.json') };
  const here = globalThis as { launched?: { build: string } };
  try {
    mkdirSync(join(folder, 'good'));
    writeMadeFrom(places, 'source\n', madeFromBody(lines, basis));
    assert.is(readMadeFrom(places, 'source\n'), undefined, 'nobody knows which build it is');
    here.launched = { build: 'one' };
    writeMadeFrom(places, 'source\n', madeFromBody(lines, basis));
    assert.equal(readMadeFrom(places, 'source\n'), { lines, basis });
    assert.is(readMadeFrom(places, 'another\n'), undefined);
    const whole = readFileSync(places.madeFrom);
    for (let at = 0; at < whole.length; at += 1) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      writeFileSync(places.madeFrom, damaged);
      assert.is(readMadeFrom(places, 'source\n'), undefined, `byte ${at}`);
      writeFileSync(places.madeFrom, whole.subarray(0, at));
      assert.is(readMadeFrom(places, 'source\n'), undefined, `${at} bytes`);
    }
    writeFileSync(places.madeFrom, whole);
    here.launched = { build: 'two' };
    assert.is(readMadeFrom(places, 'source\n'), undefined);
    here.launched = { build: 'one' };
    writeFileSync(join(folder, 'good/shape.tc'), '');
    assert.is(readMadeFrom(places, 'source\n'), undefined);
  } finally {
    delete here.launched;
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a digest of words takes them wherever they lie, and all of them', () => {
  const bytes = Buffer.from('0123456789ab');
  for (let length = 0; length <= 12; length += 1) {
    const digest = fnv1aWords(bytes.subarray(0, length));
    const moved = Buffer.concat([Buffer.from('x'), bytes]).subarray(1, 1 + length);
    assert.is(fnv1aWords(new Uint8Array(moved)), digest, `${length} bytes`);
    assert.is(fnv1aWords(moved), digest, `${length} bytes, at an odd place`);
    if (length > 0) assert.is.not(fnv1aWords(bytes.subarray(0, length - 1)), digest);
  }
});

test.run();
