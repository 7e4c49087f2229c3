// What fails on the way to a load is in the history once, however far in it failed; a refused guest is no failure.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countingFailures, Refused } from '../../../src/operations/failures.ts';
import { hasFailed, noteLoad, readHistory } from '../../../src/store/history.ts';
import { Failure } from '../../../src/system/errors.ts';
import { hear } from '../../support/heard.ts';

let root: string;
test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'virt-shaper-failures-'));
});
test.after.each(() => rmSync(root, { recursive: true }));

async function fail(error: unknown): Promise<unknown> {
  const { context } = hear(root);
  const work = () => countingFailures(context, () => Promise.reject(error));
  return countingFailures(context, work).catch((thrown: unknown) => thrown);
}

const history = () => readHistory(hear(root).context.paths.history);

test('counted once, with its words, and thrown on', async () => {
  const error = new Failure('no tc', 'install it');
  assert.is(await fail(error), error);
  assert.is(history().failures, 1);
  assert.match(history().last?.error ?? '', 'no tc');
  assert.is(hasFailed(hear(root).context.paths.history), true);
  await fail(new Error('something else'));
  assert.is(history().failures, 2);
});

test('a load that ends well afterwards has not failed', async () => {
  await fail(new Failure('no tc'));
  noteLoad(hear(root).context.paths.history);
  assert.is(hasFailed(hear(root).context.paths.history), false);
  assert.equal([history().loads, history().failures], [1, 1]);
});

test('a refused guest is the administrator’s own wish', async () => {
  const error = new Refused('cliff', 'guest cliff may not start');
  assert.is(await fail(error), error);
  assert.is(history().failures, 0);
  assert.is(error.guest, 'cliff');
});

test('what goes well is passed on, and nothing is noted', async () => {
  const { context } = hear(root);
  assert.is(await countingFailures(context, async () => 7), 7);
  assert.is(history().failures, 0);
});

test('where the history cannot be written, the failure itself is what is heard', async () => {
  const error = new Failure('full');
  const { context } = hear('/proc/self/nowhere');
  assert.is(await countingFailures(context, () => Promise.reject(error)).catch((thrown) => thrown), error);
});

test.run();
