// A load that waits for its confirmation: who takes it back, and what counts from then on. Its guard is run here by hand;
// processes of their own and the terminal: transaction.test.ts and apply.test.ts.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { slowness } from '../support/patience.ts';
import { kernelState, sh } from './host.ts';
import { twoGuests as config, insideTest } from './inside.ts';

const newer = config.replace('20mbit', '50mbit');

const { test, host } = insideTest({
  begin: (host) => {
    host.write('run/libvirt/qemu/.keep', '');
    host.wrap('logger', `{ echo "$*"; cat; } >>${host.root}/logged; exit 0`);
  },
});

const folder = 'run/virt-shaper/confirm';
const uptime = () => Number(sh('cat /proc/uptime').split(' ')[0]) * 1000;
const ceil = () => sh('tc class show dev eth0').match(/ceil (20|50)Mbit/)?.[1];

/** A newer policy is in force and waits. */
async function loadWaiting(id = 'x'): Promise<void> {
  const isFirst = !host.exists('var/lib/virt-shaper/rules.d/good');
  const kept = join(host.root, 'former');
  if (!isFirst) sh(`cp -aL ${host.rules}/good ${kept}`);
  host.configure(newer);
  await host.must(['render']);
  await host.must(['load']);
  if (!isFirst) sh(`mkdir -p ${join(host.root, folder)}; mv ${kept} ${join(host.root, folder, 'former')}`);
  host.write(`${folder}/pending.json`, JSON.stringify({ id, deadline: uptime() - 1, former: !isFirst }));
}

/** What is loaded is there, and whoever loads waits. */
async function until(isLoaded: () => boolean): Promise<void> {
  for (let tries = 0; tries < 100 * slowness && !isLoaded(); tries += 1) await sleep(50);
  await sleep(300);
}

const guard = (id: string) => host.must(['guard', id]);

test('it is taken back by its own guard only, and once', async () => {
  await host.start('cliff', 'vnet0');
  const former = kernelState();
  await loadWaiting();
  assert.is(ceil(), '50');
  await guard('other');
  assert.is(ceil(), '50');
  await guard('x');
  assert.is(kernelState(), former);
  assert.not(host.exists(folder));
  assert.is(host.read('run/virt-shaper/confirm.undone'), 'x rollback');
  assert.match(
    host.read('logged'),
    '-t virt-shaper -p daemon.warning\nthe load was not confirmed: the former policy is in force again\n',
  );
  await host.must(['apply']);
  await guard('x');
  assert.is(ceil(), '50', 'nothing waits any more');
});

test('what was confirmed meanwhile stays, and so does what another load waits for', async () => {
  await host.start('cliff', 'vnet0');
  await loadWaiting();
  const late = host.do(['guard', 'x']);
  rmSync(join(host.root, folder), { recursive: true });
  await late;
  assert.is(ceil(), '50');
  await loadWaiting('y');
  host.write(`${folder}/pending.json`, JSON.stringify({ id: 'x', deadline: uptime() + 300, former: true }));
  const first = host.do(['guard', 'x']);
  await sleep(50);
  host.write(`${folder}/pending.json`, JSON.stringify({ id: 'y', deadline: uptime() + 9000, former: true }));
  await first;
  assert.is(ceil(), '50');
  assert.ok(host.exists(folder));
});

test('the configuration that was not confirmed is left out until somebody applies or renders it', async () => {
  for (const command of ['apply', 'render']) {
    host.configure(config);
    await host.must(['apply']);
    await host.start('cliff', 'vnet0');
    await loadWaiting();
    await guard('x');
    for (const does of [() => host.must(['sync']), () => host.must(['sync', '--in-force'])]) {
      await does();
      assert.is(ceil(), '20');
    }
    const { stderr } = await host.start('rob', 'vnet1');
    assert.match(stderr, 'warning: the configuration that was not confirmed is left out until the next');
    assert.is(ceil(), '20');
    host.configure('[guest.');
    const mistaken = await host.do([command]);
    assert.is(mistaken.status, 2, mistaken.stderr);
    await host.must(['sync']);
    assert.is(ceil(), '20', 'a mistake brings back nothing that was not confirmed');
    host.configure(newer);
    await host.must([command]);
    if (command === 'render') await host.must(['load']);
    assert.is(ceil(), '50', command);
    await host.start('rob', 'vnet1');
    assert.is(ceil(), '50', command);
    await host.call('rob', 'stopped');
  }
});

