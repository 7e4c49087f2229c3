// The live screen on a real terminal: it shows what the kernel does, whatever fails is a line on it, and whatever
// ends it leaves the terminal as it was.
import { spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { eventually, Pty, type PtyOptions } from '../support/pty.ts';
import { unless } from '../support/skip.ts';
import { program, sh, TestHost } from './host.ts';

const test = unless(needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'script', 'stty', 'bash'));

const config = `
[uplink.eth0]
bridge = "br0"
ceil = "1gbit"
[group.friends]
ceil = "30mbit"
[guest.cliff]
group = "friends"
rate = "15mbit"
ceil = "30mbit"
[guest.jason]
rate = "30mbit"
ceil = "30mbit"
`;

let host: TestHost;
let pty: Pty | undefined;

test.before(() => {
  host = new TestHost(config).bridge('br0', 'eth0').tap('vnet0').tap('vnet1');
  host.hook('cliff', 'start', { vnet0: 'br0' });
  host.hook('jason', 'start', { vnet1: 'br0' });
});
test.after.each(() => {
  pty?.remove();
  pty = undefined;
});
test.after(() => host.end());

function top(options: PtyOptions = {}, args: string[] = []): Pty {
  pty = new Pty(
    [process.execPath, program, '--root', host.root, 'top', '--interval', '0.2', ...args],
    options,
  );
  return pty;
}

const esc = '\u001b[';

/** The screen was entered, and left for good with everything undone; nothing was written after that. */
async function assertRestored(screen: Pty, status: number): Promise<void> {
  const { before, after, ...ended } = await screen.ended();
  assert.is(after, before, 'the modes of the terminal');
  assert.is(ended.status, status);
  assert.ok(screen.output.includes(`${esc}?1049h`));
  const left = screen.output.lastIndexOf(`${esc}?1049l`);
  assert.is(screen.output.slice(left), `${esc}?1049l`, 'nothing comes after it');
  for (const mode of ['?25', '?7']) {
    const last = screen.output.lastIndexOf(`${esc}${mode}h`);
    assert.ok(last > screen.output.lastIndexOf(`${esc}${mode}l`), mode);
  }
}

const endings: [string, (screen: Pty) => void, number][] = [
  ['q', (screen) => screen.type('q'), 0],
  ['Ctrl-C', (screen) => screen.type('\u0003'), 0],
  ['SIGTERM', (screen) => process.kill(screen.pid, 'SIGTERM'), 143],
  ['SIGHUP', (screen) => process.kill(screen.pid, 'SIGHUP'), 129],
];

for (const [name, end, status] of endings) {
  test(`${name} leaves the terminal as it was`, async () => {
    const screen = top();
    await screen.until(/cliff.*jason/s);
    end(screen);
    await assertRestored(screen, status);
  });
}

test('a crash leaves the terminal as it was', async () => {
  host.write('crash.cjs', "process.on('SIGUSR2', () => { throw new Error('boom'); });\n");
  const screen = top({ env: { NODE_OPTIONS: `--require=${host.root}/crash.cjs` } });
  await screen.until(/cliff.*jason/s);
  process.kill(screen.pid, 'SIGUSR2');
  const { before, after } = await screen.ended();
  assert.is(after, before);
  const [, later = ''] = screen.output.split(`${esc}?1049l`);
  assert.match(later, 'boom');
});

test('Ctrl-Z gives the terminal back, fg takes it again', async () => {
  const screen = top({ afterwards: 'echo stopped $status; read -r _; fg >/dev/null; status=$?; finish' });
  await screen.until(/cliff/);
  screen.type('\u001a');
  await screen.until(/stopped 14[68]/);
  screen.type('\n');
  await screen.until(/^virt-shaper.*cliff/s);
  screen.type('q');
  await assertRestored(screen, 0);
});

test('it ends when the terminal is gone', async () => {
  const screen = top();
  await screen.until(/cliff/);
  const { pid } = screen;
  screen.hangUp();
  await eventually('its end', () => !existsSync(`/proc/${pid}`) || isZombie(pid));
});

test('it follows the size of the terminal', async () => {
  const screen = top();
  await screen.until(/CEIL.*cliff/s);
  for (const [columns, rows] of [
    [40, 15],
    [100, 30],
  ] as const) {
    screen.resize(columns, rows);
    // stty sets rows and columns one after the other, so a screen of the new height and the old width comes between.
    await eventually('the new size', () => {
      const { screen: lines } = screen;
      return (
        lines.length === rows &&
        Math.max(...lines.map((line) => line.length)) <= columns &&
        /^h help/.test(lines.at(-1) ?? '') &&
        /CEIL/.test(lines.join('\n')) === columns > 40
      );
    });
  }
  screen.type('q');
  await assertRestored(screen, 0);
});

