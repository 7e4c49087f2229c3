// The listed faults can still be made: a text that has changed is one that nobody tries any more.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { mutants } from '../../mutants/list.ts';

const src = fileURLToPath(new URL('../../../src', import.meta.url));
const texts = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(join(src, file), 'utf8'));

test('each text of the list stands in src, and once: where it changes, its entry in test/mutants/list.ts does too', () => {
  assert.ok(mutants.length > 60);
  for (const { what, from, to } of mutants) {
    assert.is.not(from, to, what);
    assert.is(
      texts.reduce((sum, text) => sum + text.split(from).length - 1, 0),
      1,
      `${what}: ${from}`,
    );
  }
});

test.run();