test('guests that came meanwhile are in the policy that returns', async () => {
  await host.start('cliff', 'vnet0');
  await loadWaiting();
  await host.start('rob', 'vnet1');
  await guard('x');
  assert.is(ceil(), '20');
  assert.match(sh('nft list table bridge virt-shaper'), 'rob sends');
});

test('where its configuration is lost the former rules return, and the log names who is not in them', async () => {
  await host.start('cliff', 'vnet0');
  await loadWaiting();
  await host.start('rob', 'vnet1');
  rmSync(join(host.root, folder, 'former/.source.json'));
  await guard('x');
  assert.is(ceil(), '20');
  assert.not.match(sh('nft list table bridge virt-shaper'), 'rob sends');
  assert.match(host.read('logged'), 'in force again; not in it, so not shaped: rob\n');
});

test('a first load that nobody confirms leaves nothing, and stays away until somebody loads', async () => {
  await host.start('cliff', 'vnet0');
  await host.must(['unload']);
  await host.must(['load']);
  await host.must(['unload']);
  rmSync(join(host.root, 'var/lib/virt-shaper/unloaded.json'));
  const nothing = kernelState();
  await loadWaiting();
  assert.is.not(kernelState(), nothing);
  await guard('x');
  assert.is(kernelState(), nothing);
  assert.match(host.read('logged'), 'nothing is loaded again, as before');
  await host.must(['sync', '--in-force']);
  const { stderr } = await host.start('rob', 'vnet1');
  assert.match(stderr, /guest rob starts UNSHAPED: .*not confirmed/);
  assert.is(kernelState(), nothing);
});

test('one whose time is up is in nobody’s way, and a first one is said to be the first', async () => {
  host.write(`${folder}/pending.json`, JSON.stringify({ id: 'x', deadline: uptime() - 1, former: true }));
  host.write('run/virt-shaper/guests.json', '{"version":2,"guests":[]}');
  host.configure(newer);
  await host.must(['render']);
  assert.match((await host.must(['load', '--confirm', '60'])).stderr, 'nothing to do', 'no guest runs yet');
  assert.not(host.exists(folder));
  await host.start('cliff', 'vnet0');
  await host.must(['unload']);
  const waiting = host.do(['load', '--confirm', '60']);
  await until(() => sh('tc qdisc show dev eth0').includes('htb'));
  assert.is(JSON.parse(host.read(`${folder}/pending.json`)).former, false);
  rmSync(join(host.root, folder), { recursive: true });
  const { status, stderr } = await waiting;
  assert.is(status, 0, 'confirmed');
  assert.match(stderr, 'all is taken out again in 60 s');
});

test('with something in the way the status is 1, confirmed or with nothing to do', async () => {
  await host.start('cliff', 'vnet0');
  sh('tc qdisc replace dev eth0 root handle 5: pfifo');
  host.configure(newer);
  await host.must(['render']);
  const waiting = host.do(['load', '--confirm', '60']);
  await until(() => sh('tc class show dev ifb-eth0').includes('ceil 50Mbit'));
  rmSync(join(host.root, folder), { recursive: true });
  const { status, stderr } = await waiting;
  assert.is(status, 1, stderr);
  assert.match(stderr, 'warning: eth0 has a root qdisc');
  assert.not.match(stderr, 'not confirmed');
  for (const command of ['load', 'apply']) {
    assert.is((await host.do([command, '--confirm', '60'])).status, 1, command);
    assert.not(host.exists(folder), command);
  }
});

test('where its guard has died it goes back by itself, some seconds late', async () => {
  await host.start('cliff', 'vnet0');
  host.configure(newer);
  await host.must(['render']);
  // What its guard finds once it has begun is not its load, so it ends.
  const pending = join(host.root, folder, 'pending.json');
  host.wrap('nft', `[ ! -e ${pending} ] || printf '{' >${pending}`);
  const forgotten = setTimeout(() => rmSync(join(host.root, folder), { recursive: true }), 20_000 * slowness);
  const { status, stderr } = await host.do(['load', '--confirm', '1']);
  clearTimeout(forgotten);
  host.unwrap();
  assert.is(status, 1);
  assert.match(stderr, 'not confirmed: the former policy is in force again');
  assert.is(ceil(), '20');
});

test('where an unload fails it is not said to be off', async () => {
  await host.start('cliff', 'vnet0');
  host.wrap('nft', 'case "$*" in *commit*) echo no >&2; exit 1;; esac');
  assert.is((await host.do(['unload'])).status, 1);
  host.unwrap();
  assert.not(host.exists('var/lib/virt-shaper/unloaded.json'));
  assert.is((await host.start('rob', 'vnet1')).stderr, '');
});

test.run();
