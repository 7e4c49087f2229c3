// The file that libvirt runs, run by sh as it would be: what is passed on to libvirt and what is not, whatever
// the program does. And whose a file is.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type HookDriver,
  hookCommand,
  hookText,
  lineForOthers,
  quote,
  whoseHook,
} from '../../src/hooks/hook-file.ts';
import { makePaths } from '../../src/system/paths.ts';

let folder: string;
let program: string;
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'virt-shaper it\'s $(a) "hook" '));
  program = join(folder, 'the program');
});
test.after.each(() => rmSync(folder, { recursive: true }));

/** A program that notes what it is given, says something to both, and ends with that status. */
function makeProgram(end: string): void {
  const lines = [
    '#!/bin/sh',
    'cd "$(dirname "$0")"',
    'printf "%s|" "$@" >given',
    'cat >xml',
    'echo out; echo err >&2',
  ];
  writeFileSync(program, `${[...lines, end].join('\n')}\n`);
  chmodSync(program, 0o755);
}

function runHook(driver: HookDriver, args: string[], { text, path }: { text?: string; path?: string } = {}) {
  const file = join(folder, 'hook');
  const command = hookCommand([program], makePaths({ root: join(folder, "o'root") }));
  writeFileSync(file, text ?? hookText(driver, command));
  chmodSync(file, 0o755);
  const { status, stdout, stderr } = spawnSync(file, args, {
    input: '<domain/>',
    encoding: 'utf8',
    ...(path ? { env: { PATH: path } } : {}),
  });
  return { status, stdout, stderr: stderr.replace(/^logger: .*\n/gm, '') };
}

const name = ' -x "$(reboot)" \'`\\ ';

test('the program gets what libvirt passes, and nothing of it reaches libvirt but its status and stderr', () => {
  makeProgram('exit 0');
  const result = runHook('qemu', [name, 'start', 'begin', '-']);
  assert.equal(result, { status: 0, stdout: '', stderr: 'err\n' });
  const given = ['--root', join(folder, "o'root"), 'hook', 'qemu', name, 'start', 'begin', '-'];
  assert.is(readFileSync(join(folder, 'given'), 'utf8'), given.map((word) => `${word}|`).join(''));
  assert.is(readFileSync(join(folder, 'xml'), 'utf8'), '<domain/>');
});

test('only a refused start fails', () => {
  const statuses: Record<string, number> = {};
  for (const end of ['exit "$VIRT_SHAPER_REFUSAL"', 'exit 1', 'exit 2', 'exit 126', 'kill -9 $$']) {
    makeProgram(end);
    for (const operation of ['prepare', 'start', 'started', 'reconnect', 'stopped', 'release', 'migrate']) {
      const { status } = runHook('qemu', [name, operation, 'begin', '-']);
      if (status !== 0) statuses[`${operation}: ${end}`] = status ?? -1;
    }
    const lxc = runHook('lxc', [name, 'start', 'begin', '-']).status;
    if (lxc !== 0) statuses[`lxc start: ${end}`] = lxc ?? -1;
    assert.is(runHook('network', ['default', 'start', 'begin', '-']).status, 0);
  }
  assert.equal(statuses, {
    'start: exit "$VIRT_SHAPER_REFUSAL"': 1,
    'lxc start: exit "$VIRT_SHAPER_REFUSAL"': 1,
  });
});

test('a program that cannot be run refuses a start where the configuration says so, and nothing else', () => {
  const etc = join(folder, "o'root/etc/virt-shaper");
  mkdirSync(join(etc, 'config.d'), { recursive: true });
  const statuses = (config: string, more = '') => {
    writeFileSync(join(etc, 'config.toml'), config);
    writeFileSync(join(etc, 'config.d/10.toml'), more);
    return ['start', 'started', 'reconnect', 'release'].map((operation) => {
      const { status, stderr } = runHook('qemu', [name, operation, 'begin', '-']);
      if (status === 1) assert.match(stderr, /^virt-shaper: the qemu hook could not be run \(status 2\)/m);
      return status;
    });
  };
  makeProgram('exit 2');
  const refuse = '[hook]\n  on_failure = "refuse" # nobody without a limit\n';
  assert.equal(statuses(refuse), [1, 0, 0, 0]);
  assert.equal(statuses('hook.on_failure="refuse"\n'), [1, 0, 0, 0]);
  assert.equal(statuses('', refuse), [1, 0, 0, 0]);
  assert.equal(statuses(refuse, '[hook]\non_failure = "allow"\n'), [0, 0, 0, 0], 'the later file counts');
  assert.equal(statuses('# on_failure = "refuse"\n'), [0, 0, 0, 0]);
  assert.is(runHook('network', ['default', 'start', 'begin', '-']).status, 0);
  writeFileSync(join(etc, 'config.toml'), refuse);
  writeFileSync(join(etc, 'config.d/10.toml'), '');
  rmSync(program);
  assert.is(
    runHook('qemu', [name, 'start', 'begin', '-']).status,
    0,
    'a program that is gone refuses nobody',
  );
});

/** Lock files as after the first load since boot. */
function makeLocks(): string[] {
  const run = join(folder, "o'root/run/virt-shaper");
  mkdirSync(run, { recursive: true });
  const files = ['guests.lock', 'lock'].map((name) => join(run, name));
  for (const file of files) writeFileSync(file, '');
  return files;
}

