// A load with nothing to do is told by the kernel's answers alone, once they have been understood: whatever changes
// in the kernel, in the rules or in what is kept is found all the same.
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { kernelState, type Result, sh } from './host.ts';
import { kernelTest } from './kernel-test.ts';
import { SmallHost } from './small-host.ts';

let loaded: string;
let kept: string;

const { test, host } = kernelTest({
  make: () => new SmallHost(),
  bridges: {},
  taps: [],
  needs: ['ping'],
  begin: () => {
    kept = join(host.root, 'run/virt-shaper/as-seen');
    assert.match(host.run(['load']).stderr, 'nothing to do');
    loaded = kernelState();
  },
});

const isNothing = ({ status, stderr }: Result) => status === 0 && stderr.includes('nothing to do');

test('what was found to be as it should be is asked for, and not understood again', () => {
  const before = readFileSync(kept, 'utf8');
  // What nobody could understand, in what is not looked at: by the same rules the kernel gave these answers.
  const shape = join(host.rules, 'good/shape.tc');
  const [rules, good] = [join(host.rules, 'shape.tc'), readFileSync(shape, 'utf8')];
  const odd = good.replace(/^class /m, 'klass ');
  assert.is.not(odd, good);
  for (const file of [shape, rules]) writeFileSync(file, odd);
  writeFileSync(kept, before.replace(good, odd));
  assert.ok(isNothing(host.run(['load'])));
  for (const file of [shape, rules]) writeFileSync(file, good);
  assert.ok(isNothing(host.run(['load'])), 'other rules: understood again');
  assert.is(readFileSync(kept, 'utf8'), before);
});

test('where a load was killed all is read and understood, and its journal goes', () => {
  host.write('run/virt-shaper/journal/0-stage-1.tc', '');
  assert.ok(isNothing(host.run(['load'])));
  assert.not(existsSync(join(host.root, 'run/virt-shaper/journal')));
});

const drifts = {
  'a class with another ceil': 'tc class change dev eth0 classid CLASS htb rate 1mbit ceil 2mbit',
  'a filter that is gone': 'tc filter del dev vnet1 egress; tc qdisc del dev vnet1 clsact',
  'a tree that is gone': 'tc qdisc del dev eth0 root',
  'a table that is gone': 'nft delete table bridge virt-shaper',
  'a rule in the table': 'nft add chain bridge virt-shaper more',
  'an element that is gone': 'nft flush map bridge virt-shaper guests',
  'an ifb that is down': 'ip link set dev IFB down',
  'an ifb that is gone': 'ip link del dev IFB',
  'a filter beside ours': 'tc filter add dev vnet1 egress pref 1 protocol all u32 match u32 0 0 flowid 1:1',
};

const leaf = () => sh('tc class show dev eth0').match(/class htb (\S+) parent \S+ leaf/)?.[1] ?? 'none';
const ifb = () => sh('ip -o link show type ifb').match(/^\d+: ([^:@]+)/)?.[1] ?? 'none';

for (const [what, command] of Object.entries(drifts)) {
  test(`is noticed after it: ${what}`, () => {
    sh(command.replace('CLASS', leaf()).replace('IFB', ifb()));
    const drifted = kernelState();
    assert.is.not(drifted, loaded);
    const { status, stderr } = host.run(['load']);
    assert.is(status, 0, stderr);
    if (what === 'a filter beside ours') return assert.is(kernelState(), drifted, 'it is left alone');
    assert.match(stderr, /^loaded: /m);
    assert.is(kernelState(), loaded);
    return assert.ok(isNothing(host.run(['load'])));
  });
}

test('traffic is no drift', () => {
  const sent = () => Number(/Sent (\d+) bytes/.exec(sh('tc -s qdisc show dev eth0 root'))?.[1]);
  const before = sent();
  sh('ip link set g-vnet0 address 02:00:00:00:00:01; ip addr add 192.0.2.1/24 dev g-vnet0');
  sh('ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev g-vnet0');
  sh('ping -c 3 -s 1000 -i 0.02 -W 0.1 192.0.2.2 || :');
  // More than the kernel says by itself of a new address.
  assert.ok(sent() - before >= 3 * 1000, 'there was traffic');
  const { ino } = statSync(kept);
  assert.ok(isNothing(host.run(['load'])));
  assert.is(statSync(kept).ino, ino, 'nor understood again');
});

test('a damaged file, or one of other rules, is not believed', () => {
  const whole = readFileSync(kept, 'utf8');
  for (const text of ['', whole.slice(0, whole.length / 2), whole.replaceAll('\0', ''), `x${whole}`]) {
    writeFileSync(kept, text);
    assert.ok(isNothing(host.run(['load'])));
    assert.is(readFileSync(kept, 'utf8'), whole);
  }
  const made = join(host.root, 'made');
  for (const [was, is] of [
    [/nft -s list table \S+ \S+/, `touch ${made}`],
    [/^filter show .*$/m, 'qdisc del dev eth0 root'],
  ] as const) {
    const other = whole.replace(was, is);
    assert.is.not(other, whole);
    writeFileSync(kept, other);
    assert.ok(isNothing(host.run(['load'])), is);
    assert.not.ok(existsSync(made), 'it is asked, and nothing else');
    assert.is(kernelState(), loaded, is);
  }
  sh('tc qdisc del dev eth0 root');
  writeFileSync(kept, whole.slice(0, whole.length / 2));
  assert.match(host.run(['load']).stderr, /^loaded: /m);
  assert.is(kernelState(), loaded);
});

test('a table that nobody knows any more to be ours is loaded anew', () => {
  rmSync(join(host.root, 'run/virt-shaper/table-as-listed'));
  assert.match(host.run(['load']).stderr, /^loaded: /m);
  assert.is(kernelState(), loaded);
});

test('is kept by sync, too, and gone with unload', () => {
  const before = readFileSync(kept, 'utf8');
  rmSync(kept);
  assert.is(host.run(['sync']).status, 0);
  assert.is(readFileSync(kept, 'utf8'), before);
  assert.is(host.run(['unload']).status, 0);
  assert.throws(() => readFileSync(kept));
});

test.run();
