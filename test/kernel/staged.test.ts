import * as assert from 'uvu/assert';
import { kernelState, sh } from './host.ts';
import { insideTest } from './inside.ts';
import { driftIn } from './kernel-test.ts';
import { config } from './small-host.ts';

const { test, host } = insideTest({ config, taps: ['vnet0', 'vnet1', 'vnet2', 'vnet3'] });

async function friends(): Promise<void> {
  await host.start('f1', 'vnet1');
  await host.start('f2', 'vnet2');
  await host.must(['sync']);
}

/** What is asked of nft while a guest starts. */
async function asked(name: string, tap: string): Promise<string> {
  host.wrap('nft', `echo "$*" >>${host.root}/asked`);
  const { status, stderr } = await host.start(name, tap);
  host.unwrap();
  assert.is(status, 0, stderr);
  const all = host.read('asked');
  sh(`rm ${host.root}/asked`);
  return all;
}

const isWell = async () => {
  assert.equal(driftIn(await host.do(['verify', '--json'])), []);
  assert.not(host.exists('run/virt-shaper/journal'));
};

test('a start that goes well is believed, and so is the next', async () => {
  await friends();
  assert.not.match(await asked('one', 'vnet0'), 'list');
  assert.not(host.exists('run/virt-shaper/journal'));
  assert.not.match(await asked('two', 'vnet3'), 'list');
  await isWell();
  sh(`rm -f ${host.root}/run/virt-shaper/as-seen`);
  host.wrap('nft', `echo "$*" >>${host.root}/asked`);
  const { stderr } = await host.do(['load', '--verbose']);
  host.unwrap();
  assert.is(stderr, 'nothing to do: the kernel holds what rules.d says\n');
  const once = ['bridge', 'inet'].map((family) => `-s list table ${family} virt-shaper\n`);
  assert.is(host.read('asked'), once.join(''), 'where nothing differs the kernel is read once');
});

for (const [what, command] of Object.entries({
  'a journal of a load that was killed': 'mkdir run/virt-shaper/journal',
  'a tap with a clsact of others': 'echo vnet1 >run/virt-shaper/foreign-taps',
  'no listing': 'rm run/virt-shaper/table-as-listed',
  'a listing of another table': 'printf "other\\0other" >run/virt-shaper/table-as-listed',
  'no rules in force': 'rm -r var/lib/virt-shaper/rules.d/good var/lib/virt-shaper/rules.d/.good-*',
})) {
  test(`${what}: the kernel is read`, async () => {
    await friends();
    sh(`cd ${host.root}; ${command}`);
    assert.match(await asked('one', 'vnet0'), 'list table bridge');
    await isWell();
  });
}

test('what another installation has taken over is not believed to be ours', async () => {
  await friends();
  const before = kernelState();
  sh('ip link set ifb-eth0 alias virt-shaper:eth0=other');
  const { stderr } = await host.start('one', 'vnet0');
  assert.match(stderr, 'what the kernel holds was loaded by virt-shaper --root other');
  assert.is(kernelState(), before);
});

const refuses = 'case " $* " in *" -c "* | *" list "*) ;; *) echo no >&2; exit 1;; esac';

test('guarantees of others that were lowered for it are raised again, whatever fails after it', async () => {
  await friends();
  const before = kernelState();
  for (const [tool, fault] of [
    ['nft', refuses],
    ['nft', 'echo no >&2; exit 1'],
    ['tc', 'case "$*" in *stage.tc*) $real "$@"; exit 1;; *undo*) ;; *) exit 1;; esac'],
    [
      'tc',
      'case "$*" in *stage.tc*) for f; do :; done; head -n 3 "$f" >"$f.part"; $real -batch "$f.part"; kill -9 $$;; *undo*) ;; *) exit 1;; esac',
    ],
  ] as const) {
    host.wrap(tool, fault);
    const { status, stderr } = await host.start('f3', 'vnet3');
    host.unwrap();
    assert.is(status, 0);
    assert.match(stderr, 'UNSHAPED', fault);
    assert.is(kernelState(), before, fault);
    // Nobody knows how far a killed one came: the next load looks at what it was adding.
    assert.is(host.exists('run/virt-shaper/journal'), fault.includes('kill'), fault);
    sh(`rm -rf ${host.root}/run/virt-shaper/history.json ${host.root}/run/virt-shaper/journal`);
  }
  await host.must(['sync']);
  await isWell();
});