/** Says of each lock that it was given open whether it has it, as the program finds out (load/lock.ts). */
const tellLocks = `sleep 0.5
for fd in $VIRT_SHAPER_LOCKS; do
  case $(cat /proc/self/fdinfo/$fd) in *FLOCK*WRITE*) echo "$fd locked" ;; *) echo "$fd open" ;; esac
done >locks`;

test('a start and an end find their locks taken; one that somebody else has is left to the program', () => {
  makeProgram(tellLocks);
  const told = () => readFileSync(join(folder, 'locks'), 'utf8');
  runHook('qemu', [name, 'start', 'begin', '-']);
  assert.is(told(), '', 'before the first load there is nothing to lock');
  const [guests = '', kernel = ''] = makeLocks();
  for (const operation of ['start', 'stopped']) {
    assert.is(runHook('qemu', [name, operation, 'begin', '-']).status, 0);
    assert.is(told(), '8 locked\n9 locked\n');
  }
  runHook('qemu', [name, 'prepare', 'begin', '-']);
  assert.is(told(), '', 'what needs no lock takes none');
  const other = spawn('flock', [kernel, 'sleep', '30'], { stdio: 'ignore' });
  try {
    spawnSync('sh', ['-c', 'until ! flock -n "$1" true; do sleep 0.05; done', 'sh', kernel]);
    runHook('lxc', [name, 'start', 'begin', '-']);
    assert.is(told(), '8 locked\n9 open\n');
  } finally {
    other.kill();
  }
  assert.is(spawnSync('flock', ['-n', guests, 'true']).status, 0, 'none is left behind');
});

test('a lock file that cannot be opened costs no guest anything', () => {
  makeProgram('exit 0');
  const [guests = ''] = makeLocks();
  rmSync(guests);
  mkdirSync(guests); // Writable for root, and still no file.
  const { status, stdout } = runHook('qemu', [name, 'start', 'begin', '-']);
  assert.equal({ status, stdout }, { status: 0, stdout: '' });
  assert.ok(existsSync(join(folder, 'given')), 'the program ran');
});

test('what keeps the program from running reaches the log, with the guest', () => {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(
    join(bin, 'logger'),
    `#!/bin/sh\nprintf '%s|' "$@" >>'${join(bin, 'log').replaceAll("'", "'\\''")}'\n`,
  );
  chmodSync(join(bin, 'logger'), 0o755);
  const log = () => (existsSync(join(bin, 'log')) ? readFileSync(join(bin, 'log'), 'utf8') : '');
  for (const make of [
    () => {},
    () => {
      makeProgram('exit 0');
      chmodSync(program, 0o644);
    },
    () => writeFileSync(program, '#!/no/such/node\n', { mode: 0o755 }),
    () => makeProgram('kill -9 $$'),
  ]) {
    rmSync(program, { force: true });
    rmSync(join(bin, 'log'), { force: true });
    make();
    const result = runHook('qemu', ['-n "odd"', 'start', 'begin', '-'], {
      path: `${bin}:${process.env.PATH}`,
    });
    assert.equal({ status: result.status, stdout: result.stdout }, { status: 0, stdout: '' });
    assert.match(log(), /--\|the qemu hook could not be run \(status \d+\), so -n "odd" may be unshaped/);
  }
  chmodSync(join(bin, 'logger'), 0o644);
  rmSync(program);
  assert.is(runHook('qemu', [name, 'start', 'begin', '-'], { path: bin }).status, 0, 'not even a logger');
});

test('a program that is gone keeps no guest from starting', () => {
  const { status, stdout, stderr } = runHook('qemu', [name, 'start', 'begin', '-']);
  assert.equal({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' });
});

test('the line for a hook of somebody else ends as ours does', () => {
  const command = hookCommand([program], makePaths({}));
  for (const [driver, operation, end, expected] of [
    ['qemu', 'start', 1, 1],
    ['qemu', 'start', 0, 0],
    ['qemu', 'reconnect', 1, 0],
    ['network', 'start', 1, 0],
  ] as const) {
    makeProgram(`exit ${end}`);
    const text = `#!/bin/sh\n${lineForOthers(driver, command)}\n`;
    assert.is(runHook(driver, [name, operation, 'begin', '-'], { text }).status, expected);
  }
});

test('ours is known again, and so is a change of it', () => {
  const text = hookText('qemu', hookCommand(['/usr/sbin/virt-shaper'], makePaths({})));
  assert.is(whoseHook(text), 'ours');
  assert.is(whoseHook(`${text}\n`), 'edited');
  assert.is(whoseHook(text.replace('exit 0', 'exit 1')), 'edited');
  for (const other of ['', '#!/bin/sh\nexec /usr/sbin/virt-shaper hook qemu "$@"\n', `\n${text}`]) {
    assert.is(whoseHook(other), 'foreign');
  }
});

test('what is quoted is one word for sh', () => {
  for (const word of ['', 'a b', "it's", '$(reboot)', '`x`', '"', '\\', '*', '~', '#', '-n', 'ü', "'\n'"]) {
    const { stdout } = spawnSync('sh', ['-c', `printf '%s|' ${quote(word)}`], { encoding: 'utf8' });
    assert.is(stdout, `${word}|`);
  }
});

test.run();
