// What a change of policy does on the way: plan says it, verify holds it, no class is missing meanwhile, and
// load --confirm takes it back. The fault suites go further.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { slowness } from '../support/patience.ts';
import { kernelState, program, sh } from './host.ts';
import { kernelTest } from './kernel-test.ts';

const config = `
[uplink.eth0]
ceil = "1gbit"
[group.friends]
ceil = "30mbit"
[group.family]
ceil = "50mbit"
[guest.cliff]
group = "friends"
rate = "15mbit"
ceil = "30mbit"
id = 0x10
[guest.rob]
group = "friends"
rate = "15mbit"
ceil = "30mbit"
id = 0x11
`;

const { test, host } = kernelTest({
  config,
  begin: () => {
    for (const [guest, tap] of [
      ['cliff', 'vnet0'],
      ['rob', 'vnet1'],
    ] as const) {
      assert.is(host.hook(guest, 'start', { [tap]: 'br0' }).stderr, '');
    }
  },
});

function changeTo(next: string): void {
  host.configure(next);
  assert.is(host.run(['render']).status, 0);
}

test('plan says what load would change and changes nothing; load does it', () => {
  assert.is(host.run(['plan']).status, 0);
  const before = kernelState();
  changeTo(config.replaceAll('ceil = "30mbit"\nid', 'ceil = "20mbit"\nid'));
  for (const args of [['plan'], ['load', '--dry-run']]) {
    const { status, stdout } = host.run(args);
    assert.is(status, 3);
    assert.is(
      stdout,
      '~ cliff: ceil 30mbit -> 20mbit, both directions\n~ rob: ceil 30mbit -> 20mbit, both directions\n' +
        '2 guests to change, none to add or take away\n',
    );
  }
  const { stdout } = host.run(['plan', '--verbose']);
  assert.match(stdout, /guest cliff\n {2}~ class 1:10 on eth0: ceil 30mbit -> 20mbit/);
  const data = JSON.parse(host.run(['plan', '--json']).stdout);
  assert.is(data.version, 1);
  assert.equal(data.changes[0].what, ['ceil 30mbit -> 20mbit, both directions']);
  for (const one of data.differences) assert.equal([one.effect, one.reason], ['rates', 'values']);
  assert.is(kernelState(), before);
  assert.is(host.run(['load']).status, 0);
  assert.is(host.run(['plan']).status, 0);
});

test('verify finds what somebody changed by hand, and what it advises repairs that and loads nothing newer', () => {
  assert.is(host.run(['verify']).status, 0);
  const loaded = kernelState();
  changeTo(config.replaceAll('15mbit', '12mbit'));
  const drifts: Record<string, [command: string, message: RegExp]> = {
    class: [
      'tc class change dev eth0 parent 1:$G classid 1:10 htb rate 1mbit ceil 2mbit quantum 1514',
      /^~ cliff: rate is 1mbit, loaded with 15mbit, ceil is 2mbit, loaded with 30mbit, sending$/m,
    ],
    leaf: ['tc qdisc del dev eth0 parent 1:11', /^~ rob: queue is none, loaded with \w+, sending$/m],
    filter: ['tc filter del dev vnet0 egress', /^~ cliff: vnet0 is not led to its class, receiving$/m],
    table: [
      'nft delete element bridge virt-shaper guests { "vnet1" . "eth0" }',
      /^~ rob: its marks are not those that were loaded$/m,
    ],
    group: ['ip link set dev ifb-eth0 group 0', /^~ device ifb-eth0: its group is another$/m],
    device: ['ip link del dev ifb-eth0', /^~ cliff: its class is missing, receiving/m],
    root: ['tc qdisc del dev eth0 root', /^~ rob: its class is missing, sending$/m],
  };
  const group = sh('tc class show dev eth0').match(/class htb 1:10 parent 1:(\w+)/)?.[1];
  for (const [what, [command, message]] of Object.entries(drifts)) {
    sh(command.replace('$G', group ?? ''));
    const { status, stdout, stderr } = host.run(['verify']);
    assert.is(status, 3, what);
    assert.match(stdout, message, what);
    const [, advised = ''] = /; virt-shaper (.*) repairs it/.exec(stderr) ?? [];
    assert.is(host.run(advised.split(' ')).status, 0, `${what}: ${advised}`);
    assert.is(host.run(['verify']).status, 0, what);
    assert.is(kernelState(), loaded, what);
  }
});

