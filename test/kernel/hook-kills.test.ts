// Guests that start at once, by the file that libvirt runs, while somebody kills the one who does it for all, or one who
// waits, at any moment. Nobody waits for a dead one, and whoever is told that all is well is shaped.
// VIRT_SHAPER_KILLS=100 does it as often; npm test a few times. VIRT_SHAPER_SEED otherwise.
import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { Random } from '../faults/random.ts';
import { awaitCalls } from '../support/hook-calls.ts';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { slowness } from '../support/patience.ts';
import { unless } from '../support/skip.ts';
import { kernelState, sh, TestHost } from './host.ts';
import { commandLine, type Ended, InstalledHook, isShaped, processes, tapOf } from './installed-hook.ts';

const test = unless(needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'flock'));

const seed = process.env.VIRT_SHAPER_SEED ?? '1';
const kills = Number(process.env.VIRT_SHAPER_KILLS ?? 4);
/** Milliseconds: a shell waits as long for its turn before it goes on alone. */
const longest = 60_000 * slowness;
const names = Array.from({ length: 6 }, (_, index) => `g${index}`);
const config = `
[defaults]
rate = "1mbit"
ceil = "20mbit"
[uplink.eth0]
ceil = "1gbit"
[guest."g*"]
`;

let host: TestHost;
let hook: InstalledHook;
test.before(() => {
  host = new TestHost(config).bridge('br0', 'eth0');
  for (const name of names) host.tap(tapOf(name));
  hook = new InstalledHook(host);
});
test.after(() => host.end());

/** Of this host's hook: there is one at a time. */
function programs(): number[] {
  return processes().filter((pid) => commandLine(pid).includes(`\0--root\0${host.root}\0hook\0`));
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

/** What is killed of whom: of the call that does it for all, of one that waits, or of any before one of them leads. */
type Victim =
  | `${'program' | 'shell' | 'whole call'} that leads`
  | `${'shell' | 'whole call'} ${'that waits' | 'with no leader'}`;

/** @returns who was there to be killed, if anybody was */
async function killOne(random: Random, shells: number[]): Promise<Victim | undefined> {
  await sleep(random.integer(0, 400));
  if (random.chance(0.6)) return killCall(random, shells);
  for (let tries = 0; tries < 100; tries += 1) {
    const [leader] = programs();
    if (leader !== undefined) {
      await sleep(random.integer(0, 150));
      return kill(leader) ? 'program that leads' : undefined;
    }
    await sleep(10);
  }
  return undefined;
}

/** The shell alone, or with all that it has started. */
function killCall(random: Random, shells: number[]): Victim | undefined {
  const leaders = programs();
  const leading = shells.find((shell) => leaders.flatMap(parentsOf).includes(shell));
  const shell = leading !== undefined && random.chance(0.4) ? leading : random.pick(shells);
  const role = shell === leading ? 'that leads' : leaders.length > 0 ? 'that waits' : 'with no leader';
  const whole = random.chance(0.5);
  const family = whole ? processes().filter((pid) => parentsOf(pid).includes(shell)) : [];
  if (!kill(shell)) return undefined;
  for (const pid of family) kill(pid);
  return `${whole ? 'whole call' : 'shell'} ${role}`;
}

/** A process's own, theirs, and so on. */
function parentsOf(pid: number): number[] {
  try {
    const parent = Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
    return parent > 1 ? [parent, ...parentsOf(parent)] : [];
  } catch {
    return []; // It has just ended.
  }
}

const areShaped = (some: string[]) => some.filter((name) => isShaped(tapOf(name)));
const tapsOf = (name: string) => ({ [tapOf(name)]: 'br0' });

/** All of them at once, and somebody killed meanwhile. */
async function together(
  operation: string,
  random: Random,
): Promise<{ ended: Ended[]; victim: Victim | undefined }> {
  const shells: number[] = [];
  const whom = ({ pid }: ChildProcess) => void shells.push(pid ?? 0);
  const calls = names.map((name) => hook.call(name, operation, { whom }));
  const [victim, ...ended] = await Promise.all([killOne(random, shells), ...calls]);
  return { ended, victim };
}

test(`${kills} kills among guests that start or end at once, seed ${seed}`, async () => {
  const empty = kernelState();
  const random = new Random(`hook-kills:${seed}`);
  const counted = new Map<string, number>();
  const count = (operation: string, victim: Victim | undefined) => {
    if (victim) counted.set(`${operation}, ${victim}`, (counted.get(`${operation}, ${victim}`) ?? 0) + 1);
  };
  const done = () => [...counted.values()].reduce((sum, one) => sum + one, 0);
  for (let round = 0; done() < kills; round += 1) {
    assert.ok(round < 10 * kills + 10, 'whoever is to be killed is there');
    const began = performance.now();
    const { ended, victim } = await together('start', random);
    count('start', victim);
    const told = `round ${round}: ${victim}: ${JSON.stringify(ended)}`;
    assert.ok(performance.now() - began < longest, `${told}: nobody waits for one who is dead`);
    // libvirt goes on with those whose hook ended well, and takes a signal for a failure.
    const well = ended.filter(({ status }) => status === 0).map(({ name }) => name);
    assert.ok(well.length >= names.length - 1, told);
    const silent = ended
      .filter(({ name, stderr }) => well.includes(name) && stderr === '')
      .map(({ name }) => name);
    assert.equal(areShaped(silent), silent, told);
    assert.ok(silent.length >= names.length - 2, told);
    for (const name of well) host.runs(name, tapsOf(name));
    // Who was killed at work leaves its guest to libvirt's next call, which is made at once.
    await Promise.all(well.map((name) => hook.call(name, 'started')));
    assert.equal(areShaped(well), well, told);
    // Their taps go with their processes, before libvirt calls.
    for (const name of names) {
      rmSync(join(host.root, `run/libvirt/qemu/${name}.xml`), { force: true });
      sh(`ip link del ${tapOf(name)}`);
    }
    const stopped = await together('stopped', random);
    count('stopped', stopped.victim);
    awaitCalls(hook.calls);
    assert.equal(
      readdirSync(hook.calls).filter((name) => /^\d+\.qemu$/.test(name)),
      [],
      'no call is left',
    );
    assert.is(host.run(['sync']).status, 0);
    assert.is(host.run(['verify']).status, 0, `round ${round}`);
    assert.equal(
      host.read('run/virt-shaper/guests.json').match(/"name"/g),
      null,
      `round ${round}: who has ended`,
    );
    for (const name of names) host.tap(tapOf(name));
  }
  for (const [whom, times] of [...counted].sort()) console.log(`${String(times).padStart(5)}  ${whom}`);
  assert.is(host.run(['unload']).status, 0);
  assert.is(kernelState(), empty);
});

test.run();
