// What becomes of a load that waits for its confirmation, by what a plain load, an apply or an unload came to.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { keeping } from '../../../../src/load/unkept.ts';
import { deciding } from '../../../../src/operations/say/decided.ts';
import { readPending, sinceBoot, takeEnding, writePending } from '../../../../src/store/pending.ts';
import { Failure } from '../../../../src/system/errors.ts';
import { hear } from '../../../support/heard.ts';

let root: string;
test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'virt-shaper-decided-'));
});
test.after.each(() => rmSync(root, { recursive: true }));

/** @param waits whether another load waits for its confirmation */
async function decide(by: 'load' | 'unload', work: () => Promise<unknown>, waits = true) {
  const { context, said } = hear(root);
  const { pending: folder, undone } = context.paths;
  const pending = { id: 'x', deadline: sinceBoot() + 60_000, former: false };
  if (waits) writePending(folder, pending, undefined, new Map());
  const result = await deciding(context, by, work).catch((error: Error) => error.message);
  return { result, waits: readPending(folder) !== undefined, ending: takeEnding(undone, 'x'), said };
}

const isOver = ['the load that waited for its confirmation is not taken back any more: this one counts'];

test('one that ends well decides, and whoever waits is told by what', async () => {
  const well = async () => 7;
  assert.equal(await decide('load', well), { result: 7, waits: false, ending: 'load', said: isOver });
  assert.equal(await decide('unload', well), { result: 7, waits: false, ending: 'unload', said: [] });
  assert.equal(await decide('load', well, false), { result: 7, waits: false, ending: undefined, said: [] });
});

test('one that fails decides nothing', async () => {
  const fails = () => Promise.reject(new Failure('no tc'));
  assert.equal(await decide('load', fails), { result: 'no tc', waits: true, ending: undefined, said: [] });
});

test('one that the kernel holds, and only the disk does not keep, counts all the same, and fails', async () => {
  const unkept = async () =>
    keeping(() => {
      throw new Failure('no room');
    });
  const result = 'the kernel holds it, and that it does cannot be noted: no room';
  assert.equal(await decide('load', unkept), { result, waits: false, ending: 'load', said: isOver });
  assert.equal(await decide('unload', unkept), { result, waits: false, ending: 'unload', said: [] });
});

test.run();
