// An upgrade while a guest floods and others start and stop: no packet goes unshaped, and every start succeeds.
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { startFlood, watch } from './flood.ts';
import { startingAndStopping } from './guests.ts';
import { install, type Machine } from './machine.ts';

/** @param file the package, as the machine has it; its guest `cliff` has the class 1:10 and a ceil of 30 mbit */
export async function upgradeUnderLoad(host: Machine, file: string): Promise<void> {
  const flood = startFlood();
  await sleep(1500);
  const stop = watch({ guest: '1:10', others: '1:333' });
  let said = '';
  const starts = await startingAndStopping(host, 'rob', async () => {
    await sleep(1000);
    said = await host.later(`${install} ${file}`);
    await sleep(1000);
  }).finally(() => flood.kill());
  const seen = stop();
  console.log(said, seen);
  assert.not.match(said, /virt-shaper: /);
  assert.equal(starts.failed, []);
  assert.ok(starts.count > 3, `${starts.count} starts and stops`);
  assert.ok(seen.looks > 20 && seen.shaped > 5000, 'there was load');
  assert.is(seen.broken, false, 'the guest had its class all the time');
  assert.is(seen.unshaped, 0);
  assert.ok(seen.rate < 31.5e6, `${seen.rate} bits per second`);
}
