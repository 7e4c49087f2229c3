// The hook as libvirt calls it, on a real kernel: every operation, hostile input, many guests at once.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { patience, slowness } from '../support/patience.ts';
import { domainXml, kernelState, program, sh } from './host.ts';
import { kernelTest } from './kernel-test.ts';

const config = `
[defaults]
rate = "1mbit"
ceil = "20mbit"
unlisted = "shape"
[uplink.eth0]
ceil = "1gbit"
`;

const { test, host } = kernelTest({ config });

test('an operation before the guest has a tap, and one that does not exist yet, does nothing', () => {
  const before = kernelState();
  for (const operation of [
    'prepare',
    'restore',
    'migrate',
    'stopped',
    'release',
    'from-2030',
    '--help',
    '',
  ]) {
    const { status, stdout, stderr } = host.hook('cliff', operation, { vnet0: 'br0' });
    assert.equal({ operation, status, stdout, stderr }, { operation, status: 0, stdout: '', stderr: '' });
    assert.is(kernelState(), before, operation);
  }
  assert.is(host.run(['hook', 'lxc', 'box', 'prepare', 'begin', '-']).status, 0);
  assert.is(host.run(['hook', 'network', 'default', 'started', 'begin', '-']).status, 0);
  assert.is(kernelState(), before);
});

test('a guest that runs already is shaped when libvirt tells of it; the next time nothing is done', () => {
  for (const operation of ['started', 'reconnect', 'attach']) {
    const { status, stdout, stderr } = host.hook('cliff', operation, { vnet0: 'br0' });
    assert.equal({ operation, status, stdout, stderr }, { operation, status: 0, stdout: '', stderr: '' });
    assert.match(sh('tc class show dev eth0'), 'ceil 20Mbit', operation);
    sh('tc qdisc del dev vnet0 clsact');
    assert.is(host.hook('cliff', operation, { vnet0: 'br0' }).status, 0);
    assert.not.match(sh('tc qdisc show dev vnet0'), 'clsact', 'what was told before is not looked at again');
    host.hook('cliff', 'stopped');
  }
});

test('nothing but start ever fails, whatever it is given', () => {
  const kept = host.hook('rob', 'start', { vnet1: 'br0' });
  assert.is(kept.status, 0);
  const before = kernelState();
  host.configure('[guest.cliff');
  for (const operation of [
    'prepare',
    'started',
    'reconnect',
    'attach',
    'stopped',
    'release',
    'restore',
    'migrate',
  ]) {
    for (const input of [
      '',
      'no XML',
      domainXml('another', { vnet0: 'br0' }),
      domainXml('cliff', { vnet9: 'br0' }),
    ]) {
      const { status, stdout } = host.run(['hook', 'qemu', 'cliff', operation, 'end', '-'], { input });
      assert.equal({ operation, status, stdout }, { operation, status: 0, stdout: '' });
    }
  }
  assert.is(kernelState(), before);
});

test('a start whose stderr nobody takes is shaped all the same', () => {
  host.hook('rob', 'start', { vnet1: 'br0' });
  host.configure('[guest.cliff');
  host.write('cliff.xml', domainXml('cliff', { vnet0: 'br0' }));
  const call = `${process.execPath} ${program} --root ${host.root} hook qemu cliff start begin -`;
  sh(`${call} < ${host.root}/cliff.xml 2>/dev/full`);
  assert.match(sh('tc filter show dev vnet0 egress'), 'ifb-eth0');
  host.hook('cliff', 'stopped');
  sh(`{ ${call} < ${host.root}/cliff.xml 2>&1 >/dev/null; echo $? >&3; } 3>${host.root}/status | true`);
  assert.is(host.read('status'), '0\n');
  assert.match(sh('tc filter show dev vnet0 egress'), 'ifb-eth0');
});

