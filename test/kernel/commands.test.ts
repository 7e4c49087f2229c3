// What scripts go by: exit statuses, which stream has what, what a command leaves behind; and what a sync says to the log
// of the timer that runs it.
import { readdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { domainXml, kernelState, program, sh } from './host.ts';
import { twoGuests as config, insideTest } from './inside.ts';

const { test, host } = insideTest();

const runs = (name: string, tap: string, bridge = 'br0') => host.runs(name, { [tap]: bridge });
const timeOf = (path: string) => statSync(join(host.root, path)).mtimeMs;
const strange = () => sh('ip link add br7 type bridge; ip link set br7 up; ip link set vnet2 master br7');

test('--quiet says what is wrong and nothing else', async () => {
  runs('cliff', 'vnet0');
  strange();
  runs('rob', 'vnet2', 'br7');
  const quiet = await host.do(['--quiet', 'sync']);
  assert.match(quiet.stderr, /^(?:warning: .*\n)+$/);
  assert.equal(await host.do(['--quiet', 'load']), { status: 0, stdout: '', stderr: '' });
  assert.equal(await host.do(['--quiet', 'unload']), { status: 0, stdout: '', stderr: '' });
});

test('options that cannot be meant are wrong usage', async () => {
  for (const [args, words] of [
    [['--root', '', 'check'], '--root is empty'],
    [['--config', '', 'check'], '--config is empty'],
    [['--rules', '', 'check'], '--rules is empty'],
    [['--timeout', '', 'load'], '--timeout takes seconds, 0 to 86400, not ""'],
    [['--lock-timeout', ' ', 'load'], '--lock-timeout takes seconds'],
    [['--timeout', '86401', 'load'], '--timeout takes seconds'],
    [['--timeout', '-1', 'load'], ''],
    [['--timeout', '1x', 'load'], '--timeout takes seconds'],
    [['metrics', '--output', ''], '--output is empty'],
    [['load', '--json'], '--json shows what --dry-run would change'],
    [['apply', '--json'], '--json and --commands show what --dry-run would change; they go with it'],
    [['apply', '--commands'], '--json and --commands show what --dry-run would change; they go with it'],
    [['apply', '--dry-run', '--confirm', '5'], '--confirm loads, and --dry-run does not'],
    [['apply', '--dry-run', '--json', '--commands'], '--json and --commands show two different things'],
    [['plan', '--json', '--commands'], '--json and --commands show two different things'],
    [['sync', '--settle', 'soon'], '--settle takes seconds'],
    [['hook', 'qemu'], 'hook needs what libvirt passes'],
  ] as const) {
    const { status, stdout, stderr } = await host.do([...args]);
    assert.equal([status, stdout], [2, ''], args.join(' '));
    assert.match(stderr, words, args.join(' '));
  }
  await host.must(['--timeout', '86400', '--lock-timeout', '0', 'check', '--quiet']);
});

test('where /sys is of another network namespace than the devices, it is said', () => {
  const check = `${process.execPath} ${program} --root ${host.root} check 2>&1 || true`;
  const there = [
    `unshare --net sh -c '${check}'`,
    `unshare --net --mount sh -c 'mount -t sysfs sysfs /sys; unshare --net sh -c "ip link add a0 type veth peer name b0; ${check}"'`,
    `unshare --net --mount sh -c 'mount -t sysfs sysfs /sys; unshare --net sh -c "ip link add a0 type ifb; ${check}"'`,
  ];
  for (const command of there)
    assert.match(sh(command), /\/sys shows the devices of another network namespace\n.*"ip netns exec NAME"/);
  assert.not.match(sh(check), 'namespace');
});

test('check: a mistake is 2, a warning is none, and data goes to stdout alone', async () => {
  host.configure(config.replace('ceil = "20mbit"', 'ceil = "100Mbps"'));
  const warned = await host.do(['check']);
  assert.is(warned.status, 0);
  assert.match(warned.stderr, 'counts megabytes per second');
  assert.not.match(warned.stdout, 'megabytes');
  assert.match(warned.stdout, 'cliff');
  assert.match(warned.stderr, '1 warning, no errors');
  assert.is((await host.do(['check', '--quiet'])).stdout, '');
  host.configure(`${config}[guest.ann]\nrate = "fast"\n`);
  const data = await host.do(['check', '--json']);
  assert.equal([data.status, data.stderr], [2, '']);
  assert.is(JSON.parse(data.stdout).errors.length, 1);
  const said = await host.do(['check']);
  assert.equal([said.status, said.stdout], [2, '']);
  host.configure(config);
  host.write('etc/virt-shaper/templates/class.tc.hbs', '{{no_such_thing}}\n');
  const template = await host.do(['check', '--json']);
  assert.equal([template.status, template.stderr], [2, '']);
  assert.is((await host.do(['check'])).status, 2);
});

test('import: TOML on stdout, what cannot be had on stderr, and then 1', async () => {
  host.write('old', 'UPLINK=eth0\na_eth0="10 15mbit 30mbit"\nb_eth0="x y z w"\n');
  const { status, stdout, stderr } = await host.do([
    'import',
    '--from',
    'bandwidth.conf',
    join(host.root, 'old'),
  ]);
  assert.is(status, 1, stderr);
  assert.match(stderr, 'b_eth0');
  assert.not.match(stdout, 'x y z w');
  assert.is((await host.do(['import', join(host.root, 'none')])).status, 1);
});

test('render says for how many guests, whether anything is new, and who runs beside them', async () => {
  const said = async () => (await host.must(['render'])).stderr.replaceAll(host.rules, 'RULES').split('\n');
  host.configure(`${config}[guest."g*"]\n`);
  assert.equal(await said(), ['no guest to shape: RULES written', '']);
  await host.start('cliff', 'vnet0');
  assert.equal(await said(), ['1 guest on eth0: RULES is as it was', '']);
  await host.start('rob', 'vnet1');
  host.configure(`${config.replace('20mbit', '30mbit')}[guest."g*"]\n`);
  assert.equal(await said(), ['2 guests on eth0: RULES written', '']);
  const beside = (name: string, taps: string) =>
    `warning: guest ${name} runs by ${taps}, of which these rules do not know, so without limit: virt-shaper sync --in-force finds it, and virt-shaper render counts it then`;
  for (const name of ['g1', 'g2', 'g3', 'g4']) {
    for (const tap of [`${name}a`, `${name}b`]) host.tap(tap);
    host.runs(name, { [`${name}a`]: 'br0', [`${name}b`]: 'br0' });
    if (name < 'g3') continue;
    const few = name === 'g3' ? ['g1', 'g2', 'g3'] : ['g1', 'g2'];
    assert.equal(await said(), [
      '2 guests on eth0: RULES is as it was',
      ...few.map((one) => beside(one, `${one}a and ${one}b`)),
      ...(name === 'g3' ? [] : ['warning: and so do 2 more guests']),
      '',
    ]);
  }
});

test('unload says what it found', async () => {
  assert.match(
    (await host.must(['unload'])).stderr,
    'nothing to do: the kernel holds nothing of virt-shaper',
  );
  await host.must(['apply']);
  await host.start('cliff', 'vnet0');
  await host.must(['load']);
  assert.match((await host.must(['unload'])).stderr, /^unloaded\n/);
});

test('the timer says what is new, a sync by hand all of it; who comes again is new', async () => {
  strange();
  runs('cliff', 'vnet0');
  runs('rob', 'vnet2', 'br7');
  const warns = /warning: guest rob, vnet2/;
  const timer = async () => (await host.do(['sync', '--in-force'])).stderr;
  assert.match(await timer(), warns);
  assert.not.match(await timer(), warns);
  assert.match((await host.do(['sync'])).stderr, warns);
  assert.match((await host.do(['sync'])).stderr, warns);
  assert.not.match(await timer(), warns);
  sh('ip link set vnet2 master br0');
  runs('rob', 'vnet2');
  assert.not.match(await timer(), warns);
  sh('ip link set vnet2 master br7');
  runs('rob', 'vnet2', 'br7');
  assert.match(await timer(), warns);
});

test('what a sync that fails has warned of is said', async () => {
  runs('cliff', 'vnet0');
  host.write('run/libvirt/qemu/rob.xml', '<domstatus><dom');
  host.wrap('nft', 'case "$*" in *list*) exit 1;; esac');
  const { status, stderr } = await host.do(['sync', '--in-force']);
  assert.is(status, 1);
  assert.match(stderr, 'guest rob stays as it was noted');
});

test('a sync with nothing to do says so and no more, and notes its time', async () => {
  host.configure(config.replace('"1mbit"', '"600mbit"').replace('"20mbit"', '"1gbit"'));
  const change = (xml: string) => xml.replace('<devices>', "<devices><interface type='user'/>");
  host.runs('cliff', { vnet0: 'br0' }, { change });
  runs('rob', 'vnet1');
  const first = await host.do(['sync']);
  assert.match(first.stderr, 'scaled');
  assert.match(first.stderr, /^guest cliff, .* is not shaped/m);
  const old = new Date(Date.now() - 3_600_000);
  utimesSync(join(host.root, 'run/virt-shaper/last-sync'), old, old);
  const second = await host.do(['sync', '--in-force']);
  assert.is(second.stderr, '');
  assert.ok(timeOf('run/virt-shaper/last-sync') > Date.now() - 60_000);
});

test('a sync says of a NIC that it is not shaped when something is new, though no rule changes', async () => {
  const says = async () => /^guest cliff, .* is not shaped/m.test((await host.must(['sync'])).stderr);
  runs('cliff', 'vnet0');
  await host.must(['sync']);
  assert.is(await says(), false);
  const change = (xml: string) => xml.replace('<devices>', "<devices><interface type='user'/>");
  const before = kernelState();
  host.runs('cliff', { vnet0: 'br0' }, { change });
  assert.is(await says(), true, 'the NIC is new');
  assert.is(await says(), false);
  host.configure(config.replace('"20mbit"', '"30mbit"'));
  await host.must(['render']);
  host.configure(config);
  assert.is(await says(), true, 'the rules are written anew');
  assert.is(await says(), false);
  assert.is(kernelState(), before);
});

test('what libvirt changes while a sync is at work is in it, and only what holds at its end is said', async () => {
  strange();
  runs('cliff', 'vnet0');
  runs('rob', 'vnet2', 'br7');
  const later = `${host.root}/rob.xml`;
  sh(`cp ${host.root}/run/libvirt/qemu/rob.xml ${later}; sed -i 's/br7/br0/' ${later}`);
  const moves = `mv ${later} ${host.root}/run/libvirt/qemu/rob.xml; ip link set vnet2 master br0`;
  host.wrap('nft', `case "$*" in *commit*) [ ! -e ${later} ] || { ${moves}; };; esac`);
  const { status, stderr } = await host.do(['sync']);
  host.unwrap();
  assert.is(status, 0, stderr);
  assert.match(sh('nft list table bridge virt-shaper'), 'rob sends');
  assert.not.match(stderr, 'warning: guest rob');
});

test('an uplink that cannot be shaped is 1 for a sync, and for who loads', async () => {
  strange();
  runs('rob', 'vnet2', 'br7');
  assert.is((await host.do(['sync'])).status, 0, 'no uplink of ours is concerned');
  host.configure(`${config}[uplink.eth7]\nceil = "1gbit"\nbridge = "br7"\n`);
  const { status, stderr } = await host.do(['sync']);
  assert.is(status, 1, stderr);
});

test('verify is 3 for a guest that somebody’s filter takes away', async () => {
  runs('cliff', 'vnet0');
  await host.must(['sync']);
  const details = '\n\nguest cliff\n  + ';
  assert.is((await host.must(['--verbose', 'verify'])).stdout, '');
  sh('tc qdisc del dev vnet0 clsact');
  const drifted = await host.do(['verify']);
  assert.is(drifted.status, 3);
  assert.not.match(drifted.stdout, details);
  assert.match((await host.do(['--verbose', 'verify'])).stdout, details);
  assert.is(JSON.parse((await host.do(['--verbose', 'verify', '--json'])).stdout).version, 1);
  await host.must(['load']);
  assert.match((await host.must(['verify'])).stderr, 'the kernel holds what was loaded');
  runs('rob', 'vnet1');
  const { status, stdout, stderr } = await host.do(['verify']);
  assert.is(status, 3, 'a guest runs that no load has seen');
  assert.match(stdout, 'rob');
  assert.not.match(stderr, 'the kernel holds what was loaded');
  const data = await host.do(['verify', '--json']);
  assert.equal([data.status, data.stderr], [3, '']);
  assert.equal(JSON.parse(data.stdout).differences, []);
  host.wrap('nft', 'case "$*" in *list*) echo no >&2; exit 1;; esac');
  const blind = await host.do(['verify']);
  assert.is(blind.status, 1);
  assert.not.match(blind.stderr, 'what was loaded last cannot be read');
});

test('the note of a hook’s call is made once, for drivers that could be', async () => {
  await host.call('cliff', 'prepare');
  const note = 'run/virt-shaper/hook-called-qemu';
  const old = new Date(Date.now() - 3_600_000);
  utimesSync(join(host.root, note), old, old);
  await host.call('cliff', 'prepare');
  assert.is(Math.round(timeOf(note)), old.getTime());
  for (const driver of ['../x', 'a/b', 'Q', '']) {
    await host.do(['hook', driver, 'cliff', 'start', 'begin', '-'], domainXml('cliff', { vnet0: 'br0' }));
  }
  const names = readdirSync(join(host.root, 'run/virt-shaper')).filter((name) =>
    name.startsWith('hook-called'),
  );
  assert.equal(names, ['hook-called-qemu']);
});

test('a driver that is none shapes nobody, and is no failure', async () => {
  await host.must(['apply']);
  const before = kernelState();
  for (const operation of ['start', 'started', 'reconnect', 'release']) {
    const result = await host.do(
      ['hook', 'bhyve', 'cliff', operation, 'begin', '-'],
      domainXml('cliff', { vnet0: 'br0' }),
    );
    assert.equal(result, { status: 0, stdout: '', stderr: '' }, operation);
  }
  assert.is(kernelState(), before);
  const status = await host.must(['status', '--interval', '0']);
  assert.match(status.stdout, /^no guest that is to be shaped is running, as configured\n/);
  assert.not(
    host.exists('run/virt-shaper/guests.json') && host.read('run/virt-shaper/guests.json').includes('cliff'),
  );
});

test('the completion is silent whatever is wrong, and offers no name that a shell could not take', async () => {
  host.configure(`${config}[guest."x*"]\n`);
  await host.start('cliff', 'vnet0');
  await host.start('a\nb', 'vnet1');
  assert.is((await host.do(['names', 'guests'])).stdout, 'cliff\nrob\n');
  host.configure('[guest.');
  assert.equal(await host.do(['names', 'guests']), { status: 0, stdout: 'cliff\n', stderr: '' });
  host.write('run/virt-shaper/guests.json', '{');
  host.write('var/lib/virt-shaper/rules.d/good/.plan.json', '{');
  assert.equal(await host.do(['names', 'guests']), { status: 0, stdout: '', stderr: '' });
  assert.equal(await host.do(['names', 'no-such']), { status: 0, stdout: '', stderr: '' });
});

test('tree says that nothing is loaded, also where somebody has switched it off', async () => {
  const tree = async () => {
    const { status, stdout, stderr } = await host.do(['tree', '--interval', '0']);
    assert.equal([status, stdout], [0, '']);
    return stderr;
  };
  assert.match(await tree(), 'Nothing is loaded: no guest is limited.');
  await host.start('cliff', 'vnet0');
  await host.must(['unload']);
  assert.match(await tree(), /^Nothing is loaded: .*virt-shaper apply loads again/);
});

test.run();
