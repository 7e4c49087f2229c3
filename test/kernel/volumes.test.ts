// Limits that change, on a real kernel with real frames: by the clock, by volume, by credit. What changes is a rate in
// place: nothing that is sent is lost, no class is made anew.
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { program, type Result, sh } from './host.ts';
import { kernelTest } from './kernel-test.ts';
import { pause, UsageHost } from './usage-host.ts';

const config = `
[uplink.eth0]
ceil = "1gbit"
[guest."*"]
rate = "1mbit"
ceil = "100mbit"
`;

const { test, host } = kernelTest<UsageHost>({
  config,
  make: (text) => new UsageHost(text),
  begin: (made) => made.begin(['vnet0', 'vnet1']),
});

const quota = `${config}[guest.cliff]
rate = "1mbit"
ceil = "100mbit"
[guest.cliff.quota]
volume = { out = "20mb" }
then = { ceil = "10mbit" }
`;

function must(...args: string[]): Result {
  const result = host.run(args);
  assert.is(result.status, 0, `${args.join(' ')}: ${result.stderr}`);
  return result;
}

/** With the system's log in a file, and how it is written to. */
function heard(...args: string[]): Result {
  host.write('log/logger', `#!/bin/sh\n{ echo "$*"; cat; } >>${host.root}/logged\n`);
  chmodSync(join(host.root, 'log/logger'), 0o755);
  const result = host.run(args, { path: `${join(host.root, 'log')}:${process.env.PATH}` });
  assert.is(result.status, 0, result.stderr);
  return result;
}

interface Class {
  ceil: string;
  packets: number;
  dropped: number;
}