test('what keeps a call from being noted keeps no guest from being shaped', () => {
  sh(`rm -f ${host.root}/run/virt-shaper/hook-called-qemu; mkdir -p ${host.root}/run/virt-shaper
      ln -s /nowhere/at/all ${host.root}/run/virt-shaper/hook-called-qemu`);
  assert.equal(host.hook('cliff', 'start', { vnet0: 'br0' }), { status: 0, stdout: '', stderr: '' });
  assert.match(sh('tc filter show dev vnet0 egress'), 'ifb-eth0');
});

test('a start that was noted but not loaded is made good when libvirt tells of the guest again', () => {
  host.configure('[guest.cliff');
  assert.match(host.hook('cliff', 'start', { vnet0: 'br0' }).stderr, 'UNSHAPED');
  host.configure(config);
  assert.is(host.hook('cliff', 'started', { vnet0: 'br0' }).status, 0);
  assert.match(sh('tc filter show dev vnet0 egress'), 'ifb-eth0');
});

test('a guest that must not start does not, though its end was never told', () => {
  host.configure(`${config.replace('"shape"', '"refuse"')}[guest.cliff]\n`);
  assert.is(host.hook('cliff', 'start', { vnet0: 'br0' }).status, 0);
  host.configure(config.replace('"shape"', '"refuse"'));
  for (const command of ['render', 'load']) assert.is(host.run([command]).status, 0);
  assert.is(host.hook('cliff', 'reconnect', { vnet0: 'br0' }).status, 0);
  const { status, stderr } = host.hook('cliff', 'start', { vnet0: 'br0' });
  assert.is(status, 1);
  assert.match(stderr, 'guest cliff may not start');
});

test('a container of lxc is shaped like a guest; one of the same name may run beside it', () => {
  const input = domainXml('cliff', { vnet1: 'br0' }).replace("type='kvm'", "type='lxc'");
  const before = kernelState();
  host.hook('cliff', 'start', { vnet0: 'br0' });
  const guest = kernelState();
  const box = host.run(['hook', 'lxc', 'cliff', 'start', 'begin', '-'], { input });
  assert.equal(box, { status: 0, stdout: '', stderr: '' });
  assert.match(sh('tc filter show dev vnet1 egress'), 'ifb-eth0');
  assert.match(sh('tc filter show dev vnet0 egress'), 'ifb-eth0');
  assert.is(host.run(['hook', 'lxc', 'cliff', 'stopped', 'end', '-'], { input }).status, 0);
  assert.is(kernelState(), guest);
  host.hook('cliff', 'stopped');
  assert.is(kernelState(), before);
});

test('a run state that is half written, or of another version, costs no guest its shaping', () => {
  for (const damage of ['', '{"version": 2, "gue', '{"version": 1, "guests": []}', '\u0000']) {
    host.hook('cliff', 'start', { vnet0: 'br0' });
    host.write('run/virt-shaper/guests.json', damage);
    const { status, stdout, stderr } = host.hook('rob', 'start', { vnet1: 'br0' });
    assert.equal({ status, stdout }, { status: 0, stdout: '' });
    assert.match(stderr, /guests\.json is damaged or of another version/);
    for (const tap of ['vnet0', 'vnet1'])
      assert.match(sh(`tc filter show dev ${tap} egress`), 'ifb-eth0', damage);
    for (const name of ['cliff', 'rob']) assert.is(host.hook(name, 'stopped').status, 0);
    assert.is(sh('nft list tables'), '');
  }
});

