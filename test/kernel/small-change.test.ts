// A guest's start or end by the short way (load/load-small.ts): what it is by the whole way, with two processes; and the
// whole way whenever the kernel is not as it was loaded, or a command fails, so that the end is the same.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type Fault, type FaultKind, Wrapper } from '../faults/wrapper.ts';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { unless } from '../support/skip.ts';
import { kernelState, sh, TestHost } from './host.ts';

const test = unless(needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'flock'));

/** Guarantees that fit while two of the three run: the third's start scales the others'. */
const config = `
[uplink.eth0]
ceil = "1gbit"
[group.friends]
ceil = "30mbit"
[guest."f*"]
group = "friends"
rate = "12mbit"
ceil = "30mbit"
[guest."*"]
rate = "5mbit"
ceil = "50mbit"
`;

let host: TestHost;
let wrapper: Wrapper;
test.before.each(() => {
  host = new TestHost(config).bridge('br0', 'eth0');
  for (const tap of ['vnet0', 'vnet1', 'vnet2', 'vnet3']) host.tap(tap);
  wrapper = new Wrapper(host.root);
  for (const [guest, tap] of [
    ['alone', 'vnet0'],
    ['f1', 'vnet1'],
    ['f2', 'vnet2'],
  ] as const) {
    assert.is(host.hook(guest, 'start', { [tap]: 'br0' }).status, 0);
  }
  // The first guests bring trees and groups; from here on all is there.
  assert.is(host.run(['sync']).status, 0);
});
test.after.each(() => host.end());

/** A hook with what it calls written down, and a fault at one call. */
function hook(name: string, operation: string, taps: Record<string, string>, fault: Fault | 'none' = 'none') {
  wrapper.plan(fault);
  const result = host.hook(name, operation, taps, { path: `${wrapper.folder}:${process.env.PATH}` });
  return { ...result, calls: wrapper.calls() };
}

/** Whether that was the short way: what it makes and what it asks. */
function tools({ calls }: { calls: { tool: string; args: string }[] }): string {
  return calls.map(({ tool, args }) => `${tool} ${args.replace(/ \S*\//g, ' ')}`).join('; ');
}

/** The same policy on a kernel that has nothing of it yet. */
function byTheWholeWay(): string {
  assert.is(host.run(['unload']).status, 0);
  assert.is(host.run(['load']).status, 0);
  return kernelState();
}

function isInForce(): void {
  const { status, stdout, stderr } = host.run(['verify']);
  assert.is(status, 0, stdout + stderr);
  assert.not(existsSync(join(host.root, 'run/virt-shaper/journal')));
}

test('a start is two processes, and the end is that of the whole way', () => {
  const started = hook('solo', 'start', { vnet3: 'br0' });
  assert.is(started.stderr, '');
  assert.is(tools(started), 'tc -d -batch stage.tc; nft -f commit.nft');
  isInForce();
  assert.is(host.run(['sync']).stderr, 'nothing to do: the kernel holds what the running guests need\n');
  assert.is(kernelState(), byTheWholeWay());
});

test('a start that changes what others are guaranteed', () => {
  const started = hook('f3', 'start', { vnet3: 'br0' });
  assert.match(started.stderr, 'each is scaled to 83.3 %');
  assert.is(tools(started), 'tc -d -batch stage.tc; nft -f commit.nft');
  assert.match(sh('tc class show dev eth0'), /rate 10Mbit ceil 30Mbit/);
  isInForce();
  assert.is(kernelState(), byTheWholeWay());
});

test('an end takes out what is left when the tap has gone, and gives the others back theirs', () => {
  const before = kernelState();
  host.hook('f3', 'start', { vnet3: 'br0' });
  sh('ip link del vnet3');
  const stopped = hook('f3', 'stopped', {});
  assert.is(stopped.stderr, '');
  assert.is(tools(stopped), 'tc -d -batch stage.tc; nft -f commit.nft; tc -batch retire-1.tc');
  isInForce();
  host.tap('vnet3');
  const names = (state: string) => state.replace(/"(ifname|master|flags)":("[^"]*"|\[[^\]]*\])/g, '');
  assert.is(names(kernelState()), names(before));
});

test('a tap that is still there is looked at first', () => {
  host.hook('solo', 'start', { vnet3: 'br0' });
  sh(
    'tc filter add dev vnet3 egress protocol all pref 7 u32 match u32 0 0 action mirred egress redirect dev lo',
  );
  const stopped = hook('solo', 'stopped', {});
  assert.match(tools(stopped), 'nft -s list table');
  assert.match(sh('tc filter show dev vnet3 egress'), 'pref 7');
  isInForce();
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
    assert.is(hook(guest, operation, operation === 'start' ? { [tap]: 'br0' } : {}).stderr, '');
    if (operation === 'stopped') host.tap(tap);
    isInForce();
  }
  assert.is(kernelState(), byTheWholeWay());
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
    assert.match(stdout, 'table', command);
    assert.is(host.run(['load']).status, 0);
    assert.is(kernelState(), state, command);
    // Once more by the short way.
    host.hook('alone', 'start', {});
    sh('ip link del vnet3');
    host.hook('solo', 'stopped');
    host.tap('vnet3');
    host.hook('alone', 'start', { vnet0: 'br0' });
    host.hook('solo', 'start', { vnet3: 'br0' });
    isInForce();
  }
});

