// What an administrator has set for now, on a kernel: at once, whoever runs; over reboots, unloads, other configurations;
// until it ends, by itself or by hand; and nothing where it was not meant or could not be loaded.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { kernelState, sh } from './host.ts';
import { insideTest } from './inside.ts';
import { driftIn } from './kernel-test.ts';

const config = `[uplink.eth0]
ceil = "100mbit"
[group.friends]
ceil = "30mbit"
[guest.cliff]
group = "friends"
rate = "15mbit"
ceil = "30mbit"
[guest.jason]
rate = "20mbit"
ceil = "50mbit"
[guest."web-*"]
rate = "1mbit"
ceil = "10mbit"
`;

const { test, host } = insideTest({
  config,
  begin: (host) => host.write('run/libvirt/qemu/.keep', ''),
});

const file = 'var/lib/virt-shaper/overrides.json';
const hour = 3_600_000;

/** cliff and jason run. */
async function begin(): Promise<void> {
  for (const [name, tap] of [
    ['cliff', 'vnet0'],
    ['jason', 'vnet1'],
  ] as const)
    assert.is((await host.call(name, 'start', { [tap]: 'br0' })).status, 0);
}

const limit = (...args: string[]) => host.must(['limit', ...args]);
const sync = () => host.must(['sync', '--in-force']);

/** `15/30`: guarantee and ceil of a guest's class where it sends, in mbit, as the kernel has them. */
async function values(guest = 'cliff', way: 'out' | 'in' = 'out'): Promise<string> {
  const { guests } = JSON.parse((await host.must(['status', '--json', '--interval', '0'])).stdout);
  const own = guests.find((one: { guest: string }) => one.guest === guest)?.[way];
  assert.ok(own?.inKernel, `${guest} has a class`);
  return `${own.rate / 1e6}/${own.ceil / 1e6}`;
}

type Stored = { since: number; until?: number; boot: { id: string; at: number } };

/** As if what is set were of another time, or of another boot. */
function change(each: (one: Stored) => void): void {
  const content = JSON.parse(host.read(file));
  content.overrides.forEach(each);
  host.write(file, JSON.stringify(content));
}

/** The clock and the kernel's own count have gone on alike. */
const pass = (time: number) =>
  change((one) => {
    one.since -= time;
    one.boot.at -= time;
    if (one.until !== undefined) one.until -= time;
  });

/** As a boot leaves a host: nothing in /run, nothing in the kernel, another boot. */
function reboot(): void {
  for (const device of ['vnet0', 'vnet1']) sh(`ip link del ${device}`);
  sh('nft flush ruleset; ip link del ifb-eth0; tc qdisc del dev eth0 root');
  rmSync(join(host.root, 'run/virt-shaper'), { recursive: true });
  change((one) => {
    one.boot = { id: 'another', at: 0 };
  });
  for (const device of ['vnet0', 'vnet1']) host.tap(device);
}

/** A clock that somebody has set, in this process only. */
async function withClock(ahead: number, work: () => Promise<unknown>): Promise<void> {
  const { now } = Date;
  Date.now = () => now() + ahead;
  try {
    await work();
  } finally {
    Date.now = now;
  }
}

async function isWell(): Promise<void> {
  assert.equal(driftIn(await host.do(['verify', '--json'])), []);
  assert.match((await host.must(['load'])).stderr, 'nothing to do');
}

test('set, changed, lifted: each at once, in place, and then all is as it was', async () => {
  await begin();
  const before = kernelState();
  const set = await limit('cliff', '--ceil', '5mbit', '--for', '2h', '--why', 'abuse report 4711');
  assert.match(set.stderr, /^cliff: ceil 5mbit, until \d{4}-/m);
  assert.match(set.stderr, '~ cliff: rate 15mbit -> 5mbit, ceil 30mbit -> 5mbit, both directions');
  assert.not.match(set.stderr, 'warning');
  assert.is(await values(), '5/5');
  await limit('cliff', '--in', '9mbit');
  assert.equal([await values(), await values('cliff', 'in')], ['5/5', '9/9']);
  await isWell();
  assert.match((await limit('cliff', '--in', '9mbit')).stderr, /as before.*\n.*nothing to do/);
  const lifted = await limit('cliff', '--lift');
  assert.equal(lifted.stderr.match(/^.* is lifted$/gm), [
    'cliff: ceil 5mbit out is lifted',
    'cliff: ceil 9mbit in is lifted',
  ]);
  assert.is(kernelState(), before);
  assert.match((await limit('cliff', '--lift')).stderr, 'nothing is set for cliff');
  await isWell();
});

