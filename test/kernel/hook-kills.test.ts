// Guests that start at once, by the file that libvirt runs, while somebody kills the one who does it for all, or one who
// waits, at any moment. Nobody waits for a dead one, and whoever is told that all is well is shaped.
// VIRT_SHAPER_KILLS=100 does it as often; npm test a few times. VIRT_SHAPER_SEED otherwise.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { hookCommand } from '../../src/hooks/hook-file.ts';
import { hookText } from '../../src/hooks/hook-script.ts';
import { makePaths } from '../../src/store/paths.ts';
import { Random } from '../faults/random.ts';
import { awaitCalls } from '../support/hook-calls.ts';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { unless } from '../support/skip.ts';
import { domainXml, kernelState, program, sh, TestHost } from './host.ts';

const test = unless(needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'flock'));

const seed = process.env.VIRT_SHAPER_SEED ?? '1';
const kills = Number(process.env.VIRT_SHAPER_KILLS ?? 4);
const names = Array.from({ length: 6 }, (_, index) => `g${index}`);
const tapOf = (name: string) => `vnet${name.slice(1)}`;
const config = `
[defaults]
rate = "1mbit"
ceil = "20mbit"
[uplink.eth0]
ceil = "1gbit"
[guest."g*"]
`;

let host: TestHost;
let calls: string;
test.before(() => {
  host = new TestHost(config).bridge('br0', 'eth0');
  for (const name of names) host.tap(tapOf(name));
  const paths = makePaths({ root: host.root });
  calls = paths.hookCalls;
  host.write('qemu', hookText('qemu', hookCommand([process.execPath, program], paths)));
  chmodSync(join(host.root, 'qemu'), 0o755);
});
test.after(() => host.end());

interface Ended {
  name: string;
  status: number | null;
  stderr: string;
}

function call(name: string, operation: string): { pid: number; ended: Promise<Ended> } {
  const child = spawn(join(host.root, 'qemu'), [name, operation, 'begin', '-'], {
    env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  child.stdin.on('error', () => {}).end(domainXml(name, { [tapOf(name)]: 'br0' }));
  const ended = once(child, 'close').then(([status]) => {
    return { name, status, stderr: stderr.replace(/^logger: .*\n/gm, '') };
  });
  return { pid: child.pid ?? 0, ended };
}

/** Of this host's hook: there is one at a time. */
function programs(): number[] {
  const isProgram = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`\0--root\0${host.root}\0hook\0`);
    } catch {
      return false; // It has just ended.
    }
  };
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && isProgram(pid))
    .map(Number);
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

/** @returns whether somebody was there to be killed */
async function killOne(random: Random, shells: number[]): Promise<boolean> {
  await sleep(random.integer(0, 400));
  if (random.chance(0.3)) return kill(random.pick(shells));
  for (let tries = 0; tries < 100; tries += 1) {
    const [leader] = programs();
    if (leader !== undefined) {
      await sleep(random.integer(0, 150));
      return kill(leader);
    }
    await sleep(10);
  }
  return false;
}

const isShaped = (name: string) =>
  sh(`tc filter show dev ${tapOf(name)} egress 2>&1 || :`).includes('ifb-eth0');

test(`${kills} kills among guests that start at once, seed ${seed}`, async () => {
  const empty = kernelState();
  const random = new Random(`hook-kills:${seed}`);
  let done = 0;
  for (let round = 0; done < kills; round += 1) {
    assert.ok(round < 10 * kills + 10, 'whoever is to be killed is there');
    const started = names.map((name) => call(name, 'start'));
    const [isKilled, ...ended] = await Promise.all([
      killOne(
        random,
        started.map(({ pid }) => pid),
      ),
      ...started.map((one) => one.ended),
    ]);
    if (isKilled) done += 1;
    // libvirt goes on with those whose hook ended well, and takes a signal for a failure.
    const well = ended.filter(({ status }) => status === 0).map(({ name }) => name);
    assert.ok(well.length >= names.length - 1, `round ${round}: ${JSON.stringify(ended)}`);
    const silent = ended
      .filter(({ name, stderr }) => well.includes(name) && stderr === '')
      .map(({ name }) => name);
    assert.equal(silent.filter(isShaped), silent, `round ${round}: ${JSON.stringify(ended)}`);
    assert.ok(silent.length >= names.length - 2, `round ${round}: ${JSON.stringify(ended)}`);
    // Who was killed at work leaves its guest to libvirt's next call, which is made at once.
    await Promise.all(well.map((name) => call(name, 'started').ended));
    assert.equal(well.filter(isShaped), well, `round ${round}: ${JSON.stringify(ended)}`);
    await Promise.all(names.map((name) => call(name, 'stopped').ended));
    awaitCalls(calls);
    assert.equal(
      readdirSync(calls).filter((name) => /^\d+\.qemu$/.test(name)),
      [],
      'no call is left',
    );
    assert.is(host.run(['sync']).status, 0);
    assert.is(host.run(['verify']).status, 0, `round ${round}`);
    assert.equal(names.filter(isShaped), [], `round ${round}: whoever has ended is taken out`);
  }
  assert.is(host.run(['unload']).status, 0);
  assert.is(kernelState(), empty);
});

test.run();
