// What only a second time shows: a snapshot over a snapshot, a load after one that failed, a guest of a group that is the
// last, what others put on a device after we came to it. At the end of each test the last load has succeeded, so verify is
// 0 and a further load has nothing to do.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { kernelState, sh } from './host.ts';
import { insideTest } from './inside.ts';
import { driftIn } from './kernel-test.ts';

const config = `
[defaults]
rate = "1mbit"
ceil = "20mbit"
unlisted = "shape"
[uplink.eth0]
ceil = "1gbit"
[group.g]
ceil = "30mbit"
[guest.solo]
group = "g"
[guest.duo]
group = "g"
`;

const { test, host } = insideTest({
  config,
  begin: (host) => host.write('run/libvirt/qemu/.keep', ''),
});

/** At its end the last load has succeeded, which is asked of each. */
function keeps(name: string, body: () => Promise<void>): void {
  test(name, async () => {
    await body();
    assert.match((await host.must(['load'])).stderr, 'nothing to do', 'the last load has left nothing to do');
    assert.equal(await drift(), []);
  });
}

const drift = async () => driftIn(await host.do(['verify', '--json']));

const runs = (name: string, taps: Record<string, string>, change = (xml: string) => xml) =>
  host.runs(name, taps, { change });

function ended(name: string, tap: string): void {
  rmSync(join(host.root, `run/libvirt/qemu/${name}.xml`));
  sh(`ip link del ${tap}`);
}

const sync = (...options: string[]) => host.must(['sync', ...options]);

keeps('a drop-in that was deleted and loaded away does not come back by the timer', async () => {
  const dropIn = 'etc/virt-shaper/config.d/20.toml';
  host.write(dropIn, '[defaults]\nceil = "7mbit"\n');
  runs('cliff', { vnet0: 'br0' });
  await sync();
  await sync('--in-force');
  assert.match(sh('tc class show dev eth0'), 'ceil 7Mbit');
  rmSync(join(host.root, dropIn));
  await sync();
  await sync('--in-force');
  assert.match(sh('tc class show dev eth0'), 'ceil 20Mbit');
  assert.not(host.exists(`run/virt-shaper/last-good/${dropIn}`));
});

keeps('a template that was taken away and loaded away does not come back either', async () => {
  const template = 'etc/virt-shaper/templates/shape.tc.hbs';
  const own = sh('cat templates/shape.tc.hbs');
  host.write(template, `# mine\n${own}`);
  runs('cliff', { vnet0: 'br0' });
  await sync();
  await sync('--in-force');
  rmSync(join(host.root, template));
  await sync();
  runs('solo', { vnet1: 'br0' });
  await sync('--in-force');
  assert.not.match(host.read('var/lib/virt-shaper/rules.d/good/shape.tc'), '# mine');
});

for (const members of [['solo'], ['solo', 'duo']]) {
  keeps(`the last of a group goes while others run: ${members.join(' and ')}`, async () => {
    runs('cliff', { vnet0: 'br0' });
    for (const [index, name] of members.entries()) runs(name, { [`vnet${index + 1}`]: 'br0' });
    await sync();
    assert.match(sh('tc class show dev ifb-eth0'), 'ceil 30Mbit');
    for (const [index, name] of members.entries()) ended(name, `vnet${index + 1}`);
    await sync();
    assert.not.match(sh('tc class show dev eth0; tc class show dev ifb-eth0'), 'ceil 30Mbit');
  });
}

keeps('groups, their members and others that go at once', async () => {
  host.configure(`${config}[group.h]\nceil = "40mbit"\n[guest.other]\ngroup = "h"\n`);
  for (const [index, name] of ['solo', 'other', 'cliff'].entries()) runs(name, { [`vnet${index}`]: 'br0' });
  await sync();
  host.configure('[defaults]\nunlisted = "ignore"\n[uplink.eth0]\n[guest.cliff]\nrate = "1mbit"\n');
  await sync();
  assert.not.match(sh('tc class show dev eth0'), /ceil [34]0Mbit/);
});

const filters = {
  ingress: 'ingress protocol all pref 7 u32 match u32 0 0 flowid 1:1',
  egress: 'egress protocol all pref 40000 u32 match u32 0 0 flowid 1:1',
};
for (const [way, filter] of Object.entries(filters)) {
  const comes = () => sh(`tc filter add dev vnet0 ${filter}`);
  const isThere = () => assert.match(sh(`tc filter show dev vnet0 ${way}`), / pref (?:7|40000) u32/);

  keeps(`${way} filters of others that come after ours stay when we unload`, async () => {
    runs('cliff', { vnet0: 'br0' });
    await sync();
    comes();
    await host.must(['unload']);
    isThere();
    assert.not.match(sh('tc filter show dev vnet0 egress'), 'mirred');
    await sync();
    isThere();
  });

  keeps(
    `${way} filters of others that come after ours stay when the guest ends and its tap does not`,
    async () => {
      await host.call('cliff', 'start', { vnet0: 'br0' });
      comes();
      await host.call('cliff', 'stopped');
      isThere();
      assert.not.match(sh('tc filter show dev vnet0 egress'), 'mirred');
    },
  );
}