/** What a guest sends by, and has sent since the class was made. */
function classOf(name: string): Class {
  const { uplinks } = JSON.parse(must('explain', name, '--json').stdout);
  const id = uplinks[0].out.class;
  const text = sh(`tc -s class show dev eth0 | grep -A2 'class htb ${id} '`);
  const [, ceil = ''] = text.match(/ceil (\S+)/) ?? [];
  const [, packets, dropped] =
    text.match(/Sent \d+ bytes (\d+) pkts? \(dropped (\d+)/) ??
    text.match(/Sent \d+ bytes (\d+) pkt \(dropped (\d+)/) ??
    [];
  return { ceil, packets: Number(packets), dropped: Number(dropped) };
}

/** With its own idea of the time. @param ahead hours */
function later(ahead: number, ...args: string[]): string {
  const clock = join(host.root, 'clock.cjs');
  host.write(
    'clock.cjs',
    `const Real = Date, ahead = ${ahead} * 3600000;
     globalThis.Date = class extends Real {
       constructor(...given) { if (given.length) super(...given); else super(Real.now() + ahead); }
       static now() { return Real.now() + ahead; }
     };`,
  );
  const line = [process.execPath, '--require', clock, program, '--root', host.root, ...args];
  return sh(`${line.map((word) => `'${word}'`).join(' ')} 2>&1`);
}

/** A thousand frames a second, of which it is known how many arrived. */
class Frames {
  private text = '';

  private constructor(
    private readonly receiver: ChildProcess,
    private sender?: ChildProcess,
  ) {
    receiver.stdout?.on('data', (text) => (this.text += text));
  }

  static async from(tap: string): Promise<Frames> {
    const receiver = inside(
      'wire',
      `let count = 0; const socket = require('node:dgram').createSocket('udp4', () => { count += 1; });
       socket.bind(4000, () => console.log('ready')); ${atEnd("console.log('got ' + count);")}`,
    );
    const frames = new Frames(receiver);
    await frames.says('ready');
    frames.sender = inside(
      `ns-${tap}`,
      `let count = 0; const socket = require('node:dgram').createSocket('udp4');
       const one = () => { count += 1; socket.send(Buffer.alloc(100), 4000, '10.9.0.254'); };
       const timer = setInterval(() => { for (let at = 0; at < 5; at += 1) one(); }, 5);
       ${atEnd("clearInterval(timer); setTimeout(() => console.log('sent ' + count), 100);")}`,
    );
    frames.sender.stdout?.on('data', (text) => (frames.text += text));
    return frames;
  }

  /** @returns how many were sent, and how many of these did not arrive */
  async end(): Promise<{ sent: number; lost: number }> {
    this.sender?.stdin?.end();
    await this.says('sent');
    await pause(500);
    this.receiver.stdin?.end();
    await this.says('got');
    const number = (word: string) => Number(this.text.match(`${word} (\\d+)`)?.[1]);
    return { sent: number('sent'), lost: number('sent') - number('got') };
  }

  private async says(word: string): Promise<void> {
    for (let tries = 0; !this.text.includes(word) && tries < 200; tries += 1) await pause(50);
  }
}

function inside(space: string, text: string): ChildProcess {
  const stdio = ['pipe', 'pipe', 'inherit'] as const;
  return spawn('ip', ['netns', 'exec', space, process.execPath, '-e', text], { stdio: [...stdio] });
}

/** What a program does when its stdin is closed, before it ends. */
function atEnd(what: string): string {
  return `process.stdin.on('end', () => { ${what} setTimeout(() => process.exit(), 300); }).resume();`;
}

test('a volume that is used up: the limit after it from the next sync on, and nothing is lost meanwhile', async () => {
  host.configure(quota);
  must('apply');
  host.startGuest('cliff', 'vnet0');
  host.startGuest('rob', 'vnet1');
  must('sync');
  host.send('vnet0');
  for (let tries = 0; host.wire(['vnet0']).out < 16.2e6 && tries < 300; tries += 1) await pause(50);
  await host.quiet();
  // As cron does it, which nobody watches: it is said only once.
  assert.is(heard('--quiet', 'sync', '--in-force').stderr, '');
  assert.equal(host.read('logged').split('\n').slice(0, -1), [
    '--tag virt-shaper --priority daemon.warning --prio-prefix',
    '<5>guest cliff has used 80 % of 20mb out a month',
  ]);
  assert.is(classOf('cliff').ceil, '100Mbit');
  host.send('vnet0');
  for (let tries = 0; host.wire(['vnet0']).out < 20.5e6 && tries < 300; tries += 1) await pause(100);
  await host.quiet();

  const frames = await Frames.from('vnet0');
  await pause(1500);
  const before = classOf('cliff');
  const said = heard('sync', '--in-force').stderr;
  await pause(500);
  const after = classOf('cliff');
  const { sent, lost } = await frames.end();
  assert.match(host.read('logged'), /^<5>guest cliff has used up/m);
  assert.match(said, /guest cliff has used up 20mb out a month: its "then" holds until \d{4}-/);
  assert.match(said, 'loaded');
  assert.equal([before.ceil, after.ceil], ['100Mbit', '10Mbit']);
  assert.is(classOf('rob').ceil, '100Mbit', 'nobody else');
  assert.ok(sent > 500, `${sent} were sent`);
  assert.is(lost, 0, `${lost} of ${sent} are lost`);
  assert.ok(after.packets > before.packets, 'its class counts on');
  assert.is(after.dropped, 0);
  const text = must('explain', 'cliff').stdout;
  assert.match(text, /its volume is used up: 10mbit until \d{4}-/);
  assert.match(text, /volume {4}2\d\.\dMB of 20mb out used a month \(used up\), until \d{4}-/);
  assert.match(
    must('status', '--interval', '0').stdout,
    /cliff: 2\d\.\dMB of 20mb out used a month \(used up\)/,
  );
  assert.match(
    must('metrics').stdout,
    'virt_shaper_guest_quota_bytes{guest="cliff",direction="out"} 20000000',
  );
  const { quotas } = JSON.parse(must('status', '--json').stdout);
  assert.equal([quotas.length, quotas[0].guest, quotas[0].left], [1, 'cliff', 0]);
  const { quotas: byTop } = JSON.parse(must('top', '--json').stdout);
  assert.equal([byTop.length, byTop[0].guest, byTop[0].left], [1, 'cliff', 0]);
  assert.match(must('top', '--once').stdout, / LEFT .*\n(.*\n)*cliff .* 0 +0 .*its volume is used up/);

  const past = quotas[0].end;
  const then = host.run(['plan', '--at', past]);
  assert.equal(
    [then.status, /~ cliff: ceil 10mbit -> 100mbit, both/.test(then.stdout)],
    [3, true],
    then.stdout,
  );

  const logged = host.read('logged');
  assert.is(heard('sync', '--in-force').stderr, '', 'once is enough');
  assert.is(host.read('logged'), logged);
  host.stopGuest('cliff');
  host.startGuest('cliff', 'vnet0');
  assert.is(classOf('cliff').ceil, '10Mbit', 'it starts so');
  rmSync(join(host.root, 'run/virt-shaper/volumes.json'));
  host.stopGuest('cliff');
  host.startGuest('cliff', 'vnet0');
  assert.is(classOf('cliff').ceil, '10Mbit', 'the ledger knows it too');

  must('sync', '--in-force');
  const ledger = join(host.root, 'var/lib/virt-shaper/usage/now.json');
  const whole = readFileSync(ledger, 'utf8');
  for (const odd of [whole.slice(0, 200), whole.replace('"version":1', '"version":2')]) {
    writeFileSync(ledger, odd);
    assert.match(must('sync', '--in-force').stderr, /now\.json is (damaged|of a newer)/);
    must('limit', 'rob', '--ceil', '9mbit');
    assert.is(classOf('cliff').ceil, '10Mbit', 'a ledger that cannot be read lifts nothing');
    must('limit', 'rob', '--lift');
  }
  writeFileSync(ledger, whole);

  must('sync', '--in-force');
  const later32 = later(32 * 24, 'sync', '--in-force');
  assert.is(classOf('cliff').ceil, '10Mbit', `a clock that jumps lifts nothing: ${later32}`);
  host.configure(quota.replace('20mb"', '100gb"'));
  must('apply');
  assert.is(classOf('cliff').ceil, '100Mbit', 'more may be used now');
});

test('a window begins and ends with the clock', async () => {
  const two = (value: number) => String(value).padStart(2, '0');
  const clock = (hours: number) => {
    const at = new Date(Date.now() + hours * 3600_000);
    return `${two(at.getHours())}:${two(at.getMinutes())}`;
  };
  host.configure(
    `${config}[[guest.cliff.when]]\ntime = "${clock(2)}-${clock(4)}"\nceil = "20mbit"\n[guest.cliff]\nrate = "1mbit"\nceil = "100mbit"\n`,
  );
  must('apply');
  host.startGuest('cliff', 'vnet0');
  const frames = await Frames.from('vnet0');
  await pause(1000);
  assert.is(classOf('cliff').ceil, '100Mbit');
  const said = later(3, 'sync', '--in-force');
  const { ceil, packets } = classOf('cliff');
  assert.is(ceil, '20Mbit', said);
  must('sync', '--in-force');
  assert.is(classOf('cliff').ceil, '100Mbit');
  await pause(300);
  assert.ok(classOf('cliff').packets > packets, 'its class is the same');
  const { sent, lost } = await frames.end();
  assert.ok(sent > 500, `${sent} were sent`);
  assert.is(lost, 0);
});

test('credit gives more than the ceil until it is spent, and is earned again', async () => {
  host.configure(
    `${config}[guest.cliff]\nrate = "1mbit"\nceil = "16mbit"\n[guest.cliff.boost]\nceil = { out = "200mbit" }\nvolume = "10mb"\n`,
  );
  must('apply');
  host.startGuest('cliff', 'vnet0');
  must('sync', '--in-force');
  must('sync', '--in-force');
  assert.is(classOf('cliff').ceil, '200Mbit');
  host.send('vnet0');
  let spent = false;
  for (let tries = 0; !spent && tries < 100; tries += 1) {
    await pause(200);
    must('sync', '--in-force');
    spent = classOf('cliff').ceil === '16Mbit';
  }
  assert.ok(spent, 'some 40 mbit for a while are more than it has');
  await host.quiet();
  let earned = false;
  for (let tries = 0; !earned && tries < 100; tries += 1) {
    await pause(200);
    must('sync', '--in-force');
    earned = classOf('cliff').ceil === '200Mbit';
  }
  assert.ok(earned);
});

test('what changes within a minute is looked at by a timer of systemd, where there is one', () => {
  host.configure(quota.replace('20mb"', '100mb"'));
  must('apply');
  host.startGuest('cliff', 'vnet0');
  const calls = join(host.root, 'calls');
  host.write('bin/systemd-run', `#!/bin/sh\necho "$@" >> ${calls}\nexit "\${STATUS:-0}"\n`);
  chmodSync(join(host.root, 'bin/systemd-run'), 0o755);
  const path = `${join(host.root, 'bin')}:${process.env.PATH}`;
  const sync = () => assert.is(host.run(['sync', '--in-force'], { path }).status, 0);
  const apply = () => assert.is(host.run(['apply'], { path }).status, 0);
  sync();
  assert.not(existsSync(calls), 'systemd does not run this host');
  host.write('run/systemd/system/.keep', '');
  sync();
  const [call = ''] = readFileSync(calls, 'utf8').split('\n');
  const [, seconds] = call.match(/--on-active=(\d+) /) ?? [];
  assert.ok(Number(seconds) >= 5 && Number(seconds) <= 9, `100 MB at 100 mbit: ${call}`);
  assert.ok(call.endsWith(`touch ${join(host.root, 'run/virt-shaper/sync-wanted')}`), call);
  host.configure(quota.replace('20mb"', '100gb"'));
  rmSync(calls);
  apply();
  sync();
  assert.not(existsSync(calls), 'that is more than a minute takes');
  host.configure(quota.replace('20mb"', '100mb"'));
  apply();
  assert.match(readFileSync(calls, 'utf8'), '--on-active=', 'who applies need not wait for the next sync');
  host.write('bin/systemd-run', '#!/bin/sh\necho refused >&2\nexit 1\n');
  apply();
  sync();
});

test.run();
