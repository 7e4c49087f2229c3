// sync on a real kernel, with status files as libvirt writes them: what no hook tells of is found, and where
// nothing differs nothing is touched.

import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { withoutLearned } from '../../src/kernel/nft/table.ts';
import { slowness } from '../support/patience.ts';
import { kernelState, program, type Result, sh } from './host.ts';
import { kernelTest } from './kernel-test.ts';

const config = `
[defaults]
rate = "1mbit"
ceil = "20mbit"
unlisted = "shape"
[uplink.eth0]
ceil = "1gbit"
`;

const { test, host } = kernelTest({
  config,
  begin: () => {
    host.write('run/libvirt/qemu/.keep', '');
  },
});

const runs = (name: string, taps: Record<string, string>, driver = 'qemu', change = (xml: string) => xml) =>
  host.runs(name, taps, { driver, change });

function ended(name: string, driver = 'qemu'): void {
  rmSync(join(host.root, 'run/libvirt', driver, `${name}.xml`));
}

function sync(...options: string[]): Result {
  const result = host.run(['sync', ...options]);
  assert.is(result.status, 0, result.stderr);
  assert.is(result.stdout, '');
  return result;
}

const shapedTaps = () =>
  [...sh('nft list table bridge virt-shaper 2>/dev/null || true').matchAll(/"eth0" \. "([^"]+)"/g)]
    .map(([, tap]) => tap)
    .sort();

test('guests that ran before there was a hook are found; those that are gone go', () => {
  const before = kernelState();
  runs('cliff', { vnet0: 'br0' });
  runs('a b $(id)', { vnet1: 'br0' });
  assert.match(sync().stderr, 'found running: "a b $(id)", cliff');
  assert.equal(shapedTaps(), ['vnet0', 'vnet1']);
  assert.is(host.run(['verify']).status, 0);

  sh('ip link del vnet0');
  ended('cliff');
  assert.match(sync().stderr, 'no longer running, or without a tap: cliff');
  assert.equal(shapedTaps(), ['vnet1']);
  ended('a b $(id)');
  sync();
  host.tap('vnet0');
  assert.is(kernelState(), before);
});

test('nothing differs: nothing is changed, nothing is written but the ledger', () => {
  runs('cliff', { vnet0: 'br0' });
  host.hook('rob', 'start', { vnet1: 'br0' });
  sync();
  sync('--in-force', '--settle', '0');
  const files = () =>
    readdirSync(host.root, { recursive: true, encoding: 'utf8' })
      .filter((name) => !/lock$|last-sync$|lib\/virt-shaper\/usage/.test(name))
      .map((name) => `${name} ${statSync(join(host.root, name)).mtimeMs}`);
  const before = { kernel: kernelState(), files: files() };
  const handles = withoutLearned(sh('nft -a list ruleset'));
  assert.match(sync().stderr, 'nothing to do');
  sync('--in-force', '--settle', '0');
  assert.equal({ kernel: kernelState(), files: files() }, before);
  assert.is(withoutLearned(sh('nft -a list ruleset')), handles, 'the table was not replaced by its like');
  assert.ok(Date.now() - statSync(join(host.root, 'run/virt-shaper/last-sync')).mtimeMs < 60_000);
});

test('a NIC plugged in, unplugged, or moved to another bridge', () => {
  host.hook('cliff', 'start', { vnet0: 'br0' });
  runs('cliff', { vnet0: 'br0', vnet1: 'br0' });
  sync();
  assert.equal(shapedTaps(), ['vnet0', 'vnet1']);
  // The flows of fq_codel that have something to send are listed as classes, too.
  const classes = () => sh("tc class show dev eth0 | grep '^class htb'");
  const before = classes();

  sh('ip link del vnet1');
  runs('cliff', { vnet0: 'br0' });
  sync();
  assert.equal(shapedTaps(), ['vnet0']);
  assert.is(classes(), before, 'one class however many NICs');

  host.bridge('br1', 'eth1');
  sh('ip link set vnet0 master br1');
  runs('cliff', { vnet0: 'br1' });
  sync();
  assert.match(sh('tc class show dev eth1'), 'ceil 20Mbit');
  assert.is(sh('tc class show dev eth0'), '');
  assert.is(host.run(['verify']).status, 0);
});

