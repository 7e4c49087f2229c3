// A load after another one: what counts, what is in force, what is said once more, and what an undone or refused one
// leaves.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { kernelState, sh } from './host.ts';
import { insideTest, twoGuests } from './inside.ts';
import { driftIn } from './kernel-test.ts';

const config = `${twoGuests}[guest.ann]\n`;
const { test, host } = insideTest({ config });

const runs = (name: string, tap: string) => host.runs(name, { [tap]: 'br0' });
const good = (file: string) => host.read(`var/lib/virt-shaper/rules.d/good/${file}`);
const drift = async () => driftIn(await host.do(['verify', '--json']));
const isRefused = 'case "$*" in *commit.nft*) echo no >&2; exit 1;; esac';

test('a start that changes nothing is no load', async () => {
  await host.start('cliff', 'vnet0');
  await host.must(['sync']);
  const before = host.history();
  assert.equal(await host.start('nobody', 'vnet1'), { status: 0, stdout: '', stderr: '' });
  assert.equal(host.history(), before);
});

test('rates alone: what is in force says so', async () => {
  await host.start('cliff', 'vnet0');
  host.configure(config.replace('20mbit', '30mbit'));
  await host.must(['apply']);
  assert.match(good('shape.tc'), 'ceil 30mbit');
  assert.match(good('.source.json'), '30mbit');
  assert.equal(await drift(), []);
});

test('tables of others that set our marks are told of once, and ours is none of them', async () => {
  sh(
    'nft -f -',
    'table ip theirs {\n chain c {\n type filter hook output priority 0\n meta mark set 0x76730001\n }\n}\n',
  );
  assert.match((await host.start('cliff', 'vnet0')).stderr, 'table ip theirs sets the mark 0x76730001');
  host.configure(`${config}[guest.cliff.on.eth0]\nceil = "9mbit"\n`);
  assert.not.match((await host.must(['apply'])).stderr, 'theirs');
  sh('nft delete table ip theirs');
  await host.must(['unload']);
  assert.not.match((await host.must(['load'])).stderr, 'sets the mark');
});

/** What the host's own replies carry: only with a NIC that is routed. */
const reflect = 'net.ipv4.fwmark_reflect';
const setting = () => sh(`cat /proc/sys/${reflect.replaceAll('.', '/')}`).trim();
const set = (value: number) => sh(`echo ${value} >/proc/sys/${reflect.replaceAll('.', '/')}`);

test('a setting goes back to what it was before this load, not before another', async () => {
  set(0);
  await host.start('cliff', 'vnet0');
  assert.is(setting(), '1');
  await host.must(['unload']);
  assert.is(setting(), '0');
  set(1);
  await host.must(['load']);
  await host.must(['unload']);
  assert.is(setting(), '1');
  set(0);
});

test('a setting that somebody changes is found, also where a load has just found nothing to do', async () => {
  await host.start('cliff', 'vnet0');
  for (const _ of [1, 2]) assert.match((await host.must(['load'])).stderr, 'nothing to do');
  set(0);
  assert.is((await drift()).length, 1);
  assert.not.match((await host.must(['load'])).stderr, 'nothing to do');
  assert.is(setting(), '1');
  await host.must(['unload']);
  assert.is(setting(), '0');
});

test('unload leaves nothing of what was seen, listed or changed', async () => {
  await host.start('cliff', 'vnet0');
  for (const _ of [1, 2]) await host.must(['load']);
  for (const file of ['as-seen', 'table-as-listed', 'former-settings'])
    assert.ok(host.exists(`run/virt-shaper/${file}`), file);
  await host.must(['unload']);
  for (const file of ['as-seen', 'table-as-listed', 'former-settings', 'journal'])
    assert.not(host.exists(`run/virt-shaper/${file}`), file);
});

