// What became of classes that a load took out is counted after it, once; or by the next sync, where another process writes
// the ledger meanwhile.
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { listSpool, openSpool } from '../../../../src/ledger/spool.ts';
import { underLockCounted } from '../../../../src/operations/usage/count.ts';
import { withLock } from '../../../../src/system/lock.ts';
import { hear } from '../../../support/heard.ts';

let root: string;
const { PATH } = process.env;
test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'virt-shaper-counting-'));
});
test.after.each(() => {
  process.env.PATH = PATH;
  rmSync(root, { recursive: true });
});

/** A flock that notes how long it is to wait, and does not. */
function waitForNobody(): void {
  const bin = join(root, 'bin');
  mkdirSync(bin);
  writeFileSync(
    join(bin, 'flock'),
    `#!/bin/sh\necho "$*" >>${root}/asked\nPATH=${PATH} exec flock -x -n 0\n`,
  );
  chmodSync(join(bin, 'flock'), 0o755);
  process.env.PATH = `${bin}:${PATH}`;
}

test('while another process writes the ledger a load says nothing of it, and leaves what to count for the next sync', async () => {
  const { context, said, warned } = hear(root);
  const { usage, usageLock, usageSpool } = context.paths;
  mkdirSync(usage, { recursive: true });
  const load = () =>
    underLockCounted(context, async () => {
      openSpool(usageSpool, [])?.end(true);
      return 'loaded';
    });
  waitForNobody();
  await withLock({ file: usageLock, patience: 5, waiting: () => {} }, async () => {
    assert.is(await load(), 'loaded');
  });
  assert.equal([said, warned], [[], []]);
  assert.match(readFileSync(join(root, 'asked'), 'utf8'), /^-x -w 5 0$/m);
  assert.is(listSpool(usageSpool).length, 1);
  await load();
  assert.equal([said, warned], [[], []]);
  assert.equal(listSpool(usageSpool), [], 'both are counted');
});

test('a ledger that cannot be read or written costs no load anything, and is a warning', async () => {
  for (const [inTheWay, words] of [
    ['now.json', 'is not counted: '],
    ['now.json.next', 'cannot be written down: '],
  ] as const) {
    const { context, warned } = hear(root);
    const { usage, usageSpool } = context.paths;
    mkdirSync(join(usage, inTheWay), { recursive: true });
    const loaded = await underLockCounted(context, async () => {
      openSpool(usageSpool, [])?.end(true);
      return 'loaded';
    });
    assert.is(loaded, 'loaded');
    assert.is(warned.length, 1, warned.join('\n'));
    assert.ok(warned[0]?.startsWith(`warning: what guests use ${words}`), warned[0]);
    assert.is(listSpool(usageSpool).length, 1, 'the next sync may have more luck');
    rmSync(usage, { recursive: true });
    rmSync(usageSpool, { recursive: true });
  }
});

test.run();
