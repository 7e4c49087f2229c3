// What is said of guests that are not shaped yet: why the last load could not shape them is no reason any more once that
// is gone, and an entry that is saved is not one in force. What is advised is done, and shapes them.
import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { sh } from './host.ts';
import { kernelTest } from './kernel-test.ts';

const config = `
[uplink.eth0]
ceil = "1gbit"
[guest.cliff]
ceil = "30mbit"
[guest.jason]
ceil = "30mbit"
`;

const { test, host } = kernelTest({
  config,
  bridges: { br0: 'eth0', br9: 'eth9' },
  taps: ['vnet0', 'vnet1'],
});

interface Row {
  guest: string;
  state: string;
  faults: { kind: string; reason: string; remedy?: string }[];
}

function rows(): string[] {
  const { guests } = JSON.parse(host.run(['status', '--json', '--interval', '0']).stdout) as {
    guests: Row[];
  };
  return guests.map(({ guest, state, faults }) =>
    [guest, state, ...faults.map(({ kind }) => kind)].join(' '),
  );
}

const status = () => host.run(['status', '--interval', '0']).stdout;
const doctor = () => host.run(['doctor']).stdout;

const inForce = 'virt-shaper sync --in-force';
/** What the views say, and that what they advise shapes the guest. */
function isMissed(guest: string, words: RegExp): void {
  const verify = host.run(['verify']);
  assert.is(verify.status, 3);
  for (const said of [status(), verify.stdout, doctor()]) {
    assert.match(said, words);
    assert.match(said, `${inForce} shapes it`);
  }
  assert.is(host.run(inForce.split(' ').slice(1)).status, 0);
  assert.ok(rows().includes(`${guest} shaped`), rows().join('; '));
  assert.is(host.run(['verify']).status, 0);
}

test('a tap that is back on its bridge: that it had no uplink is said no more', () => {
  sh('ip link del eth9; ip link set vnet0 master br9');
  host.runs('cliff', { vnet0: 'br9' });
  assert.is(host.run(['sync']).status, 0);
  assert.equal(rows(), ['cliff unshaped unreachable']);
  sh('ip link set vnet0 master br0');
  assert.equal(rows(), ['cliff unshaped missed']);
  assert.not.match(status() + doctor(), /cliff.* has no uplink/);
  isMissed('cliff', /cliff\S* .*what kept the last load from shaping vnet0 is gone/);
});

test('another reason than at the last load is the one that is said', () => {
  sh('ip link del eth9; ip link set vnet0 master br9');
  sh('ip link add br8 type bridge; ip link set br8 up');
  host.runs('cliff', { vnet0: 'br9' });
  host.run(['sync']);
  sh('ip link set vnet0 master br8');
  assert.match(status(), 'its bridge br8 has no uplink');
  sh('ip link del vnet0');
  assert.not.match(status(), 'has no uplink');
});

test('an uplink that was away and is back, of a guest that it alone leads out', () => {
  host.configure(config.replace('ceil = "1gbit"', 'bridge = "br0"'));
  sh('ip link set eth0 nomaster; ip link set eth0 name away');
  host.runs('cliff', { vnet0: 'br0' });
  host.run(['sync']);
  assert.equal(rows(), ['cliff unshaped unable']);
  assert.match(doctor(), 'its uplink eth0 does not exist');
  sh('ip link set away down; ip link set away name eth0; ip link set eth0 up master br0');
  assert.equal(rows(), ['cliff unshaped missed']);
  assert.not.match(status() + doctor(), 'does not exist');
  isMissed('cliff', /cliff\S* .*what kept the last load from shaping vnet0/);
});

test('an entry that is saved is not in force, and that is what is said of its guest', () => {
  host.configure(config.replace('[guest.jason]', '[guest.other]'));
  host.runs('cliff', { vnet0: 'br0' });
  host.runs('jason', { vnet1: 'br0' });
  assert.is(host.run(['sync']).status, 0);
  assert.equal(rows(), ['cliff shaped', 'jason left out unlisted']);
  assert.match(status(), /jason: it has no entry in the configuration$/m);
  host.configure(config);
  assert.equal(rows(), ['cliff shaped', 'jason left out unlisted']);
  assert.match(
    status(),
    /jason: it has no entry in the configuration in force; by the saved one it is to be shaped/,
  );
  assert.match(status(), 'virt-shaper apply puts the saved configuration in force');
  assert.is(host.run([...inForce.split(' ').slice(1)]).status, 0);
  assert.match(status(), 'by the saved one');
  assert.is(host.run(['apply']).status, 0);
  assert.equal(rows(), ['cliff shaped', 'jason shaped']);
});

test('a guest that no load has seen: by the configuration in force, whatever is saved', () => {
  host.runs('cliff', { vnet0: 'br0' });
  assert.is(host.run(['sync']).status, 0);
  host.runs('jason', { vnet1: 'br0' });
  host.configure(config.replace('[guest.jason]', '[guest.other]'));
  assert.equal(rows(), ['cliff shaped', 'jason unshaped unknown']);
  assert.match(status(), `${inForce} shapes it`);
  assert.is(host.run(inForce.split(' ').slice(1)).status, 0);
  assert.equal(rows(), ['cliff shaped', 'jason shaped']);
  // The other way round: only what is saved has an entry.
  unlinkSync(join(host.root, 'run/libvirt/qemu/jason.xml'));
  sh('ip link del vnet1');
  host.configure(config.replace('[guest.jason]', '[guest.other]'));
  assert.is(host.run(['apply']).status, 0);
  host.configure(config);
  host.tap('vnet1').runs('jason', { vnet1: 'br0' });
  assert.equal(rows(), ['cliff shaped', 'jason unshaped unknown'], 'its start would have been shaped');
  assert.match(status(), /jason: .*no limit, and only the saved configuration has an entry for it/);
  assert.match(status(), 'virt-shaper apply shapes it');
  assert.is(host.run(['apply']).status, 0);
  assert.equal(rows(), ['cliff shaped', 'jason shaped']);
});

test.run();
