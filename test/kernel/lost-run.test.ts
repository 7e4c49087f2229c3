// /run/virt-shaper is gone while rules are in force: somebody has tidied up.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { sh } from './host.ts';
import { kernelTest } from './kernel-test.ts';

const config = `[uplink.eth0]\n[guest.cliff]\nceil = "30mbit"\n`;
const { test, host } = kernelTest({ config });
test('after it nobody says that the table was changed, and what is advised puts it right', () => {
  host.runs('cliff', { vnet0: 'br0' });
  assert.is(host.run(['sync']).status, 0);
  rmSync(join(host.root, 'run/virt-shaper'), { recursive: true });
  const advice = 'virt-shaper sync --in-force loads it anew';
  const status = () => host.run(['status', '--interval', '0']);
  const views = {
    status: status(),
    tree: host.run(['tree', '--interval', '0']),
    doctor: host.run(['doctor']),
  };
  for (const [view, { stdout, stderr }] of Object.entries(views)) {
    assert.match(stdout + stderr, advice, view);
    assert.not.match(stdout + stderr, /somebody has|differs from/, view);
  }
  assert.match(views.status.stdout, 'what was loaded into the nftables table is not known any more');
  assert.match(views.status.stdout, /^cliff .* shaped$/m);
  assert.is(JSON.parse(host.run(['status', '--json', '--interval', '0']).stdout).table, 'unknown');
  const verify = host.run(['verify']);
  assert.is(verify.status, 3);
  assert.match(verify.stderr, `whether the kernel holds what was loaded is not known; ${advice}`);
  assert.match(verify.stdout, 'the nftables table: what was loaded into it is not known any more');
  assert.is(host.run(['sync', '--in-force']).status, 0);
  assert.is(host.run(['verify']).status, 0);
  assert.not.match(status().stdout, 'table');
});

test('where the table was changed as well, or only that, it is said as ever', () => {
  host.runs('cliff', { vnet0: 'br0' });
  assert.is(host.run(['sync']).status, 0);
  sh('nft flush map bridge virt-shaper guests');
  assert.match(host.run(['status', '--interval', '0']).stdout, 'somebody has changed the nftables table');
  rmSync(join(host.root, 'run/virt-shaper'), { recursive: true });
  assert.match(host.run(['status', '--interval', '0']).stdout, /^cliff .* unshaped$/m);
  assert.match(host.run(['verify']).stdout, 'cliff');
});

test.run();