const changes: Record<string, (text: string) => string> = {
  'a guest changes group': (text) =>
    text.replace('[guest.rob]\ngroup = "friends"', '[guest.rob]\ngroup = "family"'),
  'two guests swap ids': (text) =>
    text.replace('0x10', '0x99').replace('0x11', '0x10').replace('0x99', '0x11').replace('15mbit', '10mbit'),
  "a group's id moves": (text) => text.replace('[group.friends]', '[group.friends]\nid = 0x5'),
  'the tree must be rebuilt': (text) =>
    text.replace('[uplink.eth0]', '[uplink.eth0]\nunmarked = { id = 0x333 }'),
  'the link moves': (text) => text.replace('[group.friends]', '[group.friends]\nid = 0xffff'),
};
for (const [what, change] of Object.entries(changes)) {
  test(`${what}: the end is as on a clean host, and the way back too`, () => {
    const before = kernelState();
    changeTo(change(config));
    const { status, stderr } = host.run(['load']);
    assert.is(status, 0, stderr);
    const changed = kernelState();
    assert.is.not(changed, before);
    assert.is(host.run(['unload']).status, 0);
    assert.is(host.run(['load']).status, 0);
    assert.is(kernelState(), changed);
    changeTo(config);
    const back = host.run(['load']);
    assert.is(back.status, 0, back.stderr);
    assert.is(kernelState(), before);
  });
}

test('load --confirm: confirmed it stays; else the former policy returns, whoever died meanwhile', async () => {
  const before = kernelState();
  changeTo(config.replaceAll('ceil = "30mbit"\nid', 'ceil = "20mbit"\nid'));
  const unconfirmed = host.run(['load', '--confirm', '1']);
  assert.is(unconfirmed.status, 1);
  assert.match(unconfirmed.stderr, 'the former policy is in force again');
  assert.is(kernelState(), before);

  host.tap('vnet2');
  host.configure(`${host.read('etc/virt-shaper/config.toml')}[guest.late]\nrate = "5mbit"\n`);
  const late = host.hook('late', 'start', { vnet2: 'br0' });
  assert.match(late.stderr, 'not confirmed is left out until the next virt-shaper apply or render');
  assert.match(
    sh('tc class show dev eth0'),
    /class htb 1:10 .* ceil 30Mbit/,
    'a hook does not bring it back',
  );
  assert.is(host.hook('late', 'stopped').status, 0);
  const again = kernelState();
  assert.is(host.run(['render']).status, 0);
  const args = [program, '--root', host.root, 'load', '--confirm'];
  const killed = spawn(process.execPath, [...args, `${3 * slowness}`], { detached: true, stdio: 'ignore' });
  await until(() => kernelState() !== again);
  killed.kill('SIGKILL');
  assert.is.not(kernelState(), again);
  await until(() => kernelState() === again);

  assert.is(host.run(['render']).status, 0);
  const confirmed = spawn(process.execPath, [...args, `${30 * slowness}`], { stdio: 'ignore' });
  const ended = new Promise((resolve) => confirmed.on('close', resolve));
  await until(() => host.run(['confirm']).status === 0);
  assert.is(await ended, 0);
  assert.match(sh('tc class show dev eth0'), 'ceil 20Mbit');
  assert.is(host.run(['confirm']).status, 1, 'nothing waits any more');
});

async function until(condition: () => boolean): Promise<void> {
  const seconds = 20 * slowness;
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(100)) if (condition()) return;
  throw new Error(`it did not come about within ${seconds} s`);
}