test('a full life: prepare, start, started, stopped, release', () => {
  const before = kernelState();
  for (const operation of ['prepare', 'start', 'started']) {
    const { status, stdout, stderr } = host.hook('cliff', operation, { vnet0: 'br0' });
    assert.equal({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' });
  }
  assert.match(sh('tc class show dev eth0'), 'ceil 20Mbit');
  for (const operation of ['stopped', 'release']) assert.is(host.hook('cliff', operation).status, 0);
  assert.is(kernelState(), before);
});

test('names that libvirt accepts start, are shaped and stop', () => {
  const before = kernelState();
  const names = [
    '--help',
    '-x',
    'a b',
    ' lead',
    'q\'"`$(touch /tmp/owned)',
    '\\',
    'tab\there',
    'naïve 🐧',
    '{{name}}',
    '# no comment',
    '__proto__',
    'x'.repeat(200),
    '1e3',
    '.x',
    'a;b|c&d<e>*?%@,=',
    'meta priority set 1:beef',
    '" . "eth0" : goto out-1',
  ];
  for (const name of names) {
    const start = host.hook(name, 'start', { vnet0: 'br0' });
    assert.equal({ name, ...start }, { name, status: 0, stdout: '', stderr: '' });
    assert.match(sh('nft list table bridge virt-shaper'), '"vnet0" . "eth0" : goto', name);
    assert.match(sh('tc filter show dev vnet0 egress'), 'ifb-eth0', name);
    const stop = host.hook(name, 'stopped');
    assert.equal({ name, ...stop }, { name, status: 0, stdout: '', stderr: '' });
  }
  assert.is(kernelState(), before);
});

test('input that is no domain is said, changes nothing, and keeps the guest from starting only by on_failure', () => {
  assert.is(host.hook('cliff', 'start', { vnet0: 'br0' }).status, 0);
  const before = kernelState();
  const state = host.read('run/virt-shaper/guests.json');
  const whole = domainXml('rob', { vnet1: 'br0' });
  const inputs: Record<string, string> = {
    empty: '',
    truncated: whole.slice(0, 200),
    binary: '\u0000\u0001\u0002',
    'not XML': 'hello',
    'another root': '<network><name>rob</name></network>',
    "another guest's": domainXml('jason', { vnet1: 'br0' }),
    entities: `<!DOCTYPE x [<!ENTITY a "b">]>${whole}`,
    deep: `<domain>${'<a>'.repeat(10_000)}${'</a>'.repeat(10_000)}</domain>`,
    large: whole.replace('</domain>', `<!--${'x'.repeat(2_000_000)}--></domain>`),
  };
  for (const [rule, code] of [
    ['allow', 0],
    ['refuse', 1],
  ] as const) {
    host.configure(`${config}[hook]\non_failure = "${rule}"\n`);
    assert.is(host.run(['sync']).status, 0);
    for (const [what, input] of Object.entries(inputs)) {
      const { status, stdout, stderr } = host.run(['hook', 'qemu', 'rob', 'start', 'begin', '-'], { input });
      assert.is(status, code, what);
      assert.is(stdout, '', what);
      assert.match(stderr, /^virt-shaper: the (domain )?XML on stdin|^virt-shaper: no domain XML/, what);
      assert.is(stderr.includes('guest rob starts UNSHAPED; virt-shaper sync'), rule === 'allow', what);
      assert.ok(stderr.trim().split('\n').length <= 3, stderr);
    }
    assert.is(kernelState(), before);
    assert.is(host.read('run/virt-shaper/guests.json'), state);
  }
});

test('a caller that passes no XML, or never closes it, holds no guest up', async () => {
  assert.is(host.hook('cliff', 'start', { vnet0: 'br0' }).status, 0);
  const before = kernelState();
  const call = `exec node ${program} --root ${host.root} hook qemu rob`;
  const unshaped = /guest rob starts UNSHAPED; virt-shaper sync --in-force tries again/;
  const said = async (operation: string, from: string) => {
    const line = `${call} ${operation} begin - ${from}`;
    const child = spawn('sh', ['-c', line], { stdio: 'pipe' });
    const heard = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].on('data', (data) => {
        heard[name] += data;
      });
    const timer = setTimeout(() => child.kill('SIGKILL'), 30_000 * slowness);
    const status = await new Promise((resolve) => child.on('close', resolve));
    clearTimeout(timer);
    assert.equal({ status, stdout: heard.stdout }, { status: 0, stdout: '' }, `${line}: ${heard.stderr}`);
    if (operation === 'start') assert.match(heard.stderr, unshaped, line);
  };
  // The last one is a pipe that nobody writes to and nobody closes.
  const sources = ['<&-', '</dev/null', '</', '<&1 1>&-', ''];
  const operations = ['start', 'started', 'stopped'];
  // All at once, since some of them wait for ten seconds.
  await Promise.all(sources.flatMap((from) => operations.map((operation) => said(operation, from))));
  assert.is(kernelState(), before);
});

test('a guest whose XML the hook does not take is shaped by its status file soon after', () => {
  const large = domainXml('rob', { vnet1: 'br0' }).replace(
    '<devices>',
    `<metadata><x>${'y'.repeat(1_100_000)}</x></metadata><devices>`,
  );
  const started = host.run(['hook', 'qemu', 'rob', 'start', 'begin', '-'], { input: large });
  assert.is(started.status, 0);
  assert.match(started.stderr, 'the domain XML on stdin is larger than 1048576 bytes');
  host.write('run/libvirt/qemu/rob.xml', `<domstatus state='running'>${large}</domstatus>`);
  assert.is(host.run(['sync', '--in-force']).status, 0);
  assert.match(sh('tc filter show dev vnet1 egress'), 'ifb-eth0');
});

test('wrong arguments are wrong usage', () => {
  const { status, stdout, stderr } = host.run(['hook', 'qemu', 'cliff']);
  assert.is(status, 2);
  assert.is(stdout, '');
  assert.match(stderr, 'virt-shaper hook qemu cliff start begin -');
});

test('a NIC that cannot be shaped is named, and the guest starts', () => {
  sh(
    'ip link add br9 type bridge; ip link add lonely type veth peer name g-lonely; ip link set lonely master br9',
  );
  const cases: [Record<string, string>, RegExp][] = [
    [{ vnet7: 'br0' }, /guest cliff, vnet7: there is no such device/],
    [{ lonely: 'br9' }, /guest cliff, lonely: its bridge br9 has no uplink/],
  ];
  for (const [taps, message] of cases) {
    const { status, stdout, stderr } = host.hook('cliff', 'start', taps);
    assert.equal({ status, stdout }, { status: 0, stdout: '' });
    assert.match(stderr, message);
    host.hook('cliff', 'stopped');
  }
});

test('a broken configuration does not stop a guest, unless on_failure says so', () => {
  host.configure('[guest.cliff]\nrate = "fast"\n');
  const allowed = host.hook('cliff', 'start', { vnet0: 'br0' });
  assert.is(allowed.status, 0);
  assert.match(allowed.stderr, 'config.toml:2:8');
  assert.match(allowed.stderr, 'guest cliff starts UNSHAPED');
  host.configure(config);
  assert.is(host.run(['render']).status, 0, 'it is known all the same');
  assert.match(host.read('var/lib/virt-shaper/rules.d/shape.tc'), 'guest cliff');
  assert.is(host.hook('cliff', 'stopped').status, 0);

  host.configure(`${config}[hook]\non_failure = "refuse"\n`);
  assert.is(host.run(['apply']).status, 0);
  sh('tc qdisc add dev eth0 root handle 7: htb');
  const refused = host.hook('rob', 'start', { vnet1: 'br0' });
  assert.is(refused.status, 1);
  assert.match(refused.stderr, 'eth0 has a root qdisc');
  assert.not.match(host.read('run/virt-shaper/guests.json'), 'rob');
});

test('a configuration that was saved since counts for a guest that only it knows, and for no other', () => {
  const known = `${config.replace('"shape"', '"ignore"')}[guest.cliff]\n[guest.rob]\n`;
  host.configure(known);
  assert.is(host.hook('cliff', 'start', { vnet0: 'br0' }).stderr, '');
  const saved = known.replaceAll('20mbit', '30mbit');
  host.configure(`${saved}[guest.new]\n`);
  assert.equal(host.hook('rob', 'start', { vnet1: 'br0' }), { status: 0, stdout: '', stderr: '' });
  assert.match(sh('tc filter show dev vnet1 egress'), 'ifb-eth0');
  const ceils = () => sh('tc class show dev eth0').match(/ceil [23]0Mbit/g);
  assert.equal(ceils(), ['ceil 20Mbit', 'ceil 20Mbit']);
  for (const operation of ['stopped', 'started']) {
    assert.equal(host.hook('rob', operation, { vnet1: 'br0' }), { status: 0, stdout: '', stderr: '' });
    assert.equal([...new Set(ceils())], ['ceil 20Mbit'], operation);
  }

  host.tap('vnet2');
  host.configure(`${saved}[guest.new]\n[guest.cliff]\nrate = 1 2\n`);
  const broken = host.hook('new', 'start', { vnet2: 'br0' });
  assert.is(broken.status, 0);
  assert.match(
    broken.stderr,
    /config\.toml:\d+:\d+: [\s\S]*the configuration cannot be used; the one in force counts/,
  );
  assert.equal([...new Set(ceils())], ['ceil 20Mbit']);
  host.hook('new', 'stopped');

  host.configure(`${saved}[guest."new*"]\n`);
  const { status, stderr } = host.hook('new', 'start', { vnet2: 'br0' });
  assert.is(status, 0);
  assert.match(
    stderr,
    'warning: only the configuration that was saved since the last load has an entry for guest new',
  );
  assert.equal(ceils(), ['ceil 30Mbit', 'ceil 30Mbit', 'ceil 30Mbit']);
});

test('while a load waits for its confirmation no other configuration counts', async () => {
  const known = `${config.replace('"shape"', '"ignore"')}[guest.cliff]\n`;
  host.configure(known);
  assert.is(host.hook('cliff', 'start', { vnet0: 'br0' }).status, 0);
  host.configure(known.replace('20mbit', '30mbit'));
  assert.is(host.run(['render']).status, 0);
  const load = spawn(process.execPath, [program, '--root', host.root, 'load', '--confirm', '600'], {
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => load.on('close', resolve));
  try {
    sh(`for i in $(seq 200); do tc class show dev eth0 | grep -q 30Mbit && break; sleep 0.1; done
        until [ -e ${host.root}/run/virt-shaper/confirm/pending.json ]; do sleep 0.1; done`);
    host.configure(`${known.replace('20mbit', '40mbit')}[guest.rob]\n`);
    assert.equal(host.hook('rob', 'start', { vnet1: 'br0' }), { status: 0, stdout: '', stderr: '' });
    assert.equal(sh('tc class show dev eth0').match(/ceil [1234]0Mbit/g), ['ceil 30Mbit']);
  } finally {
    host.run(['confirm']);
    await ended;
  }
});

test('what somebody has rendered to read is not replaced by a guest that starts', () => {
  assert.is(host.hook('cliff', 'start', { vnet0: 'br0' }).status, 0);
  host.configure(config.replace('20mbit', '30mbit'));
  assert.is(host.run(['render']).status, 0);
  const rendered = host.read('var/lib/virt-shaper/rules.d/shape.tc');
  assert.is(host.hook('rob', 'start', { vnet1: 'br0' }).status, 0);
  assert.match(sh('tc filter show dev vnet1 egress'), 'ifb-eth0');
  assert.is(host.read('var/lib/virt-shaper/rules.d/shape.tc'), rendered);
  assert.is(host.run(['verify']).status, 0);
});

test('unlisted = "refuse" and oversubscribed = "refuse" keep a guest from starting', () => {
  host.configure(`[defaults]\nunlisted = "refuse"\noversubscribed = "refuse"\n[uplink.eth0]\nceil = "100mbit"
[guest.cliff]\nrate = "60mbit"\n[guest.rob]\nrate = "60mbit"\n`);
  assert.match(host.hook('stranger', 'start', { vnet0: 'br0' }).stderr, 'guest stranger may not start');
  assert.is(host.hook('cliff', 'start', { vnet0: 'br0' }).status, 0);
  const before = kernelState();
  const rob = host.hook('rob', 'start', { vnet1: 'br0' });
  assert.is(rob.status, 1);
  assert.match(rob.stderr, 'guest rob may not start: its guarantee of 60mbit');
  assert.is(kernelState(), before);
  assert.is(host.hook('cliff', 'stopped').status, 0);
  assert.is(host.hook('rob', 'start', { vnet1: 'br0' }).status, 0, 'there is room again');
});

test('a lost stopped and a reused tap end right', () => {
  assert.is(host.hook('cliff', 'start', { vnet0: 'br0' }).status, 0);
  assert.is(host.hook('rob', 'start', { vnet0: 'br0' }).status, 0, 'cliff is gone, nobody said so');
  const table = sh('nft list table bridge virt-shaper');
  assert.match(table, 'rob sends');
  assert.not.match(table, 'cliff');
});

test('a hook that cannot have the lock in time loses nothing', () => {
  const { stderr } = host.run(['hook', '--lock-timeout', '0', 'qemu', 'early', 'start', 'begin', '-'], {
    input: domainXml('early', { vnet1: 'br0' }),
  });
  assert.is(stderr, '', 'a free lock is had at once');
  const locked = spawn(
    'flock',
    ['-x', join(host.root, 'run/virt-shaper/lock'), 'sleep', `${30 * slowness}`],
    {
      stdio: 'ignore',
    },
  );
  try {
    sh(`until ! flock -n ${host.root}/run/virt-shaper/lock true; do sleep 0.05; done`);
    const late = host.run(['hook', '--lock-timeout', '1', 'qemu', 'cliff', 'start', 'begin', '-'], {
      input: domainXml('cliff', { vnet0: 'br0' }),
    });
    assert.is(late.status, 0);
    assert.match(late.stderr, 'another virt-shaper has held');
    assert.match(late.stderr, 'guest cliff starts UNSHAPED');
  } finally {
    sh(`kill $(ps -o pid= --ppid ${locked.pid}) ${locked.pid}`);
  }
  assert.is(host.run(['render']).status, 0);
  assert.is(host.run(['load']).status, 0);
  assert.match(sh('nft list table bridge virt-shaper'), 'cliff sends');
});

test('many hooks at once end as one after another', async () => {
  const count = 12;
  for (let index = 2; index < count; index += 1) host.tap(`vnet${index}`);
  const guests = Array.from({ length: count }, (_, index) => ({
    name: `g${index}`,
    taps: { [`vnet${index}`]: 'br0' },
  }));
  const all = (operation: string) =>
    Promise.all(
      guests.map(({ name, taps }) =>
        atOnce(['hook', 'qemu', name, operation, 'begin', '-'], domainXml(name, taps)),
      ),
    );
  assert.equal(await all('start'), Array(count).fill(0));
  const together = kernelState();
  assert.equal(await all('stopped'), Array(count).fill(0));
  for (const { name, taps } of guests) host.hook(name, 'start', taps);
  assert.is(kernelState(), together);
});

function atOnce(args: string[], input: string): Promise<number | null> {
  const child = spawn(process.execPath, [program, '--root', host.root, ...patience, ...args], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  child.stdin.end(input);
  return new Promise((resolve) => child.on('close', resolve));
}

test('nothing is left in /tmp', () => {
  // From a copy, since the checkout itself may be below /tmp.
  const top = join(program, '../..');
  sh(`cp -r ${top}/dist ${top}/templates ${top}/package.json ${host.root}`);
  const call = (operation: string) =>
    `${process.execPath} ${host.root}/dist/virt-shaper.js --root ${host.root} ` +
    `hook qemu cliff ${operation} begin - < ${host.root}/cliff.xml`;
  host.write('cliff.xml', domainXml('cliff', { vnet0: 'br0' }));
  const calls = ['start', 'stopped'].map(call).join('; ');
  assert.is(sh(`unshare --mount sh -ec 'mount -t tmpfs tmpfs /tmp; ${calls}; ls -A /tmp'`), '');
  const rules = readdirSync(host.rules).map((name) => name.replace(/^\.good-.*/, '.good-'));
  assert.equal(rules.sort(), [
    '.good-',
    '.plan.json',
    '.source.json',
    'devices.ip',
    'good',
    'ruleset.nft',
    'settings.sysctl',
    'shape.tc',
  ]);
});

test.run();