test('a group, and what no guest owns', async () => {
  await begin();
  const before = kernelState();
  await limit('friends', '--group', '--ceil', '8mbit');
  assert.is(await values(), '8/8');
  await limit('eth0', '--unmarked', '--ceil', '2mbit', '--rate', '1mbit');
  assert.match(sh('tc class show dev eth0 classid 1:fffe'), 'rate 1Mbit ceil 2Mbit');
  await isWell();
  await limit('friends', '--group', '--lift');
  await limit('eth0', '--unmarked', '--lift');
  assert.is(kernelState(), before);
});

test('it ends by itself at the sync after its time, and not before', async () => {
  await begin();
  const before = kernelState();
  await limit('cliff', '--ceil', '5mbit', '--for', '2h');
  pass(2 * hour - 60_000);
  await sync();
  assert.is(await values(), '5/5');
  pass(60_000);
  await sync();
  assert.is(kernelState(), before);
  assert.match((await host.must(['limits'])).stderr, 'nothing is set for now');
  await isWell();
});

test('a clock that is set, forth or back, lifts nothing', async () => {
  await begin();
  await limit('cliff', '--ceil', '5mbit', '--for', '2h');
  await limit('jason', '--ceil', '6mbit', '--until', '2099-12-24 20:00');
  for (const ahead of [24 * hour, 1_000_000 * hour, -24 * hour]) {
    await withClock(ahead, async () => {
      await sync();
      assert.equal([await values(), await values('jason')], ['5/5', '6/6'], `${ahead}`);
    });
  }
});

test('what is set for two hours ends after two hours, also by a clock that is set forth or back meanwhile', async () => {
  await begin();
  for (const ahead of [24 * hour, -24 * hour]) {
    await limit('cliff', '--ceil', '5mbit', '--for', '2h');
    pass(2 * hour);
    await withClock(ahead, async () => {
      await sync();
      assert.is(await values(), '15/30', `${ahead}`);
    });
  }
});

test('over a reboot; also where it ended while the host was off', async () => {
  await begin();
  await limit('cliff', '--ceil', '5mbit', '--for', '2h');
  await limit('jason', '--ceil', '6mbit', '--for', '9h');
  reboot();
  await begin();
  assert.equal([await values(), await values('jason')], ['5/5', '6/6']);
  reboot();
  pass(3 * hour);
  await begin();
  assert.equal([await values(), await values('jason')], ['15/30', '6/6']);
  await isWell();
});

test('a guest that runs, and of which no load knows, is not called off', async () => {
  host.runs('jason', { vnet1: 'br0' });
  const { stderr } = await limit('jason', '--ceil', '2mbit');
  assert.match(stderr, 'jason runs, and no load has seen that: virt-shaper sync --in-force shapes it');
  assert.match((await host.must(['limits'])).stdout, 'not in force');
  await host.must(['sync']);
  assert.is(await values('jason'), '2/2');
  assert.match((await host.must(['limits'])).stdout, / in force/);
});

test('a guest that does not run has it from its start on, and so has one of a pattern', async () => {
  await begin();
  assert.match((await limit('web-7', '--ceil', '2mbit')).stderr, 'web-7 does not run now');
  assert.is((await host.call('web-7', 'start', { vnet2: 'br0' })).status, 0);
  assert.is(await values('web-7'), '1/2');
  const { limits } = JSON.parse((await host.must(['limits', '--json'])).stdout);
  assert.equal(
    limits.map(({ name, inForce }: { name: string; inForce: boolean }) => [name, inForce]),
    [['web-7', true]],
  );
});