test('an undone load goes back to the very values, which tc would round', async () => {
  const odd = config.replace(
    '[guest.cliff]',
    '[guest.cliff]\nrate = "1234567bit"\nburst = "12345b"\ncburst = "23457b"',
  );
  host.configure(odd);
  assert.is((await host.start('cliff', 'vnet0')).stderr, '');
  const before = kernelState();
  host.configure(odd.replace('20mbit', '33mbit').replace('[guest.rob]', '[guest.rob]\nid = 0x77'));
  runs('cliff', 'vnet0');
  runs('rob', 'vnet1');
  host.wrap('nft', isRefused);
  const { status, stderr } = await host.do(['apply']);
  host.unwrap();
  assert.is(status, 1);
  assert.match(stderr, 'what was in force before still is');
  assert.is(kernelState(), before);
  assert.is(host.history().failures, 1);
});

test('while a load is at work its journal has what was in force before, for whoever has to put that back by hand', async () => {
  await host.start('cliff', 'vnet0');
  const before = kernelState();
  const [journal, copy] = ['run/virt-shaper/journal', 'journal'].map((path) => join(host.root, path));
  host.wrap('nft', `case "$*" in *commit.nft*) cp -r ${journal} ${copy};; esac`);
  host.configure(config.replace('20mbit', '30mbit'));
  runs('cliff', 'vnet0');
  runs('rob', 'vnet1');
  await host.must(['apply']);
  host.unwrap();
  assert.is.not(kernelState(), before);
  await host.must(['unload']);
  sh(`cd ${copy}; ip -batch former-devices; tc -batch former-shape; nft -f former-ruleset`);
  assert.is(kernelState(), before);
});

test('a ruleset that nft would refuse changes nothing, and that is said', async () => {
  await host.start('cliff', 'vnet0');
  const before = kernelState();
  host.wrap('nft', 'case "$*" in *"-c "*) echo odd >&2; exit 1;; esac');
  runs('cliff', 'vnet0');
  runs('rob', 'vnet1');
  const { status, stderr } = await host.do(['apply']);
  host.unwrap();
  assert.is(status, 1);
  assert.match(stderr, 'nothing has been changed');
  assert.is(kernelState(), before);
});

test('what cannot be undone is said, with the commands that would', async () => {
  await host.start('cliff', 'vnet0');
  const before = kernelState();
  runs('cliff', 'vnet0');
  runs('rob', 'vnet1');
  host.wrap('nft', `case "$*" in *commit.nft*) touch ${host.root}/refused; echo no >&2; exit 1;; esac`);
  // Succeeds without doing anything from there on.
  host.wrap('tc', `case "$*" in *"-batch -"*) ;; *) [ ! -e ${host.root}/refused ] || exit 0;; esac`);
  const { status, stderr } = await host.do(['apply']);
  host.unwrap();
  assert.is(status, 1);
  assert.match(
    stderr,
    'refused: no; and it could not be undone: the kernel is not as it was\n      by hand:\n',
  );
  const lines = stderr.split('\n').map((line) => line.trim());
  const [from, to] = ['by hand:', 'or try again with virt-shaper sync --in-force'].map((text) =>
    lines.findIndex((line) => line.startsWith(text)),
  );
  assert.ok(from !== undefined && to !== undefined && to > from + 1, stderr);
  sh(lines.slice((from ?? 0) + 1, to).join('\n'));
  assert.is(kernelState(), before);
});

test('a table that cannot be listed is not taken for one that is not there', async () => {
  await host.start('cliff', 'vnet0');
  const before = kernelState();
  host.wrap('nft', 'case "$*" in *list*) echo torn >&2; exit 1;; esac');
  const { status, stderr } = await host.do(['load']);
  assert.is(status, 1);
  assert.match(stderr, /nft cannot list the table \w+ virt-shaper: torn/);
  assert.is((await host.do(['unload'])).status, 1);
  host.unwrap();
  assert.is(kernelState(), before);
});

