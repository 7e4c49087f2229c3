// What V8 has compiled is kept for the next start: taken when it is ours, never when others could have written it.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const dist = fileURLToPath(new URL('../../dist', import.meta.url));
const there = mkdtempSync(join(tmpdir(), 'virt-shaper-launch-'));
const cache = join(there, 'dist/cache');
const test = suite('launch');

test.before(() => {
  process.umask(0o022);
  cpSync(dist, join(there, 'dist'), { recursive: true, preserveTimestamps: true });
  rmSync(cache, { recursive: true, force: true });
});
test.after(() => rmSync(there, { recursive: true, force: true }));

/** A call of libvirt's on which nothing is to be done: all of the way to the hook, and nothing of the kernel's. */
function callHook() {
  return run('hook', 'network', 'default', 'started', 'begin', '-');
}

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(there, 'dist/virt-shaper.js'), '--root', there, ...args],
    { input: '', encoding: 'utf8' },
  );
  return { status, stdout, stderr };
}

function kept(): string {
  const names = readdirSync(cache);
  assert.is(names.length, 1, names.join(' '));
  return join(cache, names[0] ?? '');
}

const quiet = { status: 0, stdout: '', stderr: '' };

test('the hook leaves it behind; later starts take it and leave it as it is', () => {
  assert.equal(callHook(), quiet);
  const { mode, mtimeMs } = statSync(kept());
  assert.is(mode & 0o777, 0o644);
  assert.equal(callHook(), quiet);
  assert.is(run('--version').status, 0);
  assert.is(statSync(kept()).mtimeMs, mtimeMs);
  assert.match(kept(), /-hook$/);
});

test('what V8 cannot use is made anew, that of other builds goes', () => {
  const file = kept();
  writeFileSync(file, 'no code');
  writeFileSync(join(cache, 'of-another-build'), '');
  assert.equal(callHook(), quiet);
  assert.is(kept(), file);
  assert.ok(statSync(file).size > 100_000);
});

test('code that others could have put there does not run', () => {
  const file = kept();
  // V8 knows the text that code was compiled from by its length alone.
  const length = readFileSync(join(dist, 'hook.js')).length;
  const source = '(function () { console.log("taken"); })'.padEnd(length);
  // Nor does it take what was compiled under other flags, so here are those of the launcher.
  const launcher = readFileSync(join(dist, 'virt-shaper.js'), 'utf8');
  const flags = Array.from(launcher.matchAll(/setFlagsFromString\)\("(.*)"\)/g), ([, flag = '']) => flag);
  assert.is(flags.length, 5);
  const compile = `const { Script } = require('node:vm');
    const [, filename, kept, ...flags] = process.argv;
    for (const flag of flags) require('node:v8').setFlagsFromString(flag);
    const script = new Script(require('node:fs').readFileSync(0, 'utf8'), { filename });
    console.log = () => {};
    script.runInThisContext()();
    require('node:fs').writeFileSync(kept, script.createCachedData());`;
  const args = ['-e', compile, join(there, 'dist/hook.js'), file, ...flags];
  assert.is(spawnSync(process.execPath, args, { input: source }).status, 0);
  const taken = readFileSync(file);
  assert.is(callHook().stdout, 'taken\n', 'so it would be run, were it trusted');
  chmodSync(file, 0o666);
  assert.equal(callHook(), quiet);
  writeFileSync(file, taken);
  chmodSync(file, 0o644);
  chmodSync(cache, 0o777);
  assert.equal(callHook(), quiet);
});

test('where nothing can be kept everything works', () => {
  rmSync(cache, { recursive: true });
  writeFileSync(cache, 'a file where the folder should be');
  assert.equal(callHook(), quiet);
  rmSync(cache);
  mkdirSync(cache, { mode: 0o755 });
  assert.is(run('--version').status, 0);
  assert.equal(readdirSync(cache), [], 'a command that the hook does not need leaves nothing');
});

test('a flag that V8 no longer has is told only to a Node.js that is known to have it', () => {
  const launcher = join(there, 'dist/virt-shaper.js');
  const text = readFileSync(launcher, 'utf8').replace('--no-opt', '--no-such-flag');
  const stderrAt = (newest: number) => {
    writeFileSync(launcher, text.replace(/newest = \d+/, `newest = ${newest}`));
    return run('--version').stderr;
  };
  assert.match(stderrAt(99), 'no-such-flag', 'what it would say at each command');
  assert.is(stderrAt(1), '');
});

test.run();
