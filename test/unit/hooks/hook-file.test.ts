// The file that libvirt runs, run by sh as it would be: what is passed on to libvirt and what is not, whatever
// the program does. And whose a file is.
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type HookDriver, makeHookCommand, shellQuote, whoseHook } from '../../../src/hooks/hook-file.ts';
import { hookText, lineForOthers } from '../../../src/hooks/hook-script.ts';
import { makePaths } from '../../../src/store/paths.ts';
import { awaitCalls } from '../../support/hook-calls.ts';

let folder: string;
let program: string;
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'virt-shaper it\'s $(a) "hook" '));
  program = join(folder, 'the program');
  const etc = join(folder, "o'root/etc/virt-shaper");
  mkdirSync(etc, { recursive: true });
  writeFileSync(join(etc, 'config.toml'), '');
});
test.after.each(() => rmSync(folder, { recursive: true }));

/** A program that notes what it is given, says something to both, and ends with that status. */
function makeProgram(end: string): void {
  const lines = [
    '#!/bin/sh',
    'cd "$(dirname "$0")"',
    'printf "%s|" "$@" >given',
    '[ "$VIRT_SHAPER_CALL" ] || cat >xml',
    '[ -z "$VIRT_SHAPER_CALL" ] || { tail -n +3 "$VIRT_SHAPER_CALL" >xml; rm "$VIRT_SHAPER_CALL"; }',
    'echo out; echo err >&2',
  ];
  writeFileSync(program, `${[...lines, end].join('\n')}\n`);
  chmodSync(program, 0o755);
}

const pathsHere = () => makePaths({ root: join(folder, "o'root") });

function runHook(
  driver: HookDriver,
  args: string[],
  { text, path, input = '<domain/>' }: { text?: string; path?: string; input?: string } = {},
) {
  const file = join(folder, 'hook');
  writeFileSync(file, text ?? hookText(driver, makeHookCommand([program], pathsHere())));
  chmodSync(file, 0o755);
  const { status, stdout, stderr } = spawnSync(file, args, {
    input,
    encoding: 'utf8',
    ...(path ? { env: { PATH: path } } : {}),
  });
  awaitCalls(pathsHere().hookCalls);
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

test('of a stop libvirt hears nothing and waits for no stream of it, since the program runs on', () => {
  makeProgram(`case $* in *stopped*) sleep 1 ;; esac; echo late >>"$(dirname "$0")/given"; exit 1`);
  const file = join(folder, 'hook');
  runHook('qemu', [name, 'start', 'begin', '-']);
  rmSync(join(folder, 'given'));
  const { status, stdout, stderr } = spawnSync(file, [name, 'stopped', 'end', '-'], { encoding: 'utf8' });
  assert.equal([status, stdout, stderr], [0, '', '']);
  const given = () => (existsSync(join(folder, 'given')) ? readFileSync(join(folder, 'given'), 'utf8') : '');
  assert.not.match(given(), 'late');
  awaitCalls(pathsHere().hookCalls);
  assert.match(given(), 'late');
});

/** Of a life of a guest: which calls began the program. @param end how the program ends */
function begun(end: string, operations: string[], more: Parameters<typeof runHook>[2] = {}): string[] {
  makeProgram(end);
  return operations.filter((operation) => {
    rmSync(join(folder, 'given'), { force: true });
    const result = runHook('qemu', [name, operation, 'begin', '-'], more);
    assert.equal({ operation, ...result, stderr: '' }, { operation, status: 0, stdout: '', stderr: '' });
    return existsSync(join(folder, 'given'));
  });
}

const life = ['restore', 'migrate', 'prepare', 'start', 'started', 'stopped', 'release', '', 'from-2030'];
const good = 'exit "$VIRT_SHAPER_DONE"';

test('a life of a guest begins the program twice, unless something is left to do', () => {
  assert.equal(begun(good, life), ['start', 'stopped']);
  assert.equal(begun(good, life, { input: 'x'.repeat(2_000_000) }), ['start', 'stopped'], 'not read');
  for (const end of ['exit 0', 'exit 1', 'kill -9 $$']) {
    assert.equal(begun(end, life), ['start', 'started', 'stopped'], end);
  }
  begun(good, ['start']);
  assert.equal(begun('exit 0', ['start', 'started']), ['start', 'started'], 'the last start counts');
  assert.equal(begun(good, ['started', 'reconnect', 'attach']), ['started', 'reconnect', 'attach']);
  begun(good, ['start', 'stopped']);
  assert.equal(begun(good, ['started']), ['started'], 'of a start that was not told');
  assert.equal(begun(good, ['release', 'release']), ['release', 'release'], 'each end is told once');
  begun(good, ['start']);
  assert.is(runHook('lxc', [name, 'started', 'begin', '-']).status, 0);
  assert.ok(readFileSync(join(folder, 'given'), 'utf8').includes('|lxc|'), 'another driver, another guest');
  assert.equal(readdirSync(join(pathsHere().hookTold, 'qemu')), [name]);
  begun(good, ['stopped', 'release']);
  assert.equal(readdirSync(join(pathsHere().hookTold, 'qemu')), [], 'nothing is left of a guest');
});

test('a name that is no file name, and a folder that cannot be written, begin the program', () => {
  for (const odd of ['', '.', '..', '../x', 'a/b', 'x'.repeat(300)]) {
    makeProgram(good);
    runHook('qemu', [odd, 'start', 'begin', '-']);
    rmSync(join(folder, 'given'));
    for (const operation of ['started', 'release']) {
      const said = runHook('qemu', [odd, operation, 'begin', '-']);
      assert.equal({ operation, ...said }, { operation, status: 0, stdout: '', stderr: 'err\n' });
      assert.ok(existsSync(join(folder, 'given')), odd);
      rmSync(join(folder, 'given'));
    }
  }
  mkdirSync(dirname(pathsHere().hookTold), { recursive: true });
  rmSync(pathsHere().hookTold, { recursive: true, force: true });
  writeFileSync(pathsHere().hookTold, '');
  assert.equal(begun(good, life), ['start', 'started', 'stopped', 'release']);
});

test('without a configuration nothing begins, but that libvirt has called is known', () => {
  const { config, hookCalled, rules } = pathsHere();
  const etc = dirname(config.file);
  rmSync(join(etc, 'config.toml'));
  assert.equal(begun('exit 1', [...life, 'reconnect', 'attach']), []);
  assert.is(readFileSync(hookCalled('qemu'), 'utf8'), '');
  mkdirSync(join(etc, 'config.d'));
  for (const file of [join(etc, 'config.d/1.toml'), join(rules, 'good')]) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, '');
    assert.equal(begun(good, life), ['start', 'stopped'], file);
    rmSync(file);
    symlinkSync('/nowhere', file);
    assert.equal(begun(good, life), ['start', 'stopped'], `${file}, which leads nowhere`);
    rmSync(file);
  }
});