test('a rule that somebody adds to our second table is found', async () => {
  host.configure(config.replace('[guest.cliff]', '[guest.cliff]\nlocal = "50mbit"'));
  assert.is((await host.start('cliff', 'vnet0')).stderr, '');
  assert.equal(await drift(), []);
  const [, chain = ''] = sh('nft list table inet virt-shaper').match(/chain (\S+) \{\n\s+type/) ?? [];
  sh(`nft add rule inet virt-shaper ${chain} accept`);
  assert.is((await host.do(['verify'])).status, 3);
  assert.not.match((await host.must(['load'])).stderr, 'nothing to do');
  assert.equal(await drift(), []);
});

test('a tap that goes while it is loaded costs its own guest, who is named', async () => {
  await host.start('cliff', 'vnet0');
  for (const [name, tap] of [
    ['cliff', 'vnet0'],
    ['rob', 'vnet1'],
    ['ann', 'vnet2'],
  ] as const)
    runs(name, tap);
  host.wrap('tc', 'case "$*" in *stage*) ip link del vnet1 2>/dev/null;; esac');
  const { stderr } = await host.must(['apply']);
  host.unwrap();
  assert.match(stderr, 'what guest rob receives by vnet1 is not shaped: it is not there');
  assert.match(sh('tc filter show dev vnet2 egress'), 'ifb-eth0');
  for (const _ of [1, 2, 3]) {
    const again = await host.must(['load']);
    assert.match(
      again.stderr,
      'what guest rob receives by vnet1 is not shaped',
      'as often as it is asked for',
    );
  }
});

test('many taps that go while they are loaded cost their own guests only', async () => {
  host.configure(`${config}[guest."g*"]\n`);
  await host.start('cliff', 'vnet0');
  runs('cliff', 'vnet0');
  const taps = Array.from({ length: 12 }, (_, index) => `tap${index}`);
  for (const tap of taps) {
    host.tap(tap);
    runs(`g-${tap}`, tap);
  }
  runs('rob', 'vnet1');
  host.wrap(
    'tc',
    `case "$*" in *stage*) for n in ${taps.join(' ')}; do ip link del $n 2>/dev/null; done;; esac`,
  );
  const { stderr } = await host.must(['apply']);
  host.unwrap();
  for (const tap of taps) assert.match(stderr, `what guest g-${tap} receives by ${tap} is not shaped`);
  assert.match(sh('tc filter show dev vnet1 egress'), 'ifb-eth0');
});

test('a tap that goes and comes again while its filter is taken out is no failure', async () => {
  await host.start('cliff', 'vnet0');
  await host.start('rob', 'vnet1');
  await host.start('ann', 'vnet2');
  host.configure(config.replace('[guest.rob]\n[guest.ann]\n', ''));
  const again = [
    'ip link del vnet1',
    'ip link add vnet1 type veth peer name g-vnet1',
    'ip link set vnet1 master br0',
  ];
  host.wrap('tc', `case "$*" in *retire*) ${again.join('; ')};; esac`);
  await host.must(['apply']);
  host.unwrap();
  assert.not.match(sh('tc qdisc show dev vnet2'), 'clsact', 'what comes after it is done');
  assert.equal(await drift(), []);
});

test('rules in force that cannot be read stop no load', async () => {
  await host.start('cliff', 'vnet0');
  rmSync(join(host.rules, 'good/ruleset.nft'));
  await host.must(['load']);
  assert.match(good('ruleset.nft'), 'cliff sends');
  assert.equal(await drift(), []);
});

test('a tc that is not understood is no reason to be loaded for ever', async () => {
  const nothing = kernelState();
  await host.start('cliff', 'vnet0');
  host.wrap('tc', '$real "$@" | sed "s/ rate / speed /g"; exit 0');
  assert.match((await host.do(['load'])).stderr, 'in words that virt-shaper does not know');
  await host.must(['unload']);
  host.unwrap();
  assert.is(kernelState(), nothing);
});

test.run();