test('colours only where they are wanted', async () => {
  for (const [env, colours] of [
    [{}, true],
    [{ NO_COLOR: '1' }, false],
  ] as const) {
    const screen = top({ env });
    await screen.until(/cliff/);
    screen.type('q');
    await assertRestored(screen, 0);
    assert.is(/\[[\d;]*3\dm/.test(screen.output), colours);
    screen.remove();
    pty = undefined;
  }
});

test('what fails while it runs is a line on it, and goes when it works again', async () => {
  const [flag, bin] = [join(host.root, 'fail'), join(host.root, 'bin')];
  const real = sh('command -v tc').trim();
  host.write(
    'bin/tc',
    `#!/bin/sh\n[ -e ${flag} ] && { echo "RTNETLINK: no" >&2; exit 2; }\nexec ${real} "$@"\n`,
  );
  sh(`chmod 755 ${bin}/tc`);
  const screen = top({ env: { PATH: `${bin}:${process.env.PATH}` } });
  await screen.until(/cliff/);
  host.write('fail', '');
  await screen.until(/^! tc cannot list .*RTNETLINK: no$/m);
  assert.match(screen.screen.join('\n'), /^cliff/m, 'what was read before stays');
  rmSync(flag);
  await screen.until(/^virt-shaper[^!]*cliff/);
  screen.type('q');
  await assertRestored(screen, 0);
});

test('with nothing loaded it waits for a load', async () => {
  host.run(['unload']);
  const screen = top();
  await screen.until(/^! nothing is loaded/m);
  host.run(['load']);
  await screen.until(/cliff.*jason/s);
  screen.type('q');
  await assertRestored(screen, 0);
});

test('Enter opens the explanation of the marked guest, q leads back', async () => {
  const screen = top();
  await screen.until(/cliff.*jason/s);
  screen.type('o');
  await screen.until(/Sort by/);
  screen.type('kkkkkkkkk\r'); // By name: who is busier may change while we look.
  await screen.until(/GUEST▲/);
  screen.type('\u001b[B'); // Down
  screen.type('\r');
  await screen.until(
    /^cliff is shaped on eth0, and the kernel holds what is configured\..*\[guest\.cliff\].*\nEsc back[^\n]*$/s,
  );
  screen.type('q');
  await screen.until(/^virt-shaper.*cliff.*jason/s);
  screen.type('jj\r'); // Flooded frames, which nobody explains, stand between them.
  await screen.until(/^jason is shaped/);
  screen.type('\u001b');
  await screen.until(/^virt-shaper.*cliff.*jason/s);
  screen.type('q');
  await assertRestored(screen, 0);
});

test('a guest can be looked at while another virt-shaper holds the lock, and one may leave before it is read', async () => {
  const lock = join(host.root, 'run/virt-shaper/lock');
  const holder = spawn('flock', [lock, 'sleep', '60'], { detached: true });
  try {
    const screen = top();
    await screen.until(/cliff.*jason/s);
    screen.type('j\r');
    await screen.until(/^reading/);
    screen.type('q');
    await screen.until(/^virt-shaper.*cliff.*jason/s);
    screen.type('\r');
    await screen.until(/! what the kernel holds cannot be told: .*another virt-shaper/);
    screen.type('\u0003');
    await assertRestored(screen, 0);
  } finally {
    process.kill(-(holder.pid as number));
  }
});

test('without a terminal it is one frame, as text or data', () => {
  const text = host.run(['top', '--interval', '0.2']);
  assert.is(text.status, 0);
  assert.is(text.stderr, '');
  assert.match(text.stdout, /^cliff +friends .* 30M /m);
  assert.not.ok(text.stdout.includes('\u001b'));

  const data = JSON.parse(host.run(['top', '--json', '--interval', '0.2']).stdout);
  const cliff = data.guests.find(({ guest }: { guest: string }) => guest === 'cliff');
  assert.is(cliff.out.ceil, 30_000_000);
  assert.type(cliff.in.now, 'number');
  assert.equal(Object.keys(data), [
    'version',
    'time',
    'interval',
    'uplinks',
    'unmarked',
    'flooded',
    'groups',
    'guests',
    'quotas',
    'credits',
  ]);
  assert.is(data.flooded[0].in.rate, 1_000_000);
});

test('a frame is of so many seconds as are asked for', () => {
  const asked = join(host.root, 'asked');
  const path = host.wrap('tc', `date +%s%N >>${asked}`);
  assert.is(host.run(['top', '--once', '--interval', '0.5'], { path }).status, 0);
  const times = host.read('asked').trim().split('\n').map(Number);
  assert.ok(((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1e6 >= 500, times.join());
});

test('an interval that makes no sense is refused', () => {
  for (const interval of ['0', '-1', 'x', '', '3601']) {
    const { status, stderr } = host.run(['top', '--interval', interval]);
    assert.is(status, 2);
    assert.match(stderr, '--interval takes seconds, 0.1 to 3600');
  }
});

test('into a pipe that nobody reads it ends without a word', () => {
  const command = `${process.execPath} ${program} --root ${host.root} top --once --interval 0.1 2>&1 >&3 | cat >&2`;
  const quiet = sh(`{ { ${command}; } 3>&1 | true; } 2>&1`);
  assert.is(quiet, '');
});

test('an uplink that goes away is said', async () => {
  const screen = top();
  await screen.until(/^cliff/m);
  sh('ip link del eth0');
  await screen.until(/^cliff .* unshaped: its uplink eth0 is gone/m);
  screen.type('q');
  await assertRestored(screen, 0);
});

function isZombie(pid: number): boolean {
  return sh(`ps -o stat= -p ${pid} || true`).startsWith('Z');
}

test.run();
