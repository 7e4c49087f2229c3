// The lab cleans up after itself: however a process that made namespaces ends, they and what ran in them are
// gone when it is.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { unless } from '../support/skip.ts';

const netns = new URL('../support/netns.ts', import.meta.url).href;

/** Makes two namespaces with a cable between them, says which process runs in one, then goes on with `ending`. */
async function makeLab(ending: string): Promise<{ lab: ChildProcess; sleeper: number }> {
  const script = `
    import { Namespaces } from ${JSON.stringify(netns)};
    const spaces = new Namespaces();
    const [host, guest] = [spaces.add('host'), spaces.add('guest')];
    await host.cable('vnet0', guest, 'eth0');
    console.log(guest.start('sleep', ['60'], { timeout: 60_000 }).pid);
    ${ending}`;
  const args = ['--import', 'tsx', '--input-type=module', '--eval', script];
  const lab = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = await once(lab.stdout, 'data');
  return { lab, sleeper: Number(line) };
}

async function assertNothingLeft({ lab, sleeper }: { lab: ChildProcess; sleeper: number }, status: number) {
  const [code] = lab.exitCode === null ? await once(lab, 'exit') : [lab.exitCode];
  assert.is(code, status);
  assert.is(spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' }).stdout, '');
  assert.not(isRunning(sleeper), 'what ran in a namespace still runs');
}

// A process that was killed stays a zombie until its parent, or process 1, has asked for it.
function isRunning(pid: number): boolean {
  const { stdout } = spawnSync('cat', [`/proc/${pid}/status`], { encoding: 'utf8' });
  return stdout !== '' && !/^State:\tZ/m.test(stdout);
}

const inNamespace = unless(needsNamespace() ?? needsCommand('ip'), test);

inNamespace('nothing is left after a normal end', async () => {
  await assertNothingLeft(await makeLab('spaces.remove()'), 0);
});

inNamespace('nothing is left after an error', async () => {
  await assertNothingLeft(await makeLab(`throw new Error('on purpose')`), 1);
});

for (const [signal, status] of Object.entries({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 })) {
  inNamespace(`nothing is left after ${signal}`, async () => {
    const made = await makeLab('');
    assert.ok(isRunning(made.sleeper));
    made.lab.kill(signal as NodeJS.Signals);
    await assertNothingLeft(made, status);
  });
}

test.run();
