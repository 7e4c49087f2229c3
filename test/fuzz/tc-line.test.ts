// A line of shape.tc is read and printed again: whatever the policy, what tc is told is what was looked at.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseTcLine } from '../../src/kernel/tc/line.ts';
import { tcLine } from '../../src/kernel/tc/print.ts';
import { generateFor } from '../support/world.ts';
import { bounded, randomWorld } from './random-world.ts';

/** @returns how many lines there are */
function isPrintedAgain(shape: string): number {
  const codes = shape.split('\n').map((line) => line.replace(/#.*/, '').trim());
  const lines = codes.filter((code) => code !== '');
  for (const line of lines) {
    const object = parseTcLine(line);
    if (typeof object === 'string') throw new Error(`${object}: ${line}`);
    assert.is(tcLine('add', object), line);
  }
  return lines.length;
}

test('of every golden rendering', () => {
  const golden = fileURLToPath(new URL('../golden/render', import.meta.url));
  const files = readdirSync(golden, { recursive: true, encoding: 'utf8' });
  const shapes = files.filter((file) => file.endsWith('shape.tc'));
  const sum = shapes.reduce(
    (lines, file) => lines + isPrintedAgain(readFileSync(join(golden, file), 'utf8')),
    0,
  );
  assert.ok(shapes.length > 40 && sum > 500, `${shapes.length} files, ${sum} lines`);
});

test('of any policy', () => {
  fc.assert(
    fc.property(randomWorld(), (world) => {
      isPrintedAgain(generateFor(world).rules['shape.tc']);
    }),
    bounded(100),
  );
});

test.run();