test('what a sync finds is left to it where its path unit is active, and nowhere else', () => {
  const paths = pathsHere();
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const path = `${bin}:${process.env.PATH}`;
  const active = (status: number) =>
    writeFileSync(
      join(bin, 'systemctl'),
      `#!/bin/sh\necho words >&2\n[ "$3" = virt-shaper-sync.path ] && exit ${status}\n`,
      {
        mode: 0o755,
      },
    );
  const text = (driver: HookDriver) =>
    hookText(driver, { ...makeHookCommand([program], paths), wanted: paths.syncWanted });
  const all = ['started', 'reconnect', 'attach', 'release', 'stopped', 'start'];
  const calls = () => begun('exit 0', all, { text: text('qemu'), path });
  active(0);
  assert.equal(calls(), all, 'no systemd');
  assert.not.ok(existsSync(paths.syncWanted));
  mkdirSync(paths.systemd, { recursive: true });
  assert.equal(calls(), ['release', 'stopped', 'start']);
  assert.is(readFileSync(paths.syncWanted, 'utf8'), '');
  rmSync(paths.syncWanted);
  const port = () =>
    runHook('network', ['default', 'port-created', 'begin', '-'], { text: text('network'), path });
  rmSync(join(folder, 'given'));
  assert.equal(port(), { status: 0, stdout: '', stderr: '' });
  assert.not.ok(existsSync(paths.syncWanted), 'its tap is not there yet');
  spawnSync('sleep', ['1.3']);
  assert.ok(existsSync(paths.syncWanted));
  assert.not.ok(existsSync(join(folder, 'given')));
  active(3);
  assert.equal(calls(), all, 'a unit that is off');
  port();
  assert.ok(existsSync(join(folder, 'given')));
  const packaged = ['/usr/bin/node', '/usr/sbin/virt-shaper'];
  assert.is(makeHookCommand(packaged, makePaths({})).wanted, '/run/virt-shaper/sync-wanted');
  assert.is(
    makeHookCommand(packaged, makePaths({ config: '/x.toml' })).wanted,
    undefined,
    'a sync of other files',
  );
  assert.is(makeHookCommand(['/opt/virt-shaper'], makePaths({})).wanted, undefined, 'another program');
});