test('a guest that is being started has no status file yet, and is kept', () => {
  host.hook('cliff', 'start', { vnet0: 'br0' });
  sync();
  assert.equal(shapedTaps(), ['vnet0']);
  runs('cliff', { vnet0: 'br0' });
  sync();
  // Its tap is one of the administrator's own, and stays when the guest is gone.
  ended('cliff');
  sync();
  assert.equal(shapedTaps(), []);
});

test('a tap number that is given out anew belongs to the guest that has it now', () => {
  host.hook('cliff', 'start', { vnet0: 'br0' });
  runs('rob', { vnet0: 'br0' });
  assert.match(sync().stderr, /found running: rob\nno longer running, or without a tap: cliff/);
  assert.match(sh('nft list table bridge virt-shaper'), 'rob sends');
});

test('a status file that is being written or damaged leaves its guest as it was', () => {
  runs('cliff', { vnet0: 'br0' });
  runs('rob', { vnet1: 'br0' });
  sync();
  const before = kernelState();
  const half = '<domstatus state=';
  for (const text of ['', half, '\u0000\u0001', `<!DOCTYPE x [<!ENTITY a "b">]>${half}`, '<domstatus/>']) {
    host.write('run/libvirt/qemu/rob.xml', text);
    assert.match(sync().stderr, 'warning: guest rob stays as it was noted:');
    assert.is(kernelState(), before, text);
  }
  host.write('run/libvirt/qemu/jason.xml', half);
  assert.match(sync().stderr, 'warning: guest jason stays as it was noted:');
  assert.is(kernelState(), before);
});

test('containers of lxc are found in their own folder', () => {
  runs('box', { vnet0: 'br0' }, 'lxc');
  sync();
  assert.equal(shapedTaps(), ['vnet0']);
});

test("what a network made of a guest's NIC is read from <actual>", () => {
  const actual = (xml: string) =>
    xml.replace(
      "<interface type='bridge'>",
      "<interface type='network'><actual type='bridge'><source bridge='br0'/></actual>",
    );
  runs('cliff', { vnet0: 'br0' }, 'qemu', (xml) => actual(xml).replace("<source bridge='br0'/>\n", ''));
  sync();
  assert.equal(shapedTaps(), ['vnet0']);
});

test("a NIC that a script puts into a bridge, type='ethernet', is shaped where the kernel has it", () => {
  runs('cliff', { vnet0: 'br0' }, 'qemu', (xml) =>
    xml.replace("type='bridge'", "type='ethernet'").replace("<source bridge='br0'/>", ''),
  );
  sync();
  assert.equal(shapedTaps(), ['vnet0']);
  sh('ip link set vnet0 nomaster');
  sync();
  assert.equal(shapedTaps(), []);
});

