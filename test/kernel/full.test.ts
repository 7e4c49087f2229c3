// A disk with no room left, for real: small file systems that are filled. Full below /var, guests are shaped all the same
// by rules in /run; full below /run, nothing is changed, it is said, and a start follows on_failure.
import { existsSync, mkdirSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { unless } from '../support/skip.ts';
import { kernelState, sh, TestHost } from './host.ts';

const test = unless(needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'flock', 'dd'));

const config = `
[uplink.eth0]
ceil = "1gbit"
[defaults]
rate = "1mbit"
ceil = "20mbit"
[guest.cliff]
id = 0x10
[guest.rob]
id = 0x11
`;

let host: TestHost;
const mounted: string[] = [];

/** A file system of its own, before anything is in it. */
function small(path: string): string {
  const folder = join(host.root, path);
  mkdirSync(folder, { recursive: true });
  sh(`mount -t tmpfs -o size=2m tmpfs ${folder}`);
  mounted.push(folder);
  return folder;
}

function fill(folder: string): void {
  sh(`dd if=/dev/zero of=${folder}/fill bs=4k status=none 2>/dev/null || true
      dd if=/dev/zero of=${folder}/fill bs=1 count=4096 oflag=append conv=notrunc status=none 2>/dev/null || true`);
  assert.not.equal(
    sh(`echo x > ${folder}/more 2>/dev/null && echo there is room || true`),
    'there is room\n',
  );
}

test.before.each(() => {
  host = new TestHost(config);
  host.bridge('br0', 'eth0').tap('vnet0').tap('vnet1');
});
test.after.each(() => {
  for (const folder of mounted.splice(0)) sh(`umount -l ${folder}`);
  host.end();
});

function isShaped(id: string): void {
  for (const [device, major] of [
    ['eth0', 1],
    ['ifb-eth0', 2],
  ] as const) {
    assert.match(sh(`tc class show dev ${device} classid ${major}:${id}`), 'ceil 20Mbit');
    assert.match(sh('nft list ruleset'), `meta priority set ${major}:${id}`);
  }
}

test('no room below /var: guests that start and end are shaped by rules in /run, loudly', () => {
  const folder = small('var/lib/virt-shaper');
  assert.is(host.hook('cliff', 'start', { vnet0: 'br0' }).status, 0);
  fill(folder);
  const start = host.hook('rob', 'start', { vnet1: 'br0' });
  assert.is(start.status, 0, start.stderr);
  assert.match(start.stderr, /no space left on device/i);
  assert.match(start.stderr, 'make room: df -h');
  assert.match(start.stderr, /written to .*run\/virt-shaper\/sync and loaded from there/);
  assert.not.match(start.stderr, /UNSHAPED|defect/);
  isShaped('10');
  isShaped('11');
  assert.match(JSON.parse(host.read('run/virt-shaper/history.json')).last.error, /no space left/i);
  assert.match(host.run(['status', '--interval', '0']).stdout, /2 guests shaped/);
  assert.is(host.run(['verify']).status, 0);
  fill(folder); // The rules of before have made room.
  const sync = host.run(['sync']);
  assert.is(sync.status, 1, sync.stderr);
  assert.match(sync.stderr, /no space left/i);
  const metrics = host.run(['metrics']).stdout;
  assert.match(metrics, /^virt_shaper_last_load_success 0$/m);
  assert.match(metrics, /^virt_shaper_load_failures_total [1-9]/m);
  assert.match(host.run(['status', '--interval', '0']).stdout, /the last load failed .*no space left/i);
  assert.is(host.hook('rob', 'stopped').status, 0);
  assert.not.match(sh('tc class show dev eth0'), 'htb 1:11');
  isShaped('10');
  // There is room again.
  sh(`rm ${folder}/fill`);
  const healed = host.run(['sync']);
  assert.is(healed.status, 0, healed.stderr);
  assert.match(readlinkSync(join(folder, 'rules.d/good')), /^\.good-/);
  assert.equal(
    readdirSync(join(host.root, 'run/virt-shaper')).filter((name) => name.startsWith('in-force')),
    [],
  );
  assert.is(host.run(['verify']).status, 0);
  assert.is(host.run(['unload']).status, 0);
});

test('no room below /var from the beginning: the first guest is shaped', () => {
  fill(small('var/lib/virt-shaper'));
  const start = host.hook('cliff', 'start', { vnet0: 'br0' });
  assert.is(start.status, 0, start.stderr);
  assert.not.match(start.stderr, /UNSHAPED|defect/);
  isShaped('10');
});

test('no room below /run: nothing is changed, and a start follows on_failure', () => {
  const folder = small('run/virt-shaper');
  assert.is(host.hook('cliff', 'start', { vnet0: 'br0' }).status, 0);
  fill(folder);
  const before = kernelState();
  const allowed = host.hook('rob', 'start', { vnet1: 'br0' });
  assert.is(allowed.status, 0, allowed.stderr);
  assert.match(allowed.stderr, /guests\.json cannot be written: ENOSPC/);
  assert.match(allowed.stderr, 'guest rob starts UNSHAPED');
  assert.not.match(allowed.stderr, 'defect');
  host.configure(config.replace('ceil = "20mbit"', 'ceil = "30mbit"'));
  assert.is(host.run(['render']).status, 0);
  const load = host.run(['load']);
  assert.is(load.status, 1);
  assert.match(load.stderr, /ENOSPC/);
  assert.not.match(load.stderr, /could not be undone|defect/);
  assert.is(kernelState(), before);
  sh(`rm ${folder}/fill`);
  assert.is(host.run(['load']).status, 0);
  assert.match(sh('tc class show dev eth0 classid 1:10'), 'ceil 30Mbit');
  host.configure(`${config}[hook]\non_failure = "refuse"\n`);
  assert.is(host.run(['sync']).status, 0);
  fill(folder);
  const refused = host.hook('rob', 'start', { vnet1: 'br0' });
  assert.is(refused.status, 1);
  assert.match(refused.stderr, /ENOSPC/);
});

test('wherever room ends below /run while a load is under way, the kernel is as it was', () => {
  const folder = small('run/virt-shaper');
  host.hook('cliff', 'start', { vnet0: 'br0' });
  host.hook('rob', 'start', { vnet1: 'br0' });
  host.run(['sync']);
  const before = kernelState();
  host.configure(config.replace('ceil = "20mbit"', 'ceil = "30mbit"').replace('0x11', '0x12'));
  assert.is(host.run(['render']).status, 0);
  let loaded = false;
  for (let free = 4; free <= 400 && !loaded; free += free < 64 ? 4 : 16) {
    fill(folder);
    sh(`truncate -s -${free}k ${folder}/fill`);
    const { status, stderr } = host.run(['load']);
    assert.not.match(stderr, /could not be undone|defect/, `${free} KB: ${stderr}`);
    if (status === 0) loaded = true;
    else {
      assert.is(kernelState(), before, `${free} KB: ${stderr}`);
      assert.not(existsSync(join(folder, 'journal')), `${free} KB: ${stderr}`);
    }
    sh(`rm ${folder}/fill`);
  }
  assert.ok(loaded);
});

test.run();
