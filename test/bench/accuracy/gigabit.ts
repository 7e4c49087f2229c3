// 1 gbit of UDP is more than iperf3 sends on a machine with two CPUs, so it comes from what sends frames of its own,
// and the receiver's device counts them. More is offered than arrives, or the sender would be measured.
import { type Both, directions } from '../../../src/units/units.ts';
import { needsCommand } from '../../support/needs.ts';
import { Namespaces } from '../../support/netns.ts';
import { loadOurs } from '../packets/ours.ts';
import { makeEnds, makePath } from '../packets/path.ts';
import { flood } from '../packets/traffic.ts';
import type { Bench } from '../section.ts';
import { type Left, leaveToTc } from './world.ts';

/**
 * @param rate mbit of the guest's ceil
 * @param payload bytes in each packet
 * @returns bits of payload per second that arrived; nothing where what sends them is not installed
 */
export async function floodGigabit(
  bench: Bench,
  rate: number,
  payload: number,
  left?: Left,
): Promise<Both<number> | undefined> {
  if (needsCommand('trafgen')) return undefined;
  bench.progress(`UDP, ${rate} mbit${left ? `, ${left} left to tc` : ''}`);
  const spaces = new Namespaces();
  const path = await makePath(spaces, await makeEnds(spaces), 1, 1, false);
  const edit = left && ((shape: string) => leaveToTc(shape, left));
  await loadOurs(bench, path, rate * 1_000_000, edit);
  const received = { out: 0, in: 0 };
  for (const direction of directions) {
    const { packets, took } = await flood(path, direction, 4, { payload, offered: 1.4e6 * rate });
    received[direction] = (8 * packets * payload) / took;
  }
  return received;
}
