// The short way of a guest's start (load/trust.ts) when the kernel is not as it was loaded, or a command fails: then
// the whole way is taken, so that the end is the same.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Fault, FaultKind } from '../faults/wrapper.ts';
import { kernelState, sh } from './host.ts';
import { kernelTest } from './kernel-test.ts';
import { SmallHost, tools } from './small-host.ts';

const { test, host } = kernelTest({ make: () => new SmallHost(), bridges: {}, taps: [] });

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
    const started = host.watched(what.startsWith('the link') ? 'solo' : 'f3', 'start', { vnet3: 'br0' });
    assert.is(started.status, 0);
    assert.not.match(started.stderr, 'UNSHAPED');
    host.isInForce();
    assert.is(host.run(['unload']).status, 0);
    const foreign = command.includes('vnet3 clsact');
    assert.is(sh('tc qdisc show dev vnet3').includes('clsact'), foreign, 'what is of others stays');
    if (foreign) sh('tc qdisc del dev vnet3 clsact');
    assert.is(host.run(['load']).status, 0);
    assert.is(kernelState(), host.byTheWholeWay());
  });
}

/** Each guest's own word, in name order. */
function states(): string[] {
  const { guests } = JSON.parse(host.run(['status', '--json', '--interval', '0']).stdout);
  return guests.map(({ guest, state }: Record<string, string>) => `${guest} ${state}`).sort();
}

const shaped = ['alone shaped', 'f1 shaped', 'f2 shaped'];

test('a load that is killed when nft has moved over: who is shaped by then is said to be', () => {
  const bin = join(host.root, 'bin');
  mkdirSync(bin);
  const nft = sh('command -v nft').trim();
  const kills = `#!/bin/sh\n${nft} "$@"\ncase "$*" in *commit.nft*) kill -9 $PPID ;; esac\n`;
  writeFileSync(join(bin, 'nft'), kills, { mode: 0o755 });
  const path = `${bin}:${process.env.PATH}`;
  const both = [...shaped, 'f3 shaped'];
  assert.is(host.hook('f3', 'start', { vnet3: 'br0' }, { path }).status, null, 'by the short way');
  assert.equal(states(), both);
  assert.is(host.run(['sync']).status, 0);
  sh('nft flush ruleset');
  assert.ok(states().every((text) => text.endsWith(' unshaped')));
  assert.is(host.run(['load'], { path }).status, null, 'by the whole way');
  assert.equal(states(), both);
  sh('ip link del vnet3');
  assert.is(host.run(['sync'], { path }).status, null, 'who ends');
  assert.equal(states(), shaped);
  assert.is(host.run(['sync']).status, 0);
  host.isInForce();
});

test('where somebody has removed what is noted, the next start takes nobody out', () => {
  rmSync(join(host.root, 'run/virt-shaper/guests.json'));
  assert.is(host.hook('f3', 'start', { vnet3: 'br0' }).stderr.includes('UNSHAPED'), false);
  assert.equal(states(), [...shaped, 'f3 shaped']);
  rmSync(join(host.root, 'run/virt-shaper'), { recursive: true });
  sh('ip link del vnet3');
  assert.is(host.hook('f3', 'stopped').status, 0);
  assert.equal(states(), shaped);
});

function tableOf(state: string): string {
  return state.slice(state.indexOf('\ntable '));
}

test('what cannot be committed is taken back, also when the whole way fails after it', () => {
  const before = kernelState();
  const bin = join(host.root, 'bin');
  mkdirSync(bin);
  const nft = sh('command -v nft').trim();
  const refuses = `#!/bin/sh\ncase " $* " in *' -c '* | *' list '*) exec ${nft} "$@" ;; esac\necho no >&2\nexit 1\n`;
  writeFileSync(join(bin, 'nft'), refuses, { mode: 0o755 });
  const { stderr } = host.hook('f3', 'start', { vnet3: 'br0' }, { path: `${bin}:${process.env.PATH}` });
  assert.match(stderr, 'UNSHAPED');
  assert.is(kernelState(), before);
});

/** With one fault the guest is shaped all the same, by the whole way; with more of them nothing is changed. */
const survived: FaultKind[] = ['fail-before', 'fail-after', 'warn-after', 'die-before', 'die-after'];
for (const kind of [...survived, 'fail-on'] as FaultKind[]) {
  test(`${kind} at each call`, () => {
    const before = kernelState();
    for (const at of [1, 2]) {
      const started = host.watched('f3', 'start', { vnet3: 'br0' }, { kind, at });
      if (kind === 'fail-on') {
        assert.match(started.stderr, 'UNSHAPED');
        // After the second nothing can be taken back, but no frame is led there.
        if (at === 1) assert.is(kernelState(), before);
        else assert.is(tableOf(kernelState()), tableOf(before));
      } else {
        assert.not.match(started.stderr, 'UNSHAPED');
        host.isInForce();
      }
      host.run(['sync']);
      host.isInForce();
      sh('ip link del vnet3');
      host.hook('f3', 'stopped');
      host.tap('vnet3');
    }
  });
}

test('a fault at each line of what is staged', () => {
  for (const kind of ['fail-line', 'die-line'] as const) {
    for (let line = 0; line < 12; line += kind === 'fail-line' ? 1 : 4) {
      const started = host.watched('f3', 'start', { vnet3: 'br0' }, { kind, at: 1, line });
      assert.match(tools(started), 'nft -s list table', `${kind} ${line} takes the whole way`);
      assert.not.match(started.stderr, 'UNSHAPED', `${kind} ${line}`);
      host.isInForce();
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
    const killed = host.watched('f3', 'start', { vnet3: 'br0' }, fault);
    assert.is(killed.status, null, JSON.stringify(fault));
    assert.is(host.run(['sync']).status, 0);
    host.isInForce();
    const state = kernelState();
    assert.is(state, host.byTheWholeWay(), JSON.stringify(fault));
    sh('ip link del vnet3');
    assert.is(host.hook('f3', 'stopped').stderr, '');
    host.tap('vnet3');
    host.isInForce();
  }
});

test.run();