keeps('an empty clsact of somebody else stays, also when his tap has been ours for a while', async () => {
  sh('tc qdisc add dev vnet0 clsact');
  for (const _ of [1, 2]) {
    await host.call('cliff', 'start', { vnet0: 'br0' });
    await host.call('solo', 'start', { vnet1: 'br0' });
    await host.call('cliff', 'stopped');
    assert.match(sh('tc qdisc show dev vnet0'), 'clsact');
    await sync();
    await host.must(['unload']);
    assert.match(sh('tc qdisc show dev vnet0'), 'clsact');
    assert.not.match(sh('tc qdisc show dev vnet1'), 'clsact');
  }
  // A new tap of that name is nobody's.
  sh('ip link del vnet0');
  host.tap('vnet0');
  runs('cliff', { vnet0: 'br0' });
  await sync();
  await host.must(['unload']);
  assert.not.match(sh('tc qdisc show dev vnet0'), 'clsact');
  await host.must(['load']);
});

keeps('a clsact of ours stays ours when somebody has taken our filter out of it', async () => {
  runs('cliff', { vnet0: 'br0' });
  await sync();
  sh('tc filter del dev vnet0 egress');
  await sync();
  assert.match(sh('tc filter show dev vnet0 egress'), 'mirred');
  await host.must(['unload']);
  assert.not.match(sh('tc qdisc show dev vnet0'), 'clsact');
  await host.must(['load']);
});

keeps('the clsact that a killed load has left empty is ours, and goes', async () => {
  runs('cliff', { vnet0: 'br0' });
  await sync();
  await host.must(['unload']);
  sh('tc qdisc add dev vnet0 clsact');
  host.write('run/virt-shaper/journal/0-stage-1.tc', 'qdisc add dev vnet0 clsact\n');
  await host.must(['load']);
  assert.not(host.exists('run/virt-shaper/journal'));
  assert.is(host.exists('run/virt-shaper/foreign-taps') ? host.read('run/virt-shaper/foreign-taps') : '', '');
  await sync();
  await host.must(['unload']);
  assert.not.match(sh('tc qdisc show dev vnet0'), 'clsact');
  await host.must(['load']);
});

keeps('the clsact of a killed load that nothing asks for any more goes with the next load', async () => {
  runs('cliff', { vnet0: 'br0' });
  await sync();
  sh('tc qdisc add dev vnet1 clsact');
  host.write('run/virt-shaper/journal/0-stage-1.tc', 'qdisc add dev vnet1 clsact\n');
  await host.must(['load']);
  assert.not.match(sh('tc qdisc show dev vnet1'), 'clsact');
});

keeps('a load that was killed while it was counted is counted by the next', async () => {
  runs('cliff', { vnet0: 'br0' });
  await sync();
  const loads = () => host.history().loads;
  const before = loads();
  host.write('run/virt-shaper/history.json.next', '{"version"');
  for (let times = 0; times < 2; times += 1) await host.must(['load']);
  assert.is(loads(), before + 1);
  assert.not.ok(readdirSync(join(host.root, 'run/virt-shaper')).includes('history.json.next'));
});

keeps(
  'what a killed load has left half written goes with the next, though that has nothing to write',
  async () => {
    runs('cliff', { vnet0: 'br0' });
    await sync();
    const left = ['table-as-listed.next', 'as-seen.next', 'foreign-taps.next', 'last-sync.999999999.next'];
    const others = ['guests.json.next', `last-sync.${process.pid}.next`];
    for (const name of [...left, ...others]) host.write(`run/virt-shaper/${name}`, 'half');
    await host.must(['load']);
    const names = readdirSync(join(host.root, 'run/virt-shaper')).filter((name) => name.endsWith('.next'));
    assert.equal(names.sort(), others, 'somebody may be at work on these');
    for (const name of others) rmSync(join(host.root, 'run/virt-shaper', name));
  },
);