test('a file of rules.d edited by hand with a mistake is told by line, and nothing is changed', () => {
  const before = kernelState();
  const file = 'var/lib/virt-shaper/rules.d/shape.tc';
  const good = host.read(file);
  const mistakes: [string, string, RegExp][] = [
    ['htb rate 15mbit', 'htb rate 15mbeat', /shape\.tc:\d+:\d+: "rate 15mbeat" is no option of htb/],
    [
      'qdisc add dev vnet0 clsact',
      'qdisc del dev vnet0 clsact',
      /shape\.tc:\d+:\d+: virt-shaper does not know how/,
    ],
    ['classid 1:11 ', 'classid 1:10 ', /shape\.tc:\d+:\d+: this is in line \d+ already/],
  ];
  for (const [from, to, message] of mistakes) {
    host.write(file, good.replace(from, to));
    const { status, stderr } = host.run(['load']);
    assert.is(status, 2, to);
    assert.match(stderr, message);
    assert.is(kernelState(), before);
  }
  host.write(file, good.replace('parent 1:ffff classid 1:fffe', 'parent 1:abcd classid 1:fffe'));
  const wrongTree = host.run(['load']);
  assert.is(wrongTree.status, 2, 'tc would take it');
  assert.match(wrongTree.stderr, /shape\.tc:\d+:\d+: there is no class 1:abcd on eth0/);
  assert.is(kernelState(), before);
  host.write(file, good.replace(/.* classid 1:10 .*\n/, '').replace(/.* parent 1:10 .*\n/, ''));
  const mixed = host.run(['load']);
  assert.is(mixed.status, 2);
  assert.match(
    mixed.stderr,
    /ruleset\.nft:\d+:\d+: leads to class 1:10, which shape\.tc does not have on eth0/,
  );
  host.write(file, good);
  const rules = 'var/lib/virt-shaper/rules.d/ruleset.nft';
  host.write(rules, host.read(rules).replace('policy accept', 'policy axept'));
  const nft = host.run(['load']);
  assert.is(nft.status, 1);
  assert.match(nft.stderr, /ruleset\.nft:\d+:\d+: nft refused: /);
  assert.match(nft.stderr, 'nothing has been changed');
  for (const line of ['delete table ip other', 'include "/etc/other.nft"', 'table ip other {}']) {
    host.write(rules, `${host.read(rules)}${line}\n`);
    assert.match(
      host.run(['load']).stderr,
      /ruleset\.nft:\d+:\d+: only the table bridge virt-shaper may be changed/,
    );
  }
  assert.is(kernelState(), before);
});

/** A tc that leaves out the first line of what is staged, and says that it has done it. */
function leaveOut(condition: string): string {
  const tc = sh('PATH=$PATH:/usr/sbin command -v tc').trim();
  const body = `case "$2" in *stage-1.tc) ${condition} sed -i 1d "$2"; touch $0.done;; esac`;
  host.write('wrap/tc', `#!/bin/sh\n${body}\nexec ${tc} "$@"\n`);
  sh(`chmod 755 ${host.root}/wrap/tc`);
  return `${host.root}/wrap:${process.env.PATH}`;
}

test('what tc says it did but did not is found by reading back, and undone', () => {
  const before = kernelState();
  changeTo(config.replaceAll('ceil = "30mbit"\nid', 'ceil = "20mbit"\nid'));
  const { status, stderr } = host.run(['load'], { path: leaveOut('grep -q "ceil 20mbit" "$2" &&') });
  assert.is(status, 1);
  assert.match(stderr, 'the kernel did not take all it was told');
  assert.match(stderr, /(?:eth0|ifb-eth0): .*stays as it was/, stderr);
  assert.is(kernelState(), before);
});

test('what tc has left out once is done when it is told again', () => {
  changeTo(config.replaceAll('ceil = "30mbit"\nid', 'ceil = "20mbit"\nid'));
  const { status, stderr } = host.run(['load'], { path: leaveOut('test -e $0.done ||') });
  assert.is(status, 0, stderr);
  assert.ok(existsSync(`${host.root}/wrap/tc.done`));
  assert.is(host.run(['verify']).status, 0);
});

test('a listing that others have torn is read again, and costs no guest its shaping', () => {
  host.tap('vnet2');
  host.write(
    'wrap/tc',
    `#!/bin/sh
PATH=$PATH:/usr/sbin
case $* in
  *-force*)
    echo >>$0.asked
    [ $(($(wc -l <$0.asked) % 3)) = 0 ] || echo 'Dump was interrupted and may be inconsistent.' >&2
    ;;
esac
exec ${sh('PATH=$PATH:/usr/sbin command -v tc').trim()} "$@"\n`,
  );
  sh(`chmod 755 ${host.root}/wrap/tc; tc qdisc replace dev vnet0 clsact`);
  const path = `${host.root}/wrap:${process.env.PATH}`;
  // Behind its back, so that all of it is read.
  sh('tc class del dev ifb-eth0 classid 2:10');
  const { status, stderr } = host.run(['--quiet', 'sync'], { path });
  assert.equal({ status, stderr }, { status: 0, stderr: '' });
  assert.match(sh('tc class show dev ifb-eth0'), 'htb 2:10 ');
  assert.equal(host.hook('new', 'start', { vnet2: 'br0' }, { path }), { status: 0, stdout: '', stderr: '' });
  assert.ok(host.read('wrap/tc.asked').length > 2, 'it was torn');
});

test.run();