test('another configuration takes nothing over, and one that is edited is not loaded by it', async () => {
  await begin();
  host.configure(
    config.replace('ceil = "50mbit"', 'ceil = "40mbit"').replace('rate = "15mbit"', 'rate = "3mbit"'),
  );
  await limit('cliff', '--ceil', '5mbit');
  assert.equal([await values(), await values('jason')], ['5/5', '20/50']);
  await host.must(['apply']);
  assert.equal([await values(), await values('jason')], ['3/5', '20/40']);
  await isWell();
});

test('unloaded it is kept, and counts when it is loaded again', async () => {
  await begin();
  await limit('cliff', '--ceil', '5mbit');
  await host.must(['unload']);
  const { stderr } = await limit('jason', '--ceil', '6mbit');
  assert.match(stderr, 'nothing is loaded: unloaded since');
  assert.is(sh('nft list ruleset'), '');
  await host.must(['apply']);
  assert.equal([await values(), await values('jason')], ['5/5', '6/6']);
});

/** `cliff in force`, a line each, as `limits` has them. */
async function states(): Promise<string[]> {
  const { stdout } = await host.must(['limits', '--json']);
  const { limits } = JSON.parse(stdout) as { limits: { name: string; inForce: boolean }[] };
  return limits.map(({ name, inForce }) => `${name}${inForce ? '' : ' not'} in force`);
}

test('limits says in force only of what is, whatever was loaded since it was set', async () => {
  await begin();
  await limit('cliff', '--ceil', '5mbit');
  await limit('jason', '--ceil', '50mbit'); // As configured.
  await limit('web-1', '--ceil', '2mbit');
  assert.equal(await states(), ['cliff in force', 'jason in force', 'web-1 not in force']);
  await host.must(['unload']);
  assert.equal(await states(), ['cliff not in force', 'jason not in force', 'web-1 not in force']);
  await limit('cliff', '--lift');
  await limit('jason', '--ceil', '6mbit');
  const loaded = await host.must(['load']);
  assert.match(
    loaded.stderr,
    /^warning: these rules do not have what .* set for jason: virt-shaper sync --in-force$/m,
  );
  assert.match(
    loaded.stderr,
    /^warning: these rules have what .* had set before for cliff, jason: virt-shaper sync --in-force$/m,
  );
  assert.equal([await values(), await values('jason')], ['5/5', '20/50']);
  assert.equal(await states(), ['jason not in force', 'web-1 not in force']);
  await host.must(['sync']);
  assert.equal([await values(), await values('jason')], ['15/30', '6/6']);
  assert.equal(await states(), ['jason in force', 'web-1 not in force']);
  assert.not.match((await host.must(['load'])).stderr, 'warning');

  await limit('cliff', '--ceil', '5mbit', '--for', '1h');
  change((one) => {
    if (one.until !== undefined) one.until -= 2 * hour;
  });
  const { stdout } = await host.must(['limits']);
  assert.match(stdout, /^cliff .* in force until the next sync$/m);
  await sync();
  assert.equal(await states(), ['jason in force', 'web-1 not in force']);
});

test('what cannot be loaded is not kept', async () => {
  await begin();
  await limit('jason', '--ceil', '6mbit');
  const before = { state: kernelState(), file: JSON.parse(host.read(file)) };
  host.wrap('tc', 'case "$*" in *batch*) echo no >&2; exit 1;; esac');
  const failed = await host.do(['limit', 'cliff', '--ceil', '5mbit']);
  assert.is(failed.status, 1);
  host.unwrap();
  assert.equal({ state: kernelState(), file: JSON.parse(host.read(file)) }, before);
  await isWell(); // Nor does it wait in rules.d for whoever loads next.
  await sync();
  assert.is(await values(), '15/30');
});