keeps('after a load that was undone all is as before, and known to be', async () => {
  runs('cliff', { vnet0: 'br0' });
  await sync();
  const before = kernelState();
  const listing = () =>
    readdirSync(join(host.root, 'run/virt-shaper')).filter((name) => !/lock|sync|history|usage/.test(name));
  const files = listing();
  host.configure(`${config}[guest.cliff]\nid = 0x99\n`);
  host.wrap('nft', 'case "$*" in "-f "*commit*) echo no >&2; exit 1;; esac');
  const failed = await host.do(['sync']);
  assert.is(failed.status, 1);
  assert.match(failed.stderr, /nft refused.*: no$/m);
  host.unwrap();
  assert.is(kernelState(), before);
  const { status, stdout } = await host.do(['verify']);
  assert.is(status, 0, stdout);
  assert.equal(
    listing().filter((name) => !files.includes(name)),
    [],
    'no file of it is left',
  );
  assert.is((await host.do(['plan'])).status, 3, 'what could not be loaded is still to be');
  await host.must(['load']);
  assert.is(readdirSync(host.rules).filter((name) => name.startsWith('.good-')).length, 1);
});

for (const [what, command] of Object.entries({
  'the alias of its ifb': 'ip link set ifb-eth0 alias x',
  'an ifb that is down': 'ip link set ifb-eth0 down',
  'the rate of an inner class': 'tc class change dev eth0 parent 1: classid 1:ffff htb rate 1mbit ceil 2mbit',
  'the link class, on the ifb':
    'tc class change dev ifb-eth0 parent 2: classid 2:ffff htb rate 1mbit ceil 2mbit',
  'a burst':
    'tc class change dev eth0 parent 1:ffff classid 1:fffe htb rate 10mbit ceil 1gbit burst 1m quantum 1514',
  'a priority':
    'tc class change dev eth0 parent 1:ffff classid 1:fffe htb rate 10mbit ceil 1gbit prio 3 quantum 1514',
  'a leaf of another kind': 'tc qdisc replace dev eth0 parent 1:fffe handle 77: bfifo limit 9999',
  'a rule before ours': 'nft insert rule bridge virt-shaper forward accept',
  'an element': 'nft add element bridge virt-shaper guests { "vnet9" . "eth0" : drop }',
  'a clsact that is gone': 'tc qdisc del dev vnet0 clsact',
})) {
  keeps(`${what}: verify says it, plan too, and load mends it, seen before or not`, async () => {
    runs('cliff', { vnet0: 'br0' });
    await sync();
    for (const seen of [false, true]) {
      if (seen) assert.match((await host.must(['load'])).stderr, 'nothing to do');
      const before = kernelState();
      sh(command);
      assert.is.not(kernelState(), before);
      assert.is((await host.do(['verify'])).status, 3);
      assert.is((await host.do(['plan'])).status, 3);
      assert.not.match((await host.must(['load'])).stderr, 'nothing to do');
      assert.is(kernelState(), before);
      assert.is((await host.do(['verify'])).status, 0);
    }
  });
}

keeps('a load that failed is history once one has nothing to do', async () => {
  runs('cliff', { vnet0: 'br0' });
  await sync();
  const { loads } = host.history();
  host.wrap('tc', 'exit 1');
  assert.is((await host.do(['load'])).status, 1);
  host.unwrap();
  assert.is(host.history().failures, 1);
  assert.match(host.history().last.error ?? '', 'tc');
  assert.match((await host.do(['metrics'])).stdout, /last_load_success(?:\{\})? 0/);
  const failed = host.history().last.at;
  await host.must(['load']);
  assert.is(host.history().last.error, undefined);
  assert.ok((host.history().last.at ?? 0) >= (failed ?? 0));
  assert.is(host.history().loads, loads + 1);
  assert.match((await host.do(['metrics'])).stdout, /last_load_success(?:\{\})? 1/);
  await host.must(['load']);
  assert.is(host.history().loads, loads + 1, 'nothing to do is no load');
  assert.is(host.history().failures, 1);
});

keeps('a damaged history begins again and stops nobody', async () => {
  runs('cliff', { vnet0: 'br0' });
  host.write('run/virt-shaper/history.json', '{');
  await sync();
  assert.equal([host.history().loads, host.history().failures], [1, 0]);
});

for (const operation of ['start'] as const) {
  keeps(`a guest whose ${operation} is refused leaves no trace`, async () => {
    host.configure(`hook.on_failure = "refuse"\n${config}`);
    await host.call('cliff', 'start', { vnet0: 'br0' });
    const before = kernelState();
    const rules = () =>
      ['shape.tc', 'ruleset.nft', 'good/shape.tc']
        .map((name) => host.read(`var/lib/virt-shaper/rules.d/${name}`))
        .join('');
    const rendered = rules();
    host.wrap('tc', 'case "$*" in *stage*) exit 1;; esac');
    const { status, stderr } = await host.call('solo', operation, { vnet1: 'br0' });
    assert.is(status, 1);
    assert.match(stderr, 'refused');
    assert.not.match(stderr, 'UNSHAPED');
    host.unwrap();
    assert.is(rules(), rendered);
    assert.is(kernelState(), before);
    assert.not.match(host.read('run/virt-shaper/guests.json'), 'solo');
  });
}

