// What works under the lock is given: tools that have the seconds of --timeout each, and nobody else beside it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { makeContext } from '../../../src/operations/context.ts';
import { underLock } from '../../../src/operations/under-lock.ts';

const root = mkdtempSync(join(tmpdir(), 'virt-shaper-lock-'));
test.after(() => rmSync(root, { recursive: true }));

test('a tool has the seconds of --timeout, and is ended after them', async () => {
  const context = makeContext({ root, timeout: '0.2' });
  const said = await underLock(context, ({ run }) =>
    run('sleep', ['20']).then(String, ({ message }) => message),
  );
  assert.is(said, 'sleep 20 did not end within 0.2 s');
  const { status } = await underLock(makeContext({ root }), ({ run }) => run('sleep', ['0.1']));
  assert.is(status, 0);
});

test('whoever comes meanwhile waits, and is told so', async () => {
  const order: string[] = [];
  let second: Promise<unknown> = Promise.resolve();
  await underLock(makeContext({ root }), async () => {
    await new Promise<void>((told) => {
      const say = (text: string) => {
        order.push(text);
        told();
      };
      second = underLock({ ...makeContext({ root }), say }, async () => order.push('the second works'));
    });
    order.push('the first has ended');
  });
  await second;
  assert.equal(order, ['waiting for another virt-shaper to end', 'the first has ended', 'the second works']);
});

test.run();