test('who is not there: an error with what was meant, and nothing is changed', async () => {
  await begin();
  const before = kernelState();
  for (const [args, message] of [
    [['clif'], /no guest clif runs, and no entry .* fits that name\n.*did you mean cliff\?/],
    [['friends'], /there is no guest friends; it is a group\n.*--group/],
    [['cliff', '--group'], /there is no group cliff; it is a guest\n.*limit cliff$/m],
    [['freinds', '--group'], /no group freinds\n.*did you mean friends\?/],
    [['eth1', '--unmarked'], /there is no uplink eth1\n.*did you mean eth0\?/],
    [['nobody', '--lift'], /no guest nobody runs/],
  ] as const) {
    const rates = args.some((word) => word === '--lift') ? [] : ['--ceil', '5mbit'];
    const { status, stderr } = host.run(['limit', ...args, ...rates]);
    assert.is(status, 1, args.join(' '));
    assert.match(stderr, message);
  }
  assert.is(host.run(['limit', 'cliff', '--ceil', '0']).status, 2);
  assert.is(host.run(['limit', 'cliff', '--ceil', '5mbit', '--until', '2020-01-01']).status, 2);
  assert.not.ok(existsSync(join(host.root, file)));
  assert.is(kernelState(), before);
});

test('a rate that is hardly meant so is set, and said', async () => {
  await begin();
  const { status, stderr } = await host.do(['limit', 'cliff', '--ceil', '5Mbps', '--in', '100']);
  assert.is(status, 0, stderr);
  assert.match(stderr, '--ceil: "5Mbps" counts megabytes per second, 40mbit\n      did you mean "5mbit"?');
  assert.match(stderr, '--in: this is 100 bit per second, almost nothing');
});

test('a guest that is left out is not limited by it, and that is said', async () => {
  await begin();
  await host.call('stranger', 'start', { vnet2: 'br0' });
  const { status, stderr } = await host.do(['limit', 'stranger', '--ceil', '5mbit']);
  assert.is(status, 1);
  assert.match(stderr, /guest stranger has no entry in the configuration in force, so it is not shaped/);
});

test('a damaged file: each has what is configured, it is said once, and kept beside it', async () => {
  await begin();
  await limit('cliff', '--ceil', '5mbit');
  host.write(file, host.read(file).slice(0, 40));
  const { stderr } = await sync();
  assert.match(
    stderr,
    'overrides.json is damaged or of another version: from the next load on every guest has what is configured',
  );
  assert.is(await values(), '15/30');
  assert.not.match((await sync()).stderr, 'damaged');
  assert.ok(existsSync(join(host.root, `${file}.damaged`)));
  await limit('cliff', '--ceil', '6mbit');
  assert.is(await values(), '6/6');
});

test('a load that nobody confirms is taken back, and what was set meanwhile holds', async () => {
  await begin();
  host.configure(config.replace('ceil = "50mbit"', 'ceil = "40mbit"'));
  const waiting = host.run(['apply', '--confirm', '0']);
  assert.match(waiting.stderr, 'not confirmed');
  await limit('jason', '--ceil', '45mbit');
  await sync();
  assert.is(await values('jason'), '20/45');
});

test('plan shows the moment at which it will have ended, and changes nothing', async () => {
  await begin();
  await limit('cliff', '--ceil', '5mbit', '--for', '2h');
  const before = kernelState();
  const soon = await host.do(['plan', '--at', at(hour)]);
  assert.is(soon.status, 0, soon.stdout);
  assert.match(soon.stderr, /^at .*, by the configuration in force:\nnothing to do: it is as it is now\n$/);
  const later = await host.do(['plan', '--at', at(3 * hour)]);
  assert.is(later.status, 3);
  assert.match(later.stdout, '~ cliff: rate 5mbit -> 15mbit, ceil 5mbit -> 30mbit, both directions');
  const data = await host.do(['plan', '--at', at(3 * hour), '--json']);
  assert.equal([data.status, data.stderr, JSON.parse(data.stdout).commands.length > 0], [3, '', true]);
  const now = await host.do(['plan', '--json']);
  assert.equal([now.status, now.stderr], [0, '']);
  assert.match((await host.do(['plan'])).stderr, 'nothing to do: the kernel holds what rules.d says\n');
  assert.is(kernelState(), before);
  assert.is(host.run(['plan', '--at', 'later']).status, 2);
});

/** As an administrator writes it. */
function at(later: number): string {
  return new Date(Date.now() + later).toISOString();
}

test.run();