keeps(
  'a guest that may start unshaped is shaped by the next sync, and until then that is known',
  async () => {
    await host.call('cliff', 'start', { vnet0: 'br0' });
    host.wrap('tc', 'case "$*" in *stage*) exit 1;; esac');
    const { status, stderr } = await host.call('solo', 'start', { vnet1: 'br0' });
    host.unwrap();
    assert.is(status, 0);
    assert.match(stderr, 'guest solo starts UNSHAPED; virt-shaper sync --in-force tries again');
    assert.match(host.history().last.error ?? '', 'refused');
    assert.match(host.read('run/virt-shaper/guests.json'), 'solo');
    await host.call('solo', 'started', { vnet1: 'br0' });
    assert.is(host.history().last.error, undefined, 'the next operation of the same guest tries again');
    assert.match(sh('nft list table bridge virt-shaper'), 'solo sends');
  },
);

keeps('started after a start that went well changes nothing and reads no kernel', async () => {
  await host.call('cliff', 'start', { vnet0: 'br0' });
  host.wrap('nft', `echo "$*" >>${host.root}/asked`);
  await host.call('cliff', 'started', { vnet0: 'br0' });
  assert.not(host.exists('asked'));
  // What a hook did not hear is done by the next.
  await host.call('cliff', 'reconnect', { vnet0: 'br0', vnet1: 'br0' });
  host.unwrap();
  assert.match(sh('nft list table bridge virt-shaper'), 'vnet1');
});

keeps('a guest of which no NIC can be shaped is a guest all the same', async () => {
  runs('ovs', {}, (xml) => xml.replace('<devices>', "<devices><interface type='user'/>"));
  assert.match((await sync()).stderr, 'found running: ovs');
  assert.match(host.read('run/virt-shaper/guests.json'), 'ovs');
  assert.not.match((await sync()).stderr, /found running|no longer/);
  assert.match(host.read('run/virt-shaper/guests.json'), 'ovs');
});

keeps('the first of a group whose start cannot be committed leaves nothing of it', async () => {
  await host.call('cliff', 'start', { vnet0: 'br0' });
  await sync();
  const before = kernelState();
  host.wrap('nft', 'case " $* " in *" -c "* | *" list "*) ;; *) echo no >&2; exit 1;; esac');
  const { stderr } = await host.call('solo', 'start', { vnet1: 'br0' });
  host.unwrap();
  assert.match(stderr, 'UNSHAPED');
  assert.is(kernelState(), before);
  await sync();
  assert.match(sh('tc class show dev eth0'), 'ceil 30Mbit');
});

keeps('one good folder, however often it is loaded, and what a killed load left goes', async () => {
  for (const ceil of ['20mbit', '25mbit', '20mbit', '30mbit']) {
    host.configure(config.replace('20mbit', ceil));
    runs('cliff', { vnet0: 'br0' });
    host.write('var/lib/virt-shaper/rules.d/.good-77/shape.tc', 'of a load that was killed\n');
    await sync();
    const names = readdirSync(host.rules).filter((name) => name.startsWith('.good'));
    assert.is(names.length, 1, names.join(' '));
    assert.is.not(names[0], '.good-77');
  }
});

keeps('unload forgets what is in force, and a load after it counts', async () => {
  runs('cliff', { vnet0: 'br0' });
  await sync();
  await host.must(['unload']);
  assert.equal(
    readdirSync(host.rules).filter((name) => name.includes('good')),
    [],
  );
  for (const file of ['table-as-listed', 'as-seen', 'confirm'])
    assert.not(host.exists(`run/virt-shaper/${file}`), file);
  assert.match((await host.do(['verify'])).stderr, 'nothing has been loaded');
  assert.equal(await drift(), []);
  assert.match((await host.must(['unload'])).stderr, 'nothing to do');
  await sync('--in-force');
  assert.not(host.exists('run/virt-shaper/table-as-listed'), 'it stays so');
  await host.must(['load']);
  await sync('--in-force');
  assert.is((await host.do(['verify'])).status, 0);
});

keeps('a template of one’s own is no small change, and what it makes is checked', async () => {
  const own = sh('cat templates/shape.tc.hbs');
  await host.call('cliff', 'start', { vnet0: 'br0' });
  host.write('etc/virt-shaper/templates/shape.tc.hbs', `# mine\n${own}`);
  await sync();
  host.wrap('nft', `echo "$*" >>${host.root}/asked`);
  await host.call('solo', 'start', { vnet1: 'br0' });
  host.unwrap();
  assert.match(host.read('asked'), 'list table bridge', 'the whole way');
});

test.run();
