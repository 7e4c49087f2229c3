// A guest's start or end by the short way (load/trust.ts): what it is by the whole way, with two processes. What is
// not as it was loaded is found; faults and drift: small-faults.test.ts.
import { spawnSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import { kernelState, sh } from './host.ts';
import { kernelTest } from './kernel-test.ts';
import { config, SmallHost, tools } from './small-host.ts';

const { test, host } = kernelTest({ make: () => new SmallHost(), bridges: {}, taps: [] });

test('a start is two processes, and the end is that of the whole way', () => {
  const started = host.watched('solo', 'start', { vnet3: 'br0' });
  assert.is(started.stderr, '');
  assert.is(tools(started), 'tc -d -batch stage.tc; nft -f commit.nft');
  host.isInForce();
  assert.is(host.run(['sync']).stderr, 'nothing to do: the kernel holds what the running guests need\n');
  assert.is(kernelState(), host.byTheWholeWay());
});

test('a start that changes what others are guaranteed', () => {
  const started = host.watched('f3', 'start', { vnet3: 'br0' });
  assert.match(started.stderr, 'each is scaled to 83.3 %');
  assert.is(tools(started), 'tc -d -batch stage.tc; nft -f commit.nft');
  assert.match(sh('tc class show dev eth0'), /rate 10Mbit ceil 30Mbit/);
  host.isInForce();
  assert.is(kernelState(), host.byTheWholeWay());
});

test('an end takes out what is left when the tap has gone, and gives the others back theirs', () => {
  const before = kernelState();
  host.hook('f3', 'start', { vnet3: 'br0' });
  sh('ip link del vnet3');
  const stopped = host.watched('f3', 'stopped', {});
  assert.is(stopped.stderr, '');
  assert.is(tools(stopped), 'tc -d -batch stage.tc; nft -f commit.nft; tc -s -batch retire-1.tc');
  host.isInForce();
  host.tap('vnet3');
  const names = (state: string) => state.replace(/"(ifname|master|flags)":("[^"]*"|\[[^\]]*\])/g, '');
  assert.is(names(kernelState()), names(before));
});

test('a tap that is still there is looked at first', () => {
  host.hook('solo', 'start', { vnet3: 'br0' });
  sh(
    'tc filter add dev vnet3 egress protocol all pref 7 u32 match u32 0 0 action mirred egress redirect dev lo',
  );
  const stopped = host.watched('solo', 'stopped', {});
  assert.match(tools(stopped), 'nft -s list table');
  assert.match(sh('tc filter show dev vnet3 egress'), 'pref 7');
  host.isInForce();
});

test('a limit that holds for a guest who starts, or for others, is no reason to read anything', () => {
  host.run(['limit', 'solo', '--ceil', '7mbit', '--for', '2h']);
  host.run(['limit', 'f1', '--ceil', '9mbit']);
  const started = host.watched('solo', 'start', { vnet3: 'br0' });
  assert.is(started.stderr, '');
  assert.is(tools(started), 'tc -d -batch stage.tc; nft -f commit.nft');
  assert.match(sh('tc class show dev eth0'), /rate 5Mbit ceil 7Mbit/);
  host.isInForce();
  assert.is(kernelState(), host.byTheWholeWay());
});

test('a limit that has ended since the last load, or was not loaded, changes what it was for at the next start', () => {
  const file = 'var/lib/virt-shaper/overrides.json';
  host.run(['limit', 'f1', '--ceil', '9mbit', '--for', '2h']);
  const isSet = () => /rate 9Mbit ceil 9Mbit/.test(sh('tc class show dev eth0'));
  assert.ok(isSet());
  const content = JSON.parse(host.read(file));
  for (const past of [3 * 3_600_000, 0]) {
    const [one] = structuredClone(content.overrides);
    host.write(
      file,
      JSON.stringify({
        ...content,
        overrides: [
          {
            ...one,
            since: one.since - past,
            until: one.until - past,
            boot: { ...one.boot, at: one.boot.at - past },
          },
        ],
      }),
    );
    assert.is(host.watched('solo', 'start', { vnet3: 'br0' }).status, 0);
    assert.is(isSet(), past === 0, 'whoever starts, it is as it should be now');
    host.isInForce();
    const state = kernelState();
    assert.is(state, host.byTheWholeWay());
    sh('ip link del vnet3');
    assert.is(host.watched('solo', 'stopped', {}).status, 0);
    host.tap('vnet3');
  }
});

test('several guests come and go: each time the end is that of the whole way', () => {
  for (const [guest, operation, tap] of [
    ['solo', 'start', 'vnet3'],
    ['f2', 'stopped', 'vnet2'],
    ['$(reboot) "x" } #', 'start', 'vnet2'],
    ['solo', 'stopped', 'vnet3'],
    ['two nics', 'start', 'vnet3'],
  ] as const) {
    if (operation === 'stopped') sh(`ip link del ${tap}`);
    assert.is(host.watched(guest, operation, operation === 'start' ? { [tap]: 'br0' } : {}).stderr, '');
    if (operation === 'stopped') host.tap(tap);
    host.isInForce();
  }
  assert.is(kernelState(), host.byTheWholeWay());
});

test('what somebody changes in the table after a start is seen, and mended by a load', () => {
  host.hook('solo', 'start', { vnet3: 'br0' });
  const state = kernelState();
  for (const command of [
    'nft delete element bridge virt-shaper guests { "vnet3" . "eth0" }',
    'nft add element bridge virt-shaper guests { "vnet9" . "eth0" : goto out-e09e }'.replace(
      'e09e',
      idOf('solo'),
    ),
    `nft add rule bridge virt-shaper out-${idOf('solo')} meta mark set 1`,
    `nft flush chain bridge virt-shaper in-${idOf('solo')}`,
    'nft add rule bridge virt-shaper forward drop',
    'nft add chain bridge virt-shaper other',
  ]) {
    sh(command);
    const { status, stdout } = host.run(['verify']);
    assert.is(status, 3, command);
    // What a chain has besides is the table's: what the guest is given first stands.
    const isOfGuest = /^nft (?:(?:add|delete) element|flush chain) /.test(command);
    const expected = isOfGuest
      ? /^~ solo: its marks are not those that were loaded$/m
      : /^~ the nftables table: it is not as it was loaded$/m;
    assert.match(stdout, expected, `${command}\n${stdout}`);
    assert.is(host.run(['load']).status, 0);
    assert.is(kernelState(), state, command);
    // Once more by the short way.
    host.hook('alone', 'start', {});
    sh('ip link del vnet3');
    host.hook('solo', 'stopped');
    host.tap('vnet3');
    host.hook('alone', 'start', { vnet0: 'br0' });
    host.hook('solo', 'start', { vnet3: 'br0' });
    host.isInForce();
  }
});

test('a guest that comes back without having been seen to go is shaped on its new tap of the old name', () => {
  host.hook('solo', 'start', { vnet3: 'br0' });
  const again = () => {
    sh('ip link del vnet3');
    host.tap('vnet3');
    const started = host.watched('solo', 'start', { vnet3: 'br0' });
    assert.match(tools(started), 'nft -s list table');
    host.isInForce();
    assert.match(sh('tc filter show dev vnet3 egress'), 'ifb-eth0');
  };
  again();
  // Something else has changed, too: f2 has ended, which was noted and not loaded.
  const noted = JSON.parse(host.read('run/virt-shaper/guests.json'));
  const guests = noted.guests.filter(({ name }: { name: string }) => name !== 'f2');
  host.write('run/virt-shaper/guests.json', JSON.stringify({ ...noted, guests }));
  again();
});

test('a guest that is not to be shaped asks the kernel nothing', () => {
  host.configure(config.replace('[guest."*"]', '[guest.alone]'));
  host.run(['sync']);
  const started = host.watched('stranger', 'start', { vnet3: 'br0' });
  assert.is(started.stderr, '');
  assert.is(tools(started), '');
  host.isInForce();
});

/** Of a guest that runs: its class minor. */
function idOf(guest: string): string {
  const line = host
    .read('var/lib/virt-shaper/rules.d/shape.tc')
    .split('\n')
    .find((one) => one.includes(`# guest ${guest}`));
  return line?.match(/classid 1:([0-9a-f]+)/)?.[1] ?? 'none';
}

test('with a template of his own the administrator gets the whole way', () => {
  host.write('etc/virt-shaper/templates/devices.ip.hbs', `# mine\n${ownDevices()}`);
  assert.is(host.run(['apply']).status, 0);
  const started = host.watched('solo', 'start', { vnet3: 'br0' });
  assert.match(tools(started), 'nft -s list table');
  host.isInForce();
});

function ownDevices(): string {
  const { stdout } = spawnSync('cat', [new URL('../../templates/devices.ip.hbs', import.meta.url).pathname], {
    encoding: 'utf8',
  });
  return stdout;
}

test.run();
