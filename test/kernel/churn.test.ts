// Devices that come and go all day, as on a host with containers: a look at /sys finds some that are gone by the next.
import { type ChildProcess, spawn } from 'node:child_process';
import * as assert from 'uvu/assert';
import { readBridges, readDevices } from '../../src/host/read-host.ts';
import { readIfbs } from '../../src/kernel/ifb.ts';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { unless } from '../support/skip.ts';
import { domainXml, sh, TestHost } from './host.ts';

const test = unless(needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'flock'));

const config = '[uplink.eth0]\nceil = "1gbit"\n[guest.cliff]\nrate = "1mbit"\nceil = "20mbit"\n';

let host: TestHost;
let churn: ChildProcess;
test.before.each(() => {
  host = new TestHost(config).bridge('br0', 'eth0').tap('vnet0');
  const made = Array.from({ length: 40 }, (_, index) => `add c${index} type veth peer name d${index}`);
  const gone = made.map((_, index) => `del c${index}`);
  const others = ['add ifb-x type ifb', 'add brx type bridge', 'set c1 master brx', 'del ifb-x', 'del brx'];
  const lines = [...made, ...others, ...gone].map((line) => `link ${line}`).join('\\n');
  churn = spawn('sh', ['-c', `while :; do printf '${lines}\\n' | ip -force -batch -; done`], {
    stdio: 'ignore',
  });
});
test.after.each(() => {
  churn.kill('SIGKILL');
  sh('sleep 0.3'); // What its last batch still does.
  host.end();
});

test('what vanishes between two looks is left out, and what stays is read whole', () => {
  const until = Date.now() + 4000;
  let [looks, sizes] = [0, new Set<number>()];
  while (Date.now() < until) {
    const devices = readDevices();
    readIfbs();
    readBridges(devices);
    assert.is(devices.get('eth0')?.master, 'br0');
    assert.is(devices.get('vnet0')?.master, 'br0');
    sizes.add(devices.size);
    looks += 1;
  }
  assert.ok(looks > 20 && sizes.size > 3, `${looks} looks, of ${sizes.size} sizes: the devices did change`);
});

test('guests start and stop, and no defect is spoken of', () => {
  for (let round = 0; round < 3; round += 1) {
    const input = domainXml('cliff', { vnet0: 'br0' });
    for (const operation of ['start', 'stopped']) {
      const hook = host.run(['hook', 'qemu', 'cliff', operation, 'begin', '-'], { input });
      assert.equal(hook, { status: 0, stdout: '', stderr: '' });
    }
    for (const command of ['sync', 'doctor', 'status']) {
      assert.not.match(host.run([command]).stderr, 'defect', command);
    }
  }
});

test.run();