test('while a sync waits for things to settle it takes what a hook leaves, and nobody is asked whether it is read', () => {
  const paths = pathsHere();
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'systemctl'), `#!/bin/sh\necho asked >>"$0.asked"\nexit 3\n`, { mode: 0o755 });
  mkdirSync(paths.systemd, { recursive: true });
  mkdirSync(dirname(paths.syncLock), { recursive: true });
  const command = { ...makeHookCommand([program], paths), wanted: paths.syncWanted };
  const all = ['started', 'reconnect', 'attach', 'release', 'stopped', 'start'];
  const calls = (lock: string) => {
    rmSync(paths.syncWanted, { force: true });
    writeFileSync(paths.syncLock, lock);
    return begun('exit 0', all, {
      text: hookText('qemu', command),
      path: `${bin}:${process.env.PATH}`,
    });
  };
  assert.equal(calls(`${process.pid}\n`), ['release', 'stopped', 'start']);
  assert.ok(existsSync(paths.syncWanted));
  assert.not.ok(existsSync(join(bin, 'systemctl.asked')));
  const gone = spawnSync('true').pid;
  for (const lock of ['', '\n', `${gone}\n`]) {
    assert.equal(calls(lock), all, JSON.stringify(lock));
    assert.not.ok(existsSync(paths.syncWanted));
  }
  rmSync(paths.syncLock);
  assert.equal(makeHookCommand(['/opt/virt-shaper'], makePaths({})).settling, '/run/virt-shaper/sync.lock');
});

