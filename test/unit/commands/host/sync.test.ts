// How often a sync looks where libvirt changes something while it is at work.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { whileChanging } from '../../../../src/commands/host/sync.ts';

/** @param changes how often something changes, each time during a look. @returns how often it looked, and the status */
async function looking(changes: number): Promise<[looks: number, status: number]> {
  let looks = 0;
  const stamp = () => String(Math.min(looks, changes));
  const status = await whileChanging(stamp, async () => {
    looks += 1;
    return 10 + looks;
  });
  return [looks, status];
}

test('it looks once where nothing changes, and again after a change; the last look counts', async () => {
  assert.equal(await looking(0), [1, 11]);
  assert.equal(await looking(1), [2, 12]);
  assert.equal(await looking(2), [3, 13]);
});

test('where things never rest it ends after the third look', async () => {
  assert.equal(await looking(Number.POSITIVE_INFINITY), [3, 13]);
});

test('what fails is not tried again', async () => {
  let looks = 0;
  const failing = async () => {
    looks += 1;
    throw new Error('no nft');
  };
  const said = await whileChanging(() => String(looks), failing).catch(({ message }: Error) => message);
  assert.equal([looks, said], [1, 'no nft']);
});

test.run();
