// A host that boots or shuts down: many hooks at once, guests that start and guests that stop, each a process of
// its own. The kernel ends as if they had come one after another, and nobody is forgotten.
// VIRT_SHAPER_FULL=1 does it 20 times with 64 of them, and one after another for comparison; npm test once with 32.
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { Random } from '../faults/random.ts';
import { differences, Snapshots } from '../faults/snapshot.ts';
import { program } from '../faults/world.ts';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { emulated } from '../support/patience.ts';
import { unless } from '../support/skip.ts';
import { domainXml, sh, TestHost } from './host.ts';

const test = unless(needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'flock'));

const full = process.env.VIRT_SHAPER_FULL === '1';
const runs = full ? 20 : 1;
/** An emulated CPU takes ten minutes for the 64 of a host that boots; a busy machine two and a half. */
const hooks = emulated ? 16 : full ? 64 : 32;
/** Who is last waits for all others, which on a busy machine is no fault of theirs. Seconds. */
const waits = ['--lock-timeout', '3000', '--timeout', '900'];
const seed = process.env.VIRT_SHAPER_SEED ?? '1';

const config = `
[defaults]
rate = "1mbit"
ceil = "20mbit"
unlisted = "shape"
[uplink.eth0]
bridge = "br0"
ceil = "1gbit"
[group.web]
ceil = "50mbit"
[group.db]
ceil = "80mbit"
[guest."web-*"]
group = "web"
[guest."db-*"]
group = "db"
rate = "2mbit"
`;

interface Guest {
  name: string;
  tap: string;
}

interface Call {
  guest: Guest;
  operation: 'start' | 'stopped';
}

interface Ended {
  call: string;
  status: number | null;
  stdout: string;
  stderr: string;
}

let host: TestHost;
let snapshots: Snapshots;
test.before.each(() => {
  host = new TestHost(config).bridge('br0', 'eth0');
  snapshots = new Snapshots();
});
test.after.each(() => {
  snapshots.end();
  host.end();
});

for (let run = 0; run < runs; run += 1) {
  test(`${hooks} hooks at once, run ${run + 1} of ${runs}, seed ${seed}`, async () => {
    const random = new Random(`${seed}:${run}`);
    const guests = Array.from({ length: hooks }, (_, index): Guest => {
      return { name: `${random.pick(['web', 'db', 'lone'])}-${run}-${index}`, tap: `vnet${index}` };
    });
    plug(guests);
    const empty = (await snapshots.take()).text;
    const running = guests.slice(0, random.integer(hooks / 4, (hooks * 5) / 8));
    await inTurn(running.slice(0, 1).map((guest) => ({ guest, operation: 'start' })));
    noted(await atOnce(running.slice(1).map((guest) => ({ guest, operation: 'start' }))));
    assert.equal(known(), running.map(({ name }) => name).sort());

    const calls = random.shuffle([
      ...running.map((guest): Call => ({ guest, operation: 'stopped' })),
      ...guests.slice(running.length).map((guest): Call => ({ guest, operation: 'start' })),
    ]);
    const left = guests.slice(running.length);
    // libvirt takes a guest's tap away before it says that the guest stopped.
    const unplugged = running.filter(() => random.chance(0.5));
    sh('ip -force -batch -', unplugged.map(({ tap }) => `link del dev ${tap}\n`).join(''));
    const began = performance.now();
    noted(await atOnce(calls));
    console.log(`${calls.length} hooks: ${((performance.now() - began) / 1000).toFixed(1)} s`);

    assert.equal(known(), left.map(({ name }) => name).sort(), 'no guest is lost');
    const together = await snapshots.take();
    for (const { tap } of left) {
      assert.ok((together.egress.get(tap) ?? []).length > 0, `${tap} has its filter`);
    }
    await compareByHand(together.text);
    if (full && run === 0) await compareInTurn(together.text, left);
    assert.is(host.run(['unload']).status, 0);
    plug(unplugged);
    assert.is(differences((await snapshots.take()).text, empty), '');
  });
}

function plug(guests: Guest[]): void {
  const lines = guests.flatMap(({ tap }) => [
    `link add ${tap} type veth peer name g-${tap}`,
    `link set ${tap} master br0 up`,
    `link set g-${tap} up`,
  ]);
  sh('ip -batch -', `${lines.join('\n')}\n`);
}

/** What rules.d says, on a clean host by hand. */
async function compareByHand(together: string): Promise<void> {
  const keep = join(host.root, 'keep');
  rmSync(keep, { recursive: true, force: true });
  sh(`cp -rL ${host.rules} ${keep}; node ${program} --root ${host.root} unload`);
  sh(`ip -batch ${keep}/devices.ip; tc -batch ${keep}/shape.tc; nft -f ${keep}/ruleset.nft`);
  assert.is(differences((await snapshots.take()).text, together), '');
}

/** The same guests one after another, with the ids they had. */
async function compareInTurn(together: string, guests: Guest[]): Promise<void> {
  assert.is(host.run(['unload']).status, 0);
  for (const file of ['run/virt-shaper/guests.json', 'var/lib/virt-shaper/unloaded.json'])
    rmSync(join(host.root, file));
  noted(await inTurn(guests.map((guest) => ({ guest, operation: 'start' }))));
  assert.is(differences((await snapshots.take()).text, together), '');
}

function known(): string[] {
  const { guests } = JSON.parse(host.read('run/virt-shaper/guests.json')) as { guests: Guest[] };
  return guests.map(({ name }) => name).sort();
}

/** Each did its work, and said no more than that a tap is gone. */
function noted(all: Ended[]): void {
  for (const { call, status, stdout, stderr } of all) {
    const said = stderr
      .split('\n')
      .filter(
        (line) => !/^(warning: .*(is not there|there is no such device).*|waiting for .*|)$/.test(line),
      );
    assert.equal({ call, status, stdout, said }, { call, status: 0, stdout: '', said: [] });
  }
}

function atOnce(calls: Call[]): Promise<Ended[]> {
  return Promise.all(calls.map(hook));
}

async function inTurn(calls: Call[]): Promise<Ended[]> {
  const all: Ended[] = [];
  for (const call of calls) all.push(await hook(call));
  return all;
}

function hook({ guest: { name, tap }, operation }: Call): Promise<Ended> {
  const ends = operation === 'stopped' ? 'end' : 'begin';
  const args = ['--root', host.root, ...waits, 'hook', 'qemu', name, operation, ends, '-'];
  const child = spawn(process.execPath, [program, ...args], {
    cwd: '/',
    env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
  });
  child.stdin.end(domainXml(name, operation === 'start' ? { [tap]: 'br0' } : {}));
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  return new Promise((resolve) => {
    child.on('close', (status) => resolve({ call: `${operation} ${name}`, status, stdout, stderr }));
  });
}

test.run();