test('only a refused start fails', () => {
  const statuses: Record<string, number> = {};
  for (const end of ['exit "$VIRT_SHAPER_REFUSAL"', 'exit 1', 'exit 2', 'exit 126', 'kill -9 $$']) {
    makeProgram(end);
    for (const operation of ['start', 'started', 'reconnect', 'attach', 'stopped', 'release']) {
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
  runHook('qemu', [name, 'reconnect', 'begin', '-']);
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

/** A folder with all that the file may call, but for these. */
function toolsWithout(...missing: string[]): string {
  const bin = join(folder, 'tools');
  mkdirSync(bin);
  const tools = 'cat chmod dirname flock grep ls mkdir mv rm sed sh sleep sync tail timeout'.split(' ');
  const linked = tools.filter((tool) => !missing.includes(tool));
  const script = 'cd "$1" && shift && for tool; do ln -s "$(command -v "$tool")" . || exit; done';
  assert.is(spawnSync('sh', ['-c', script, 'sh', bin, ...linked]).status, 0);
  return bin;
}

/** How the program was called: with a call that was laid down, or by itself. */
const tellHow = 'if [ "$VIRT_SHAPER_CALL" ]; then echo laid down; else echo alone; fi >how';

/** Both operations that can be laid down. @param how each is done */
function doneBy(how: string, path?: string): void {
  for (const operation of ['start', 'stopped']) {
    makeProgram(`sleep 0.3\n${tellHow}`);
    rmSync(join(folder, 'how'), { force: true });
    const result = runHook('qemu', [name, operation, 'begin', '-'], path === undefined ? {} : { path });
    assert.equal({ operation, status: result.status }, { operation, status: 0 });
    assert.is(readFileSync(join(folder, 'how'), 'utf8').trim(), how, operation);
    assert.is(readFileSync(join(folder, 'xml'), 'utf8'), '<domain/>');
    const words = ['--root', join(folder, "o'root"), 'hook', 'qemu', name, operation, 'begin', '-'];
    assert.is(readFileSync(join(folder, 'given'), 'utf8'), words.map((word) => `${word}|`).join(''));
    assert.equal(
      readdirSync(pathsHere().hookCalls).filter((file) => file !== 'lock'),
      [],
      'no call is left to nobody',
    );
  }
}

test('where calls cannot wait for each other each is done by itself, before libvirt goes on', () => {
  doneBy('laid down', toolsWithout());
  rmSync(join(folder, 'tools'), { recursive: true });
  doneBy('alone', toolsWithout('flock'));
});

test('a folder of calls that somebody has put in the place of ours is not used', () => {
  const { hookCalls } = pathsHere();
  const theirs = join(folder, 'theirs');
  mkdirSync(theirs);
  mkdirSync(dirname(hookCalls), { recursive: true });
  symlinkSync(theirs, hookCalls);
  doneBy('alone');
});

test('what somebody has put in the place of the calls\u2019 lock goes, and keeps no guest waiting', () => {
  const lock = join(pathsHere().hookCalls, 'lock');
  const theirs = join(folder, 'theirs');
  mkdirSync(dirname(lock), { recursive: true });
  chmodSync(dirname(lock), 0o700);
  writeFileSync(theirs, 'theirs');
  for (const put of [
    () => mkdirSync(join(lock, 'in'), { recursive: true }),
    () => symlinkSync(theirs, lock),
    () => symlinkSync('/nowhere', lock),
    () => spawnSync('mkfifo', [lock]),
  ]) {
    rmSync(lock, { recursive: true, force: true });
    put();
    doneBy('laid down');
    assert.ok(lstatSync(lock).isFile(), put.toString());
  }
  assert.is(readFileSync(theirs, 'utf8'), 'theirs');
});

test('what outlives the boot is synced by the script, whom libvirt does not wait for', () => {
  makeProgram('echo "$VIRT_SHAPER_SYNCS" >syncs');
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const note = join(folder, 'synced').replaceAll("'", "'\\''");
  writeFileSync(
    join(bin, 'sync'),
    `#!/bin/sh\nprintf '%s\\n' "$@" >'${note}.next'; mv '${note}.next' '${note}'\n`,
    {
      mode: 0o755,
    },
  );
  const { ids, rules } = pathsHere();
  mkdirSync(join(rules, 'good'), { recursive: true });
  writeFileSync(ids, '');
  writeFileSync(join(rules, 'good/.plan.json'), '');
  runHook('qemu', [name, 'start', 'begin', '-'], { path: `${bin}:${process.env.PATH}` });
  spawnSync('sh', [
    '-c',
    'for try in $(seq 100); do [ -e "$1" ] && exit; sleep 0.1; done',
    'sh',
    join(folder, 'synced'),
  ]);
  const synced = readFileSync(join(folder, 'synced'), 'utf8').split('\n');
  for (const file of [ids, rules, join(rules, 'good'), join(rules, 'good/.plan.json')]) {
    assert.ok(synced.includes(file), file);
  }
  assert.is(readFileSync(join(folder, 'syncs'), 'utf8'), '1\n', 'so the program need not');
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
  // As a shell has them; of an interpreter that is not there they differ.
  for (const [make, ended] of [
    [() => {}, '127'],
    [
      () => {
        makeProgram('exit 0');
        chmodSync(program, 0o644);
      },
      '126',
    ],
    [() => writeFileSync(program, '#!/no/such/node\n', { mode: 0o755 }), '12[67]'],
    [() => makeProgram('kill -9 $$'), '137'],
    [() => makeProgram('exit 1'), '1'],
    [() => makeProgram('exit 0'), ''],
  ] as const) {
    rmSync(program, { force: true });
    rmSync(join(bin, 'log'), { force: true });
    make();
    const result = runHook('qemu', ['-n "odd"', 'start', 'begin', '-'], {
      path: `${bin}:${process.env.PATH}`,
    });
    assert.equal({ status: result.status, stdout: result.stdout }, { status: 0, stdout: '' });
    if (ended === '') {
      assert.is(log(), '', 'it has run');
      continue;
    }
    const said = `--\\|the qemu hook could not be run \\(status ${ended}\\), so -n "odd" may be unshaped`;
    assert.match(log(), new RegExp(said));
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
  const command = makeHookCommand([program], makePaths({}));
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
  const text = hookText('qemu', makeHookCommand(['/usr/sbin/virt-shaper'], makePaths({})));
  assert.is(whoseHook(text), 'ours');
  assert.is(whoseHook(`${text}\n`), 'edited');
  assert.is(whoseHook(text.replace('exit 0', 'exit 1')), 'edited');
  for (const other of ['', '#!/bin/sh\nexec /usr/sbin/virt-shaper hook qemu "$@"\n', `\n${text}`]) {
    assert.is(whoseHook(other), 'foreign');
  }
});

test('what is quoted is one word for sh', () => {
  for (const word of ['', 'a b', "it's", '$(reboot)', '`x`', '"', '\\', '*', '~', '#', '-n', 'ü', "'\n'"]) {
    const { stdout } = spawnSync('sh', ['-c', `printf '%s|' ${shellQuote(word)}`], { encoding: 'utf8' });
    assert.is(stdout, `${word}|`);
  }
});

test.run();
