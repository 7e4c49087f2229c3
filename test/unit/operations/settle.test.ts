// A sync that waits for things to settle: with a real lock and real files, and others that want a sync meanwhile.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Context } from '../../../src/operations/context.ts';
import { settle } from '../../../src/operations/settle.ts';
import { makePaths } from '../../../src/store/paths.ts';

let root: string;
let context: Context;
test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'settle-'));
  context = { paths: makePaths({ root }) } as Context;
  mkdirSync(dirname(context.paths.syncWanted), { recursive: true });
});
test.after.each(() => rmSync(root, { recursive: true }));

const want = () => writeFileSync(context.paths.syncWanted, '');
const number = () => (existsSync(context.paths.syncLock) ? readFileSync(context.paths.syncLock, 'utf8') : '');

async function untilNumbered(): Promise<void> {
  while (number() === '') await delay(5);
}

test('its number is in the lock for as long as it takes what is wanted', async () => {
  const settled = settle(context, 0.3);
  await untilNumbered();
  assert.is(number(), `${process.pid}\n`);
  assert.is(await settled, true);
  assert.is(number(), '');
});

test('what is wanted meanwhile is taken, and waited for again', async () => {
  const began = performance.now();
  const settled = settle(context, 0.5);
  await untilNumbered();
  want();
  assert.is(await settled, true);
  assert.ok(performance.now() - began >= 990, 'twice the time');
  assert.not.ok(existsSync(context.paths.syncWanted));
});

test('what is left after its last look, while its number is still there, is taken too', async () => {
  const { paths } = context;
  const { syncWanted: file } = paths;
  want();
  // Of what a hook leaves in between, the look before knows nothing.
  Object.defineProperty(paths, 'syncWanted', { get: () => (number() === '' ? file : `${file}-before`) });
  assert.is(await settle(context, 0.05), true);
  assert.not.ok(existsSync(file));
});

test('where more is wanted without end it begins all the same', async () => {
  const wants = setInterval(want, 5);
  try {
    assert.is(await settle(context, 0.1, 0.5), true);
  } finally {
    clearInterval(wants);
  }
});

test('where another one waits it ends at once, and leaves what is wanted to that one', async () => {
  const first = settle(context, 1);
  await untilNumbered();
  want();
  assert.is(await settle(context, 1), false);
  assert.is(number(), `${process.pid}\n`);
  assert.ok(existsSync(context.paths.syncWanted));
  assert.is(await first, true);
});

test('what cannot be taken away is not waited for', async () => {
  mkdirSync(context.paths.syncWanted);
  assert.is(await settle(context, 0.05), true);
});

test('a lock that is a folder is one all the same', async () => {
  mkdirSync(context.paths.syncLock);
  assert.is(await settle(context, 0.05), true);
});

test.run();
