// What one userland has loaded, another reads: after an upgrade of nft or iproute2, or from a container. Both work on the
// same folders and the same kernel; the other's nft, tc and ip come first in PATH. USERLAND is the folder of its Debian.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { kernelState, sh, TestHost } from '../kernel/host.ts';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { unless } from '../support/skip.ts';

const base = process.env.USERLAND;
const needs =
  (base === undefined ? 'no other userland (as root: npm run test:userlands)' : undefined) ??
  needsNamespace() ??
  needsCommand('nft', 'tc', 'ip', 'flock');
const test = unless(needs);

const here = process.env.PATH ?? '';
const other = [base ? mountOther(base) : '', here].join(delimiter);
/** What nft 1.1 makes of a map, nft up to 1.0.6 crashes on (seen with 0.9.8 and 1.0.6). */
const crashes = !isSince([1, 0, 7], here) && isSince([1, 1], other);
/** Of what is in force. */
const rules = 'var/lib/virt-shaper/rules.d/good/ruleset.nft';
const config = `[uplink.eth0]
ceil = "1gbit"
[group.friends]
ceil = "30mbit"
[guest.cliff]
rate = "5mbit"
ceil = "20mbit"
group = "friends"
[guest.rob]
rate = "5mbit"
ceil = "20mbit"
`;

let host: TestHost;
test.before.each(() => {
  host = new TestHost(config);
  host.bridge('br0', 'eth0').tap('vnet0').tap('vnet1');
});
test.after.each(() => host.end());

/** @returns the folder with its commands, which see the same files below /run */
function mountOther(debian: string): string {
  const [root, bin] = ['/run/other', '/run/other-bin'];
  const script = fileURLToPath(new URL('mount.sh', import.meta.url));
  sh(`sh '${script}' '${debian}' ${root} /run`);
  mkdirSync(bin);
  for (const name of ['nft', 'tc', 'ip']) {
    const file = sh(`PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot ${root} sh -c 'command -v ${name}'`).trim();
    writeFileSync(join(bin, name), `#!/bin/sh\nexec chroot ${root} ${file} "$@"\n`);
    chmodSync(join(bin, name), 0o755);
  }
  return bin;
}

function isSince(wanted: number[], path: string): boolean {
  if (base === undefined) return false;
  const found =
    sh(`PATH='${path}' nft --version`)
      .match(/v([\d.]+)/)?.[1]
      ?.split('.')
      .map(Number) ?? [];
  const at = wanted.findIndex((part, index) => part !== (found[index] ?? 0));
  return at === -1 || (found[at] ?? 0) > (wanted[at] ?? 0);
}

/** @returns its stdout @throws when it fails or complains */
function run(path: string, ...args: string[]): string {
  const { status, stdout, stderr } = host.run([...args, '--quiet'], { path });
  assert.is(stderr, '', args.join(' '));
  assert.is(status, 0, args.join(' '));
  return stdout;
}

function start(path: string, name: string, tap: string): void {
  assert.equal(host.hook(name, 'start', { [tap]: 'br0' }, { path }), { status: 0, stdout: '', stderr: '' });
}

function stop(path: string, name: string): void {
  assert.is(host.hook(name, 'stopped', {}, { path }).stderr, '');
}

/** Read by this machine's, which can read everything the other has loaded unless it is told not to be asked. */
function changesNothing(what: string, act: () => void): void {
  const before = kernelState();
  act();
  assert.is(kernelState(), before, what);
}

test('what this one loaded the other reads, leaves as it is, changes and takes out', () => {
  const clean = kernelState();
  start(here, 'cliff', 'vnet0');
  changesNothing('nothing is to be done', () => {
    run(other, 'verify');
    assert.match(host.run(['load'], { path: other }).stderr, 'nothing to do');
    assert.match(host.run(['sync'], { path: other }).stderr, 'nothing to do');
  });
  assert.match(run(other, 'status', '--interval', '0'), /^cliff .* shaped$/m);
  assert.match(run(other, 'tree', '--interval', '0'), 'group friends');
  start(other, 'rob', 'vnet1');
  run(other, 'verify');
  host.configure(config.replace('30mbit', '25mbit'));
  run(other, 'render');
  run(other, 'load');
  run(other, 'verify');
  stop(other, 'cliff');
  run(other, 'verify');
  run(other, 'unload');
  assert.is(kernelState(), clean);
});

test('the same files are what each of them loads', () => {
  start(here, 'cliff', 'vnet0');
  const ours = kernelState();
  run(here, 'unload');
  run(other, 'load');
  run(other, 'verify');
  run(other, 'unload');
  run(here, 'load');
  assert.is(kernelState(), ours);
});

const where = (met: boolean, reason: string) => unless(needs ?? (met ? undefined : reason));

where(!crashes, "this machine's nft crashes on it")(
  'what the other loaded this one reads and changes',
  () => {
    const clean = kernelState();
    start(other, 'cliff', 'vnet0');
    run(here, 'verify');
    start(here, 'rob', 'vnet1');
    run(other, 'verify');
    stop(here, 'cliff');
    run(other, 'verify');
    run(other, 'unload');
    assert.is(kernelState(), clean);
  },
);

where(crashes, "this machine's nft does not")(
  'an nft that crashes on it is named, and all stays as it is',
  () => {
    const clean = kernelState();
    start(other, 'cliff', 'vnet0');
    const held = () => [sh(`PATH='${other}' nft -s list ruleset; tc class show dev eth0`), host.read(rules)];
    const before = held();
    const named = ({ stderr }: { stderr: string }) => {
      assert.match(stderr, 'SIGSEGV');
      assert.match(stderr, 'nft flush ruleset');
    };
    for (const args of [['verify'], ['load'], ['sync'], ['status'], ['unload']]) {
      const refused = host.run(args, { path: here });
      assert.is(refused.status, 1, refused.stderr);
      named(refused);
    }
    // A guest starts all the same, unless [hook] on_failure says otherwise.
    const started = host.hook('rob', 'start', { vnet1: 'br0' }, { path: here });
    assert.is(started.status, 0, started.stderr);
    assert.match(started.stderr, 'guest rob starts UNSHAPED');
    named(started);
    assert.equal(held(), before);
    run(other, 'verify');
    run(other, 'unload');
    assert.is(kernelState(), clean);
  },
);

test.run();
