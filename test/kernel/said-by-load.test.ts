// What whoever loads is told: of whom what is not shaped, in how many lines, and what counts as a failure of ours.
import * as assert from 'uvu/assert';
import { sh } from './host.ts';
import { twoGuests as config, insideTest } from './inside.ts';

const { test, host } = insideTest();

const runs = (name: string, tap: string, bridge = 'br0') => host.runs(name, { [tap]: bridge });
const inTheWay = () => sh('tc qdisc replace dev eth0 root handle 5: pfifo');

test('up to three warnings of the configuration are said, of more two and how many there are', async () => {
  const odd = (count: number) =>
    config + Array.from({ length: count }, (_, index) => `[guest.g${index}]\nceil = "100Mbps"\n`).join('');
  for (const [count, lines, more] of [
    [3, 3, undefined],
    [4, 2, 2],
  ] as const) {
    host.configure(odd(count));
    const { stderr } = await host.must(['apply']);
    assert.is(stderr.match(/counts megabytes per second/g)?.length, lines);
    const sum = stderr.match(/the configuration has (\d+) more of these: virt-shaper check shows them/)?.[1];
    assert.is(sum, more === undefined ? undefined : String(more));
  }
});

test('that ids are lost is said once', async () => {
  await host.start('cliff', 'vnet0');
  host.write('var/lib/virt-shaper/ids.json', '{');
  assert.match((await host.start('rob', 'vnet1')).stderr, 'ids.json is damaged or of another version');
  assert.not.match((await host.must(['sync'])).stderr, 'ids.json');
});

test('who is not listed is nobody’s warning; whose NIC cannot be had is', async () => {
  sh('ip link add br7 type bridge; ip link set br7 up; ip link set vnet2 master br7');
  runs('nobody', 'vnet0');
  runs('rob', 'vnet2', 'br7');
  const { stderr } = await host.do(['sync']);
  assert.not.match(stderr, /guest nobody/);
  assert.match(stderr, /^warning: guest rob, vnet2: /m);
  assert.match((await host.do(['--verbose', 'sync'])).stderr, /guest nobody.* is not shaped/);
});

test('what stands in the way is said each time, and fails each time', async () => {
  runs('cliff', 'vnet0');
  await host.must(['sync']);
  const before = host.history();
  inTheWay();
  for (const [at, command] of ['load', 'load', 'load', 'sync', 'apply'].entries()) {
    const { status, stderr } = await host.do([command]);
    assert.is(status, 1, command);
    assert.match(
      stderr,
      /^warning: eth0 has a root qdisc .* not shaped is what these guests send by eth0: cliff/m,
    );
    assert.not.match(stderr, 'nothing to do');
    assert.is(host.history().failures, before.failures + at + 1);
    assert.match(host.history().last.error ?? '', 'eth0 has a root qdisc');
  }
  assert.is(host.history().loads, before.loads);
  for (const command of ['plan', 'verify']) {
    const { status, stderr, stdout } = await host.do([command]);
    assert.is(status, 3, command);
    assert.match(stderr, 'warning: eth0 has a root qdisc');
    assert.not.match(stderr + stdout, /nothing to do|holds what was loaded/);
  }
  sh('tc filter del dev vnet0 egress');
  const advised =
    'what was loaded; once nothing of others is in the way, virt-shaper sync --in-force repairs it';
  assert.match((await host.do(['verify'])).stderr, advised);
  sh('tc qdisc del dev eth0 root');
  await host.must(['load']);
  assert.is(host.history().last.error, undefined);
  assert.match((await host.must(['verify'])).stderr, 'the kernel holds what was loaded');
});

test('a tap that is out of reach is said each time', async () => {
  runs('cliff', 'vnet0');
  runs('rob', 'vnet1');
  await host.must(['sync']);
  sh('ip link del vnet1');
  for (const command of ['load', 'load', 'plan', 'load']) {
    const { stderr } = await host.must([command]);
    assert.match(stderr, 'warning: what guest rob receives by vnet1 is not shaped: it is not there', command);
  }
  const { status, stderr } = await host.do(['verify']);
  assert.is(status, 3);
  assert.match(stderr, 'what guest rob receives by vnet1 is not shaped');
  assert.not.match(stderr, 'holds what was loaded');
});

test('filters of others that ours comes before are said when it comes', async () => {
  sh('tc qdisc add dev vnet0 clsact');
  sh(
    'tc filter add dev vnet0 egress protocol all pref 40000 u32 match u32 0 0 action mirred egress mirror dev vnet2',
  );
  runs('cliff', 'vnet0');
  const warns = /^warning: .*vnet0.*pref 40000/m;
  assert.match((await host.do(['apply', '--dry-run'])).stderr, warns);
  assert.match((await host.must(['apply'])).stderr, warns);
  assert.not.match((await host.must(['apply'])).stderr, warns);
});

test('a failure is counted once, and what the administrator wants is none', async () => {
  host.configure(config.replace('[defaults]', '[defaults]\nunlisted = "refuse"'));
  await host.start('cliff', 'vnet0');
  const { failures } = host.history();
  assert.is((await host.start('stranger', 'vnet1')).status, 1);
  assert.is(host.history().failures, failures);
  host.wrap('nft', 'case "$*" in *list*) exit 1;; esac');
  for (const [at, args] of [['load'], ['sync'], ['apply']].entries()) {
    host.configure(config.replace('20mbit', `${30 + at}mbit`));
    assert.is((await host.do(args)).status, 1);
    assert.is(host.history().failures, failures + at + 1, args[0]);
  }
  assert.is((await host.start('rob', 'vnet1')).status, 0);
  assert.is(host.history().failures, failures + 4, 'a start that may go on');
});

test('rules that cannot be made are a failure, too, until all is well again', async () => {
  runs('cliff', 'vnet0');
  await host.must(['sync']);
  const { failures } = host.history();
  host.configure('[guest.');
  assert.is((await host.do(['sync'])).status, 2);
  assert.is(host.history().failures, failures + 1);
  host.configure(config);
  assert.match((await host.must(['sync'])).stderr, 'nothing to do');
  const { loads, last } = host.history();
  assert.is(last.error, undefined);
  await host.must(['sync']);
  assert.is(host.history().loads, loads, 'what is well is not noted once more');
  host.write('run/virt-shaper/history.json.next', '{"loads":');
  await host.must(['sync']);
  assert.is(host.history().loads, loads + 1, 'of one that was killed as it noted its load');
  assert.not(host.exists('run/virt-shaper/history.json.next'));
});

test('a first load of many guests says some of them, --verbose all', async () => {
  host.configure(config + Array.from({ length: 30 }, (_, index) => `[guest.g${index}]\n`).join(''));
  const taps = Array.from({ length: 30 }, (_, index) => `tap${index}`);
  for (const [index, tap] of taps.entries()) {
    host.tap(tap);
    runs(`g${index}`, tap);
  }
  const said = (text: string) => text.split('\n').filter((line) => line.startsWith('+ ')).length;
  const { stderr } = await host.must(['apply']);
  assert.is(said(stderr), 19);
  assert.match(stderr, 'and 12 more: --verbose shows them', '30 guests, and the uplink');
  await host.must(['unload']);
  assert.is(said((await host.must(['--verbose', 'load'])).stderr), 31);
});

test.run();