test("libvirt's own <bandwidth> on a NIC is warned about, with what to do", () => {
  const limited = (xml: string) =>
    xml.replace('<model', "<bandwidth><inbound average='1000'/></bandwidth><model");
  runs('cliff', { vnet0: 'br0' }, 'qemu', limited);
  assert.match(sync().stderr, /warning: guest cliff, vnet0: libvirt's own <bandwidth>.*virsh domiftune/);
  sync('--in-force');
  assert.not.match(sync('--in-force').stderr, 'bandwidth', 'once, not every minute');
  assert.equal(shapedTaps(), ['vnet0']);
});

test('a start that failed is tried again', () => {
  host.configure('[guest.cliff');
  assert.match(host.hook('cliff', 'start', { vnet0: 'br0' }).stderr, 'starts UNSHAPED');
  assert.is(host.run(['sync']).status, 2);
  host.configure(config);
  sync();
  assert.equal(shapedTaps(), ['vnet0']);
});

test('--in-force: an edited configuration counts only when somebody loads it', () => {
  host.hook('cliff', 'start', { vnet0: 'br0' });
  host.configure(config.replace('20mbit', '50mbit'));
  runs('cliff', { vnet0: 'br0', vnet1: 'br0' });
  sync('--in-force');
  assert.equal(shapedTaps(), ['vnet0', 'vnet1']);
  assert.match(sh('tc class show dev eth0'), 'ceil 20Mbit');

  assert.is(host.run(['render']).status, 0);
  const rendered = host.read('var/lib/virt-shaper/rules.d/shape.tc');
  sh('ip link del vnet1');
  runs('cliff', { vnet0: 'br0' });
  sync('--in-force');
  assert.equal(shapedTaps(), ['vnet0']);
  assert.match(sh('tc class show dev eth0'), 'ceil 20Mbit');
  assert.is(
    host.read('var/lib/virt-shaper/rules.d/shape.tc'),
    rendered,
    'what was looked at is what is loaded',
  );
  assert.is(host.run(['load']).status, 0);
  assert.match(sh('tc class show dev eth0'), 'ceil 50Mbit');
  sync('--in-force');
  assert.match(sh('tc class show dev eth0'), 'ceil 50Mbit');
  sync();
  assert.match(sh('tc class show dev eth0'), 'ceil 50Mbit');
});

test('what was unloaded stays so, whatever starts, until somebody loads', () => {
  runs('cliff', { vnet0: 'br0' });
  sync('--in-force');
  assert.equal(shapedTaps(), ['vnet0'], 'nothing was in force, and nobody had unloaded it');
  assert.is(host.run(['unload']).status, 0);
  sync('--in-force');
  assert.equal(shapedTaps(), []);
  sync();
  assert.equal(shapedTaps(), ['vnet0']);
  host.run(['unload']);
  const { status, stderr } = host.hook('rob', 'start', { vnet1: 'br0' });
  assert.is(status, 0);
  assert.match(stderr, /guest rob starts UNSHAPED: unloaded since \d{4}-\d\d-\d\d \d\d:\d\d by \S+; /);
  sync('--in-force');
  assert.equal(shapedTaps(), []);
  assert.match(host.run(['status']).stdout, /Nothing is loaded.* unloaded since .* by /);
  assert.match(JSON.parse(host.run(['status', '--json']).stdout).unloaded.since, /^\d{4}-.*Z$/);
  assert.is(host.run(['render']).status, 0);
  assert.is(host.run(['load']).status, 0);
  assert.equal(shapedTaps(), ['vnet0', 'vnet1']);
  assert.is(JSON.parse(host.run(['status', '--json']).stdout).unloaded, null);
});

test('what was unloaded stays so over a boot; a start of the service by hand loads again', () => {
  runs('cliff', { vnet0: 'br0' });
  sync();
  host.run(['unload']);
  rmSync(join(host.root, 'run/virt-shaper'), { recursive: true });
  const service = (state: string) => {
    host.write('bin/systemctl', `#!/bin/sh\necho ${state}\n`);
    sh(`chmod +x ${host.root}/bin/systemctl`);
    const path = `${host.root}/bin:${process.env.PATH}`;
    sync('--in-force');
    return host.run(['sync', '--service'], { path });
  };
  for (const state of ['initializing', 'starting']) {
    const { status, stderr } = service(state);
    assert.is(status, 0);
    assert.match(stderr, /^nothing is loaded: unloaded since .* by .*; virt-shaper apply loads again/);
    assert.equal(shapedTaps(), []);
  }
  assert.is(service('degraded').status, 0);
  assert.equal(shapedTaps(), ['vnet0']);
  rmSync(join(host.root, 'run/virt-shaper'), { recursive: true });
  assert.is(service('starting').status, 0, 'of a boot at which nothing was unloaded');
});

test('a guest that stops, or runs on, brings back nothing that was unloaded', () => {
  const before = kernelState();
  host.hook('cliff', 'start', { vnet0: 'br0' });
  host.hook('rob', 'start', { vnet1: 'br0' });
  assert.is(host.run(['unload']).status, 0);
  for (const operation of ['started', 'reconnect', 'stopped', 'release']) {
    assert.is(host.hook('rob', operation, { vnet1: 'br0' }).status, 0);
    assert.is(kernelState(), before, operation);
  }
  assert.is(host.run(['sync']).status, 0);
  assert.equal(shapedTaps(), ['vnet0']);
});

test('a first load that nobody confirms does not come back by a sync or a guest', () => {
  const before = kernelState();
  runs('cliff', { vnet0: 'br0' });
  sync();
  host.run(['unload']);
  assert.is(host.run(['render']).status, 0);
  assert.is(host.run(['load', '--confirm', '1']).status, 1);
  sync('--in-force');
  assert.is(kernelState(), before);
  const { status, stderr } = host.hook('rob', 'start', { vnet1: 'br0' });
  assert.is(status, 0);
  assert.match(stderr, /guest rob starts UNSHAPED: off since .* by .* was not confirmed/);
  assert.is(kernelState(), before);
  assert.is(host.run(['render']).status, 0);
  assert.is(host.run(['load']).status, 0);
  assert.equal(shapedTaps(), ['vnet0', 'vnet1']);
});

test('rules that were rendered before a NIC came are loaded as they are, and that is said', () => {
  host.hook('cliff', 'start', { vnet0: 'br0' });
  host.configure(config.replace('20mbit', '50mbit'));
  assert.is(host.run(['render']).status, 0);
  runs('cliff', { vnet0: 'br0', vnet1: 'br0' });
  sync('--in-force');
  const { status, stderr } = host.run(['load']);
  assert.is(status, 0);
  assert.match(stderr, 'warning: guest cliff runs by vnet1, of which these rules do not know');
  assert.equal(shapedTaps(), ['vnet0']);
  sync('--in-force');
  assert.equal(shapedTaps(), ['vnet0', 'vnet1']);
  assert.not.match(host.run(['load']).stderr, 'warning');
});

test('a load that nobody confirms goes back though its own processes were killed', () => {
  host.hook('cliff', 'start', { vnet0: 'br0' });
  const before = kernelState();
  host.configure(config.replace('20mbit', '50mbit'));
  host.run(['render']);
  const load = `${process.execPath} ${program} --root ${host.root} load --confirm 3600`;
  sh(`${load} 2>${host.root}/said & pid=$!
      for i in $(seq 100); do grep -q "returns in" ${host.root}/said && break; sleep 0.1; done
      kill -9 $pid $(pgrep -f "${host.root}.*[g]uard")`);
  assert.is.not(kernelState(), before);
  const pending = join(host.root, 'run/virt-shaper/confirm/pending.json');
  const text = JSON.parse(readFileSync(pending, 'utf8'));
  host.write(
    'run/virt-shaper/confirm/pending.json',
    JSON.stringify({ ...text, deadline: uptime() * 1000 - 60_000 }),
  );
  sync('--in-force');
  assert.is(kernelState(), before);
});

test('a clock that is set while a load waits for its confirmation takes nothing back, and keeps nothing', async () => {
  host.hook('cliff', 'start', { vnet0: 'br0' });
  const before = kernelState();
  host.configure(config.replace('20mbit', '50mbit'));
  host.run(['render']);
  // By --require, since --import came with Node.js 18.18.
  const shift = (hours: number) => {
    host.write('clock.cjs', `const now = Date.now; Date.now = () => now() + ${hours} * 3600_000;`);
    return `NODE_OPTIONS='--require=${host.root}/clock.cjs'`;
  };
  const call = `${process.execPath} ${program} --root ${host.root}`;
  const load = sh(`${call} load --confirm ${8 * slowness} 2>${host.root}/said >/dev/null & echo $!
      for i in $(seq 100); do grep -q "returns in" ${host.root}/said && break; sleep 0.1; done`);
  const loaded = kernelState();
  assert.is.not(loaded, before);
  for (const hours of [24, -24]) {
    sh(`${shift(hours)} ${call} sync --in-force 2>&1`);
    assert.is(kernelState(), loaded, `${hours} hours`);
  }
  for (let tries = 0; tries < 200 * slowness && kernelState() !== before; tries += 1) await sleep(100);
  assert.is(kernelState(), before, `${load.trim()} goes back in its time`);
});

test('what a status file says drives no terminal', () => {
  host.write('run/libvirt/qemu/e.xml', '<domstatus><domain></a\u001b]0;pwn\u0007></domain></domstatus>');
  const { stderr } = sync();
  assert.match(stderr, 'guest e stays as it was noted');
  assert.equal(
    stderr.match(/\p{Cc}/gu)?.filter((odd) => odd !== '\n'),
    [],
  );
});

test('--in-force: an edited template counts only when somebody loads it', () => {
  runs('cliff', { vnet0: 'br0' });
  sync();
  const template = readFileSync(new URL('../../templates/class.tc.hbs', import.meta.url), 'utf8');
  host.write('etc/virt-shaper/templates/class.tc.hbs', '{{#if');
  runs('cliff', { vnet0: 'br0', vnet1: 'br0' });
  sync('--in-force');
  assert.equal(shapedTaps(), ['vnet0', 'vnet1']);
  assert.equal(host.hook('rob', 'start', { vnet1: 'br0' }), { status: 0, stdout: '', stderr: '' });
  assert.match(
    sh('nft list table bridge virt-shaper'),
    'rob sends',
    'a guest starts shaped by what was loaded last',
  );

  host.write('etc/virt-shaper/templates/class.tc.hbs', template.replace('{{rate ceil}}', '12mbit'));
  sync('--in-force');
  assert.match(sh('tc class show dev eth0'), 'ceil 20Mbit');
  host.run(['render']);
  host.run(['load']);
  assert.match(sh('tc class show dev eth0'), 'ceil 12Mbit');
  rmSync(join(host.root, 'etc/virt-shaper/templates'), { recursive: true });
  sh('ip link del vnet1');
  runs('cliff', { vnet0: 'br0' });
  sync('--in-force');
  assert.match(sh('tc class show dev eth0'), 'ceil 12Mbit');
});

test('a run state that is damaged is made anew from what libvirt says and what is in force', () => {
  runs('cliff', { vnet0: 'br0' });
  host.hook('rob', 'start', { vnet1: 'br0' });
  sync();
  const before = kernelState();
  const damages = ['{"version": 2,', '{"version":2,"guests":[{}]}', '{"version":2,"guests":[null,1]}'];
  for (const damage of damages) {
    host.write('run/virt-shaper/guests.json', damage);
    assert.match(sync().stderr, 'damaged', damage);
    assert.is(kernelState(), before, damage);
    assert.match(sync().stderr, 'nothing to do', damage);
  }
  host.write('run/virt-shaper/guests.json', '{');
  host.write('var/lib/virt-shaper/rules.d/good/.plan.json', '{');
  sync();
  assert.equal(shapedTaps(), ['vnet0'], 'rob was noted nowhere else');
});

/** Seconds in which three more processes start. */
const settle = 8 * slowness;

test('many triggers at once: one sync waits for all, and what came meanwhile is in it', async () => {
  const begin = (seconds: number) => {
    const args = [program, '--root', host.root, '--verbose', 'sync', '--settle', String(seconds)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const said = new Promise<string>((resolve) => {
      let text = '';
      child.stderr.on('data', (chunk) => {
        text += chunk;
      });
      child.on('close', (status) => resolve(`${status} ${text}`));
    });
    return { said, holds: () => holdsLock(child.pid ?? 0) };
  };
  const first = begin(settle);
  for (let tries = 0; tries < 100 * slowness && !first.holds(); tries += 1) await sleep(100);
  assert.ok(first.holds(), 'the first one waits');
  const others = await Promise.all([begin(settle), begin(settle), begin(0)].map(({ said }) => said));
  for (const said of others) assert.match(said, /^0 another sync is about to begin/);
  assert.ok(first.holds(), 'the first one waits still');
  runs('cliff', { vnet0: 'br0' });
  assert.match(await first.said, /^0 found running: cliff/);
  assert.equal(shapedTaps(), ['vnet0']);
});

/** Looked up, not tried: who tries a lock has it for a moment, and whoever comes then finds it taken. */
function holdsLock(pid: number): boolean {
  return spawnSync('grep', ['-rqs', '^lock:.* FLOCK ', `/proc/${pid}/fdinfo`]).status === 0;
}

test('the network hook of a plugged NIC: it is shaped soon after, without anybody waiting', async () => {
  host.hook('cliff', 'start', { vnet0: 'br0' });
  const port = ['hook', 'network', 'default', 'port-created', 'begin', '-'];
  assert.equal(host.run(port), { status: 0, stdout: '', stderr: '' });
  assert.equal(shapedTaps(), ['vnet0']);
  runs('cliff', { vnet0: 'br0', vnet1: 'br0' });
  for (let tries = 0; tries < 100 * slowness && shapedTaps().length < 2; tries += 1) await sleep(100);
  assert.equal(shapedTaps(), ['vnet0', 'vnet1']);
});

test.run();