test('nft that was killed may have moved the marks: what they lead to stays', async () => {
  await friends();
  host.wrap('nft', 'case "$*" in *commit.nft*) $real "$@"; kill -9 $$;; *list*) exit 1;; esac');
  const { stderr } = await host.start('one', 'vnet0');
  host.unwrap();
  assert.match(stderr, 'UNSHAPED');
  assert.match(sh('nft list table bridge virt-shaper'), 'one sends');
  const [, id = ''] =
    sh('nft list table bridge virt-shaper').match(/"vnet0" \. "eth0" : goto out-(\w+)/) ?? [];
  assert.match(sh('tc class show dev eth0'), `1:${id} `);
  await host.must(['sync']);
  await isWell();
});

for (const [what, body] of Object.entries({
  'a class under another parent': 's/^class add dev eth0 parent 1:[0-9a-f]* /class add dev eth0 parent 1: /',
  'a class of another rate': 's/^\\(class add dev eth0 .*\\) rate [0-9]*bit/\\1 rate 77777bit/',
  'a class with a priority': 's/^\\(class add dev eth0 .*\\) rate /\\1 prio 3 rate /',
  'no class at all': '/^class add dev ifb-eth0/d',
  'no filter': '/^filter add/d',
})) {
  test(`tc has made something else and said nothing: ${what}`, async () => {
    await friends();
    host.wrap(
      'tc',
      `case "$*" in *stage.tc*) for f; do :; done; cp "$f" "$f.told"; sed '${body}' "$f.told" >"$f"; $real "$@"; rm "$f.told"; exit 0;; esac`,
    );
    const { status } = await host.start('one', 'vnet0');
    host.unwrap();
    assert.is(status, 0);
    await isWell();
    assert.match(sh('tc filter show dev vnet0 egress'), 'ifb-eth0');
  });
}

test('what others have on a tap outlives a start that was killed', async () => {
  await friends();
  sh(
    'tc qdisc add dev vnet0 clsact; tc filter add dev vnet0 ingress protocol all pref 7 u32 match u32 0 0 flowid 1:1',
  );
  host.wrap('tc', 'case "$*" in *stage.tc*) kill -9 $$;; esac');
  await host.start('one', 'vnet0');
  host.unwrap();
  assert.match(sh('tc filter show dev vnet0 ingress'), 'pref 7');
  await host.must(['sync']);
  await host.must(['unload']);
  assert.match(sh('tc filter show dev vnet0 ingress'), 'pref 7');
});

test('a tap that stays behind its guest has nothing of ours', async () => {
  await friends();
  await host.start('one', 'vnet0');
  await host.call('one', 'stopped');
  assert.not.match(sh('tc qdisc show dev vnet0'), 'clsact');
  await isWell();
});

test('a guest that has come back without having gone is shaped on its new tap', async () => {
  await friends();
  await host.start('one', 'vnet0');
  sh('ip link del vnet0');
  host.tap('vnet0');
  await host.start('one', 'vnet0');
  assert.match(sh('tc filter show dev vnet0 egress'), 'ifb-eth0');
  await isWell();
});

test('a guest that has come back without having gone, with one NIC more, is shaped on its old one, too', async () => {
  await friends();
  await host.start('one', 'vnet0');
  sh('ip link del vnet0');
  host.tap('vnet0');
  assert.is((await host.call('one', 'start', { vnet0: 'br0', vnet3: 'br0' })).stderr, '');
  for (const tap of ['vnet0', 'vnet3']) assert.match(sh(`tc filter show dev ${tap} egress`), 'ifb-eth0');
  await isWell();
});

test.run();