test('a guest that comes back without having been seen to go is shaped on its new tap of the old name', () => {
  host.hook('solo', 'start', { vnet3: 'br0' });
  const again = () => {
    sh('ip link del vnet3');
    host.tap('vnet3');
    const started = hook('solo', 'start', { vnet3: 'br0' });
    assert.match(tools(started), 'nft -s list table');
    isInForce();
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
  const started = hook('stranger', 'start', { vnet3: 'br0' });
  assert.is(started.stderr, '');
  assert.is(tools(started), '');
  isInForce();
});

/** Of a guest that runs: its class minor. */
function idOf(guest: string): string {
  const line = host
    .read('var/lib/virt-shaper/rules.d/shape.tc')
    .split('\n')
    .find((one) => one.includes(`# guest ${guest}`));
  return line?.match(/classid 1:([0-9a-f]+)/)?.[1] ?? 'none';
}

const drifts: Record<string, string> = {
  'the table is gone': 'nft flush ruleset',
  'the tree is gone': 'tc qdisc del dev eth0 root',
  'the ifb is gone': 'ip link del ifb-eth0',
  'the group is gone, and so would its ceil be':
    'group=$(tc class show dev eth0 | sed -n "s/^class htb \\(1:f[0-9a-f]*\\) .* rate 24Mbit .*/\\1/p"); ' +
    'for id in $(tc class show dev eth0 | sed -n "s/^class htb \\(\\S*\\) parent $group .*/\\1/p") $group; do ' +
    'tc class del dev eth0 classid $id; done',
  // tc then makes a root class of what is to be below it, without a word.
  'the link is gone, and all below it':
    'for again in 1 2 3; do for id in $(tc class show dev eth0 | cut -d" " -f3); do ' +
    'tc class del dev eth0 classid $id 2>/dev/null || :; done; done; [ -z "$(tc class show dev eth0)" ]',
  'somebody has put a clsact on the tap': 'tc qdisc add dev vnet3 clsact',
  'the element is there': 'nft add element bridge virt-shaper guests { "vnet3" . "eth0" : drop }',
  'a chain of that name is there': 'nft add chain bridge virt-shaper out-e09e',
};
for (const [what, command] of Object.entries(drifts)) {
  test(`${what}: the start makes good all that differs`, () => {
    sh(command);
    const started = hook(what.startsWith('the link') ? 'solo' : 'f3', 'start', { vnet3: 'br0' });
    assert.is(started.status, 0);
    assert.not.match(started.stderr, 'UNSHAPED');
    isInForce();
    assert.is(host.run(['unload']).status, 0);
    const foreign = command.includes('vnet3 clsact');
    assert.is(sh('tc qdisc show dev vnet3').includes('clsact'), foreign, 'what is of others stays');
    if (foreign) sh('tc qdisc del dev vnet3 clsact');
    assert.is(host.run(['load']).status, 0);
    assert.is(kernelState(), byTheWholeWay());
  });
}

function tableOf(state: string): string {
  return state.slice(state.indexOf('\ntable '));
}

/** With one fault the guest is shaped all the same, by the whole way; with more of them nothing is changed. */
const survived: FaultKind[] = ['fail-before', 'fail-after', 'warn-after', 'die-before', 'die-after'];
for (const kind of [...survived, 'fail-on'] as FaultKind[]) {
  test(`${kind} at each call`, () => {
    const before = kernelState();
    for (const at of [1, 2]) {
      const started = hook('f3', 'start', { vnet3: 'br0' }, { kind, at });
      if (kind === 'fail-on') {
        assert.match(started.stderr, 'UNSHAPED');
        // After the second nothing can be taken back, but no frame is led there.
        if (at === 1) assert.is(kernelState(), before);
        else assert.is(tableOf(kernelState()), tableOf(before));
      } else {
        assert.not.match(started.stderr, 'UNSHAPED');
        isInForce();
      }
      host.run(['sync']);
      isInForce();
      sh('ip link del vnet3');
      host.hook('f3', 'stopped');
      host.tap('vnet3');
    }
  });
}

test('a fault at each line of what is staged', () => {
  for (const kind of ['fail-line', 'die-line'] as const) {
    for (let line = 0; line < 12; line += kind === 'fail-line' ? 1 : 4) {
      const started = hook('f3', 'start', { vnet3: 'br0' }, { kind, at: 1, line });
      assert.match(tools(started), 'nft -s list table', `${kind} ${line} takes the whole way`);
      assert.not.match(started.stderr, 'UNSHAPED', `${kind} ${line}`);
      isInForce();
      sh('ip link del vnet3');
      host.hook('f3', 'stopped');
      host.tap('vnet3');
    }
  }
});

test('killed at each call and line: the next sync finishes it', () => {
  const faults: Fault[] = [
    ...[1, 2].flatMap((at): Fault[] => [
      { kind: 'kill-before', at },
      { kind: 'kill-after', at },
    ]),
    ...[2, 5, 8].map((line): Fault => ({ kind: 'kill-line', at: 1, line })),
  ];
  for (const fault of faults) {
    const killed = hook('f3', 'start', { vnet3: 'br0' }, fault);
    assert.is(killed.status, null, JSON.stringify(fault));
    assert.is(host.run(['sync']).status, 0);
    isInForce();
    const state = kernelState();
    assert.is(state, byTheWholeWay(), JSON.stringify(fault));
    sh('ip link del vnet3');
    assert.is(host.hook('f3', 'stopped').stderr, '');
    host.tap('vnet3');
    isInForce();
  }
});

test('with a template of his own the administrator gets the whole way', () => {
  host.write('etc/virt-shaper/templates/devices.ip.hbs', `# mine\n${ownDevices()}`);
  const started = hook('solo', 'start', { vnet3: 'br0' });
  assert.match(tools(started), 'nft -s list table');
  isInForce();
});

function ownDevices(): string {
  const { stdout } = spawnSync('cat', [new URL('../../templates/devices.ip.hbs', import.meta.url).pathname], {
    encoding: 'utf8',
  });
  return stdout;
}

test.run();
