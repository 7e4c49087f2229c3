// A limit set for now, changed and lifted, of the very guest that sends and receives: not a packet is lost, no counter
// starts anew; and it bites at once, and no longer than it lasts.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { Namespaces } from '../support/netns.ts';
import { emulated } from '../support/patience.ts';
import { unless } from '../support/skip.ts';
import { type Libvirt, runVirtShaper } from './libvirt.ts';
import { floodedMbit as mbit } from './policy.ts';
import { dropsOf, startFlows, startMeter } from './reload-traffic.ts';
import { makeReloadHost, plan } from './reloads.ts';

const test = unless(needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'flock', 'ping'));

let spaces: Namespaces;
let libvirt: Libvirt;

test.before(async () => {
  spaces = new Namespaces();
  libvirt = await makeReloadHost(spaces, mkdtempSync(join(tmpdir(), 'virt-shaper-limit-')));
});
test.after(() => {
  spaces.remove();
  rmSync(libvirt.root, { recursive: true });
});

const run = (...args: string[]) => runVirtShaper(libvirt, ['--quiet', ...args]);
const rate = (share: number) => `${Math.round(share * mbit)}`;

/** As if all that is set had been set so long ago: the clock and the kernel's own count have gone on alike. */
function pass(milliseconds: number): void {
  const file = join(libvirt.root, 'var/lib/virt-shaper/overrides.json');
  const content = JSON.parse(readFileSync(file, 'utf8'));
  for (const one of content.overrides) {
    one.since -= milliseconds;
    one.boot.at -= milliseconds;
    if (one.until !== undefined) one.until -= milliseconds;
  }
  writeFileSync(file, JSON.stringify(content));
}

test('of a guest that sends and receives: no packet lost, no counter reset, whatever is set, changed, ended, lifted', async () => {
  const flows = await startFlows(libvirt.host, ['out', 'in', 'flood']);
  await delay(300);
  const meter = startMeter(libvirt);
  // Above what the flows need, so that no queue fills: 16 of 20 mbit.
  const turns = [
    () => run('limit', 'cliff', '--ceil', rate(18), '--for', '2h', '--why', 'a report'),
    () => run('limit', 'cliff', '--in', rate(17), '--rate', rate(1)),
    () => run('limit', 'friends', '--group', '--ceil', rate(40), '--for', '1h'),
    () => run('limit', 'cliff', '--ceil', rate(60), '--for', '1h'),
    () => run('limit', 'eth0', '--unmarked', '--ceil', rate(20)),
    () => run('limit', 'mia', '--rate', rate(3), '--until', '2100-01-01'),
    () => {
      pass(2 * 3_600_000);
      return run('sync', '--in-force');
    },
    () => run('limit', 'friends', '--group', '--lift'),
    () => run('limit', 'eth0', '--unmarked', '--lift'),
    () => run('limit', 'cliff', '--lift'),
  ];
  for (const turn of turns) {
    await turn();
    await delay(150);
  }
  const { resets, exceeded, samples } = await meter.end();
  const [out, into] = await Promise.all(flows.map((flow) => flow.end()));
  if (!out || !into) throw new Error('no flows');
  const dropped = await dropsOf(libvirt, 'cliff');
  console.log(
    `${turns.length} changes of limits: ${out.packets} packets out, ${out.lost} lost, ${into.packets} in, ${into.lost} ` +
      `lost (${dropped.join(' and ')} in full queues); ${samples} looks at the classes, ${resets.length} counters reset`,
  );
  assert.ok(out.packets > 1000 && into.packets > 1000, 'there is traffic');
  assert.equal([out.lost, into.lost], dropped);
  if (!emulated) assert.equal(dropped, [0, 0]);
  assert.equal(resets, []);
  assert.equal(exceeded, []);
  await run('limit', 'mia', '--lift');
});

test('it bites at once, and no longer than it lasts', async () => {
  const ceil = plan.guests[1]?.ceil ?? 0;
  const [flow] = await startFlows(libvirt.host, ['flood']);
  await delay(1500); // Its sender is a process that has to begin.
  /** Of what rob sends, a share of his ceil. */
  const share = async () => {
    await delay(300); // A burst was saved up.
    const before = await sentBy('rob');
    const began = performance.now();
    await delay(1500);
    return ((await sentBy('rob')) - before) / ((ceil / 8000) * (performance.now() - began));
  };
  const shares = [await share()];
  await run('limit', 'rob', '--ceil', `${ceil / 4}`, '--for', '2h');
  shares.push(await share());
  await run('sync', '--in-force');
  shares.push(await share());
  pass(2 * 3_600_000);
  await run('sync', '--in-force');
  shares.push(await share());
  await flow?.end();
  console.log(
    `rob's share of his ceil, a quarter set for now, looked at, ended: ${shares.map((one) => one.toFixed(3)).join(' ')}`,
  );
  const expected = [1, 0.25, 0.25, 1];
  for (const [index, one] of shares.entries()) {
    const wanted = expected[index] ?? 0;
    assert.ok(Math.abs(one - wanted) < (emulated ? 0.25 : 0.05) * wanted, `${shares.join(' ')}: ${index}`);
  }
});

/** Bytes that its class has let through. */
async function sentBy(guest: string): Promise<number> {
  const rules = readFileSync(join(libvirt.root, 'rules.d/shape.tc'), 'utf8');
  const id = rules.match(
    new RegExp(`^ *class add dev eth0 parent \\S+ classid (\\S+) .*# guest ${guest}\\b`, 'm'),
  )?.[1];
  const text = await libvirt.host.space.run('tc', ['-s', 'class', 'show', 'dev', 'eth0']);
  return Number(text.match(new RegExp(`^class htb ${id} .*\\n Sent (\\d+) bytes`, 'm'))?.[1]);
}

test.run();
