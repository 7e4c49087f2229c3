// What a flood leaves in a queue goes on arriving when its sender has ended: fq_codel holds up to 10,240 packets, which
// is seconds of a small class. The next measurement would share its class with them, and its iperf3 would take
// the first of them for its own sender's and answer that one.
import { setTimeout as delay } from 'node:timers/promises';
import type { Namespace } from '../support/netns.ts';

const interval = 100;
const limit = 10_000;
/** Packets in an interval that are no flood: neighbour discovery and the like. */
const few = 3;

/** Until next to nothing arrives any more. @throws when that goes on for ten seconds */
export async function drained(space: Namespace, signal?: AbortSignal): Promise<void> {
  let before = await readReceived(space);
  for (let waited = 0; waited < limit; waited += interval) {
    await delay(interval, undefined, { signal });
    const now = await readReceived(space);
    if (now - before <= few) return;
    before = now;
  }
  throw new Error(`packets still arrive at ${space.name} ${limit / 1000} s after their sender has ended`);
}

/** Packets that all of its devices received. */
async function readReceived(space: Namespace): Promise<number> {
  const [, , ...lines] = (await space.run('cat', ['/proc/net/dev'])).trim().split('\n');
  return lines.reduce((sum, line) => sum + Number(line.split(':')[1]?.trim().split(/\s+/)[1]), 0);
}
