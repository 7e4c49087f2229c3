// Reloads under traffic. A guest sends and receives UDP at 80 % of its ceil while other guests' rates change:
// not a packet is lost, no counter starts anew, and nobody exceeds a ceil by more than his burst. Then that guest
// itself changes group: at most what was in its queue is lost.
// VIRT_SHAPER_FULL=1 reloads 100 times, npm test 10 times.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { Namespaces } from '../support/netns.ts';
import { emulated } from '../support/patience.ts';
import { unless } from '../support/skip.ts';
import type { Libvirt } from './libvirt.ts';
import { udpLength } from './policy.ts';
import { startFlows } from './reload-traffic.ts';
import { makeReloadHost, plan, reload, reloadUnderTraffic } from './reloads.ts';

const test = unless(needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'flock', 'ping'));

/** An emulated CPU that sends all the while takes a minute for each. */
const reloads = process.env.VIRT_SHAPER_FULL === '1' ? 100 : emulated ? 3 : 10;
const groups = ['web', 'friends', 'web', undefined, 'friends'].slice(0, emulated ? 2 : 5);

let spaces: Namespaces;
let libvirt: Libvirt;

test.before(async () => {
  spaces = new Namespaces();
  libvirt = await makeReloadHost(spaces, mkdtempSync(join(tmpdir(), 'virt-shaper-reload-')));
});
test.after(() => {
  spaces.remove();
  rmSync(libvirt.root, { recursive: true });
});

test(`${reloads} reloads: no packet lost, no counter reset, no ceil exceeded`, async () => {
  const { seconds, out, into, dropped, samples, resets, exceeded, flooded } = await reloadUnderTraffic(
    libvirt,
    reloads,
  );
  console.log(
    `${reloads} reloads in ${seconds.toFixed(1)} s: ${out.packets} packets out, ${out.lost} lost, ${into.packets} in, ` +
      `${into.lost} lost (${dropped.join(' and ')} in full queues); ${samples} looks at the classes, ${resets.length} counters reset; rob at ${flooded.toFixed(3)} of his ceil`,
  );
  assert.ok(out.packets > 1000 && into.packets > 1000, 'there is traffic');
  assert.equal([out.lost, into.lost], dropped);
  // An emulated CPU may stand still for longer than a queue lasts while the other one sends.
  if (!emulated) assert.equal(dropped, [0, 0]);
  assert.equal(resets, []);
  assert.equal(exceeded, []);
  assert.ok(flooded > 0.9, 'who sends all he can reaches his ceil');
});

test('a guest that changes group under traffic loses at most its queue', async () => {
  const lost: number[] = [];
  for (const group of groups) {
    const flows = await startFlows(libvirt.host, ['out', 'in']);
    await delay(300);
    await reload(libvirt, {
      ...plan,
      guests: plan.guests.map(({ group: own, ...guest }) => {
        const of = guest.name === 'cliff' ? group : own;
        return of ? { ...guest, group: of } : guest;
      }),
    });
    await delay(300);
    for (const flow of flows) lost.push((await flow.end()).lost);
  }
  // A bfifo of 35 ms of the ceil, but never below 32 KiB (plan/arithmetic.ts).
  const queue = Math.ceil(Math.max(32_768, ((plan.guests[0]?.ceil ?? 0) * 0.035) / 8) / (udpLength + 42));
  console.log(`packets lost at a change of group, out and in: ${lost.join(' ')} (its queue holds ${queue})`);
  assert.ok(
    lost.every((count) => count <= queue),
    lost.join(' '),
  );
});

test.run();
