// The live screen on a real terminal: it shows what the kernel does, whatever fails is a line on it, and whatever
// ends it leaves the terminal as it was.
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

test.before.each(() => {
  host = new TestHost(config).bridge('br0', 'eth0').tap('vnet0').tap('vnet1');
  host.hook('cliff', 'start', { vnet0: 'br0' });
  host.hook('jason', 'start', { vnet1: 'br0' });
});
test.after.each(() => {
  pty?.remove();
  pty = undefined;
  host.end();
});

function top(options: PtyOptions = {}, args: string[] = []): Pty {
  pty = new Pty(
    [process.execPath, program, '--root', host.root, 'top', '--interval', '0.2', ...args],
    options,
  );
  return pty;
}

/** The screen was entered, and left for good with everything undone; nothing was written after that. */
async function assertRestored(screen: Pty, status: number): Promise<void> {
  const { before, after, ...ended } = await screen.ended();
  assert.is(after, before, 'the modes of the terminal');
  assert.is(ended.status, status);
  const [, shown = '', left = ''] = screen.output.match(/^(.*)\u001b\[\?1049l(.*)$/s) ?? [];
  assert.match(shown, '\u001b[?1049h');
  for (const mode of ['?25', '?7']) {
    const last = shown.lastIndexOf(`\u001b[${mode}h`);
    assert.ok(last > shown.lastIndexOf(`\u001b[${mode}l`), mode);
  }
  assert.is(left, '', 'nothing after it');
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
  const crash = 'data:text/javascript,setTimeout(()=>{throw%20new%20Error(`boom`)},3000)';
  const screen = top({ env: { NODE_OPTIONS: `--import=${crash}` } });
  await screen.until(/cliff.*jason/s);
  const { before, after } = await screen.ended();
  assert.is(after, before);
  assert.match(screen.output, /\u001b\[\?1049l.*boom/s);
});

test('Ctrl-Z gives the terminal back, fg takes it again', async () => {
  const screen = top({ then: 'echo stopped $status; fg; status=$?; finish' });
  await screen.until(/cliff/);
  screen.type('\u001a');
  await screen.until(/\u001b\[\?1049l.*stopped 14[68].*\u001b\[\?1049h.*cliff/s);
  screen.type('q');
  await screen.ended();
  assert.is(screen.read('after'), screen.read('before'));
  assert.match(screen.output, /\u001b\[\?1049l[^\u001b]*$/);
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
  const before = screen.mark;
  screen.resize(40, 15);
  await screen.until(/\u001b\[15;1H/, before);
  const small = screen.output.slice(before);
  assert.not.match(small, /\u001b\[1[6-9];1H|\u001b\[2\d;1H|CEIL/);
  screen.resize(100, 30);
  await screen.until(/\u001b\[30;1H/, before);
  screen.type('q');
  await assertRestored(screen, 0);
});

test('colours only where they are wanted', async () => {
  for (const [env, colours] of [
    [{}, true],
    [{ NO_COLOR: '1' }, false],
  ] as const) {
    const screen = top({ env });
    await screen.until(/everything else/);
    screen.type('q');
    await assertRestored(screen, 0);
    assert.is(/\u001b\[[\d;]*3\dm/.test(screen.output), colours);
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
  await screen.until(/! tc cannot list [^\n]*RTNETLINK: no/);
  const before = screen.mark;
  rmSync(flag);
  await screen.until(/\u001b\[3;1H\u001b\[K\u001b\[7mGUEST/, before);
  sh('ip link del eth0');
  await screen.until(/unshaped: there is no class 1:/);
  screen.type('q');
  await assertRestored(screen, 0);
});

test('with nothing loaded it waits for a load', async () => {
  host.run(['unload']);
  const screen = top();
  await screen.until(/! nothing is loaded/);
  const before = screen.mark;
  host.run(['load']);
  await screen.until(/cliff.*jason/s, before);
  screen.type('q');
  await assertRestored(screen, 0);
});

test('without a terminal it is one frame, as text or data', () => {
  const text = host.run(['top', '--interval', '0.2']);
  assert.is(text.status, 0);
  assert.is(text.stderr, '');
  assert.match(text.stdout, /^cliff +friends .* 30M /m);
  assert.not.match(text.stdout, /\u001b/);

  const data = JSON.parse(host.run(['top', '--json', '--interval', '0.2']).stdout);
  const cliff = data.guests.find(({ name }: { name: string }) => name === 'cliff');
  assert.is(cliff.out.ceil, 30_000_000);
  assert.type(cliff.in.now, 'number');
  assert.equal(Object.keys(data), ['time', 'seconds', 'uplinks', 'groups', 'guests', 'unmarked']);
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

function isZombie(pid: number): boolean {
  return sh(`ps -o stat= -p ${pid} || true`).startsWith('Z');
}

test.run();
