// The kernel's state belongs to one installation: with --root there may be two on one host, and each would take what the
// other has loaded for leftovers of its own.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { domainXml, kernelState, program, sh } from './host.ts';
import { kernelTest } from './kernel-test.ts';

const config = '[uplink.eth0]\nceil = "1gbit"\n[guest.cliff]\nrate = "1mbit"\nceil = "20mbit"\n';

/** With odd characters in it, as a folder of a packager may have. */
const other = mkdtempSync("/run/a root's $(copy) ");

const { test, host } = kernelTest({
  config,
  begin: () => {
    cpSync(join(host.root, 'etc'), join(other, 'etc'), { recursive: true });
    assert.is(host.hook('cliff', 'start', { vnet0: 'br0' }).status, 0);
  },
});
test.after(() => rmSync(other, { recursive: true }));

function run(args: string[], root = other, input = '') {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, '--root', root, ...args], {
    input,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

test('another root changes nothing of what is in force', () => {
  const before = kernelState();
  for (const args of [
    ['sync'],
    ['apply'],
    ['render'],
    ['load'],
    ['load', '--confirm', '5'],
    ['sync', '--in-force'],
    ['unload'],
  ]) {
    const { status, stderr } = run(args);
    if (args[0] !== 'render') {
      assert.is(status, 1, args.join(' ') + stderr);
      assert.match(stderr, `what the kernel holds was loaded by virt-shaper --root ${host.root}`);
      assert.match(stderr, 'nothing has been changed');
    }
    assert.is(kernelState(), before, args.join(' '));
  }
  const start = run(
    ['hook', 'qemu', 'cliff', 'start', 'begin', '-'],
    other,
    domainXml('cliff', { vnet1: 'br0' }),
  );
  assert.is(start.status, 0);
  assert.match(start.stderr, 'guest cliff starts UNSHAPED');
  for (const operation of ['started', 'stopped']) {
    run(['hook', 'qemu', 'cliff', operation, 'begin', '-'], other, domainXml('cliff', { vnet1: 'br0' }));
  }
  assert.is(kernelState(), before);
  assert.match(
    run(['status']).stdout,
    `Nothing is loaded from here: what is in the kernel is of virt-shaper --root ${host.root}.`,
  );
  const { findings } = JSON.parse(run(['doctor', '--json']).stdout);
  const { hint } = findings.find(({ check }: { check: string }) => check === 'kernel-state');
  assert.match(hint, "leave it to that one, or take it out by that one's unload");
  assert.is(host.run(['verify']).status, 0);

  assert.is(host.run(['unload']).status, 0);
  assert.is(
    run(['hook', 'qemu', 'cliff', 'start', 'begin', '-'], other, domainXml('cliff', { vnet1: 'br0' })).status,
    0,
  );
  assert.match(sh('tc class show dev eth0'), 'ceil 20Mbit', 'what was unloaded is free for the next');
  const others = kernelState();
  assert.is(host.run(['sync']).status, 1);
  assert.is(kernelState(), others);
  assert.is(run(['hook', 'qemu', 'cliff', 'stopped', 'end', '-'], other, domainXml('cliff', {})).status, 0);
  assert.is(sh('tc class show dev eth0'), '');
});

test("the host's own takes over what another root has loaded, and rules loaded by hand are anybody's", () => {
  // Without --root it writes to /var/lib and /run, which are the test's own here.
  const own = `node ${program} --config ${host.root}/etc/virt-shaper/config.toml --rules /run/own-rules sync`;
  const before = kernelState();
  sh(`unshare --mount sh -ec 'mount -t tmpfs tmpfs /var/lib; mkdir -p /run/libvirt/qemu; ${own}'`);
  assert.is(sh('tc class show dev eth0'), '', 'no guest of its own runs');
  host.run(['sync']);
  assert.is(kernelState(), before);
  const rules = host.rules;
  assert.is(host.run(['unload']).status, 0);
  sh(`ip -batch ${rules}/devices.ip; tc -batch ${rules}/shape.tc; nft -f ${rules}/ruleset.nft`);
  const { status } = run(['sync']);
  assert.is(status, 0);
  assert.is(sh('tc class show dev eth0'), '');
});

test.run();
