// virt-shaper hooks on a root file system of its own: what install, remove and status do to files, which are then
// run as libvirt runs them. The program is a copy where only root can write, as hooks demand.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { unless } from '../support/skip.ts';
import { domainXml, sh, TestHost } from './host.ts';

const checkout = fileURLToPath(new URL('../../', import.meta.url));

/** In a user namespace root's own folders are nobody's, so nothing could be trusted. */
function needsRealRoot(): string | undefined {
  return statSync('/').uid === 0 ? undefined : 'not root, so that / is not of root (as root: npm test)';
}

const test = unless(needsNamespace() ?? needsRealRoot() ?? needsCommand('nft', 'tc', 'ip', 'flock'));

const installed = '/run/virt-shaper-program';
const program = join(installed, 'dist/virt-shaper.js');
const drivers = ['qemu', 'lxc', 'network'];

test.before(() => {
  chmodSync('/run', 0o755); // The namespace's own.
  for (const part of ['dist', 'templates', 'package.json']) {
    cpSync(join(checkout, part), join(installed, part), { recursive: true, preserveTimestamps: true });
  }
  sh(`chown -R 0:0 ${installed}; chmod -R go-w ${installed}`);
});
test.after(() => rmSync(installed, { recursive: true }));

let root: string;
let started: ChildProcess[] = [];
test.before.each(() => {
  root = mkdtempSync('/run/a root of "quotes", it\'s $(odd) ');
});
test.after.each(() => {
  for (const child of started) child.kill('SIGKILL');
  started = [];
  rmSync(root, { recursive: true });
});

/** @param version what libvirtd says of itself; none is there otherwise */
function hooks(args: string[], { version, by = program }: { version?: string; by?: string } = {}) {
  const bin = join(root, 'bin');
  mkdirSync(bin, { recursive: true });
  // Those of this machine are not asked.
  for (const daemon of ['libvirtd', 'virtqemud', 'virtlxcd']) {
    const answer = version ? `echo "${daemon} (libvirt) ${version}"` : 'exit 1';
    writeFileSync(join(bin, daemon), `#!/bin/sh\n${answer}\n`, { mode: 0o755 });
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, [by, '--root', root, 'hooks', ...args], {
    encoding: 'utf8',
    cwd: '/',
    env: { PATH: `${bin}:${process.env.PATH}` },
  });
  return { status, stdout, stderr };
}

function statusOf(driver: string, options: { version?: string } = {}) {
  const { status, stdout } = hooks(['status', '--json'], options);
  return { status, ...JSON.parse(stdout).hooks.find((one: { driver: string }) => one.driver === driver) };
}

const hookPath = (path: string) => join(root, 'etc/libvirt/hooks', path);
const hookFile = (driver: string) => hookPath(`${driver}.d/50-virt-shaper`);

function put(path: string, text: string, mode = 0o755): string {
  const file = hookPath(path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

/** Every file of libvirt's hooks with its text. */
function allHooks(): Record<string, string> {
  const names = existsSync(hookPath(''))
    ? readdirSync(hookPath(''), { recursive: true, encoding: 'utf8' })
    : [];
  const files = names.filter((name) => statSync(hookPath(name)).isFile()).sort();
  return Object.fromEntries(files.map((name) => [name, readFileSync(hookPath(name), 'utf8')]));
}

test('installs one executable file for each driver, and does nothing the second time', () => {
  assert.is(hooks(['status']).status, 3);
  const first = hooks(['install']);
  assert.is(first.status, 0);
  for (const word of ['would keep', 'removed', 'failed', 'not installed'])
    assert.not.match(first.stderr, word);
  assert.equal(Object.keys(allHooks()), [
    'lxc.d/50-virt-shaper',
    'network.d/50-virt-shaper',
    'qemu.d/50-virt-shaper',
  ]);
  const before = drivers.map((driver) => statSync(hookFile(driver)));
  for (const { mode } of before) assert.is(mode & 0o777, 0o755);
  const again = hooks(['install']);
  assert.is(again.status, 0);
  assert.match(again.stderr, 'is as it was');
  assert.equal(
    drivers.map((driver) => statSync(hookFile(driver)).ctimeMs),
    before.map(({ ctimeMs }) => ctimeMs),
  );
  assert.equal(hooks(['status']).status, 0);
  const removed = hooks(['remove']);
  assert.is(removed.status, 0);
  assert.is(removed.stderr.match(/50-virt-shaper"? removed$/gm)?.length, drivers.length);
  assert.equal(readdirSync(hookPath('')), []);
  const none = hooks(['remove']);
  assert.equal([none.status, none.stderr], [0, 'nothing to do: there is no hook of virt-shaper\n']);
});

test('what is installed shapes a guest when libvirt runs it, with those options', () => {
  const host = new TestHost('').bridge('br0', 'eth0').tap('vnet0');
  try {
    const rules = join(host.root, 'the "rules"');
    const config = join(host.root, "it's.toml");
    writeFileSync(
      config,
      '[hook]\non_failure = "refuse"\n[uplink.eth0]\nceil = "1gbit"\n[guest.cliff]\nrate = "1mbit"\nceil = "7mbit"\n',
      { mode: 0o644 },
    );
    assert.is(hooks(['install', '--config', config, '--rules', rules]).status, 0);
    const call = (operation: string, xml: string) =>
      spawnSync(hookFile('qemu'), ['cliff', operation, 'begin', '-'], {
        input: xml,
        encoding: 'utf8',
        cwd: '/',
        env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
      });
    const { status, stdout, stderr } = call('start', domainXml('cliff', { vnet0: 'br0' }));
    assert.equal({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' });
    assert.match(sh('tc class show dev eth0'), 'ceil 7Mbit');
    assert.ok(existsSync(join(rules, 'shape.tc')));
    assert.is(call('start', 'no XML').status, 1);
    assert.is(call('reconnect', 'no XML').status, 0);
    // The first call is the proof that libvirt has noticed the hook.
    assert.ok(existsSync(join(root, 'run/virt-shaper/hook-called-qemu')));
    rmSync(join(root, 'run'), { recursive: true });
  } finally {
    host.end();
  }
});

test('a hook of before is brought up to date, one without its x bit gets it back', () => {
  hooks(['install', '--rules', '/former']);
  assert.match(hooks(['status']).stdout, 'runs another program, or with other options');
  assert.match(hooks(['install']).stderr, 'brought up to date');
  chmodSync(hookFile('qemu'), 0o644);
  assert.equal(statusOf('qemu').state, 'not executable');
  assert.match(hooks(['install']).stderr, 'made executable');
  assert.is(hooks(['status']).status, 0);
});

test('files of others are neither replaced nor removed, and it is said what to do', () => {
  const foreign = '#!/bin/sh\nexit 0\n';
  put('qemu.d/50-virt-shaper', foreign);
  const refused = hooks(['install']);
  assert.is(refused.status, 1);
  assert.match(refused.stderr, 'is there, and not of virt-shaper');
  assert.match(refused.stderr, 'move it out of');
  assert.is(statusOf('qemu').state, 'foreign');
  assert.is(statusOf('lxc').state, 'ours', 'the others are installed all the same');
  assert.is(hooks(['remove']).status, 0);
  assert.equal(allHooks(), { 'qemu.d/50-virt-shaper': foreign });
});

test('one that was edited stays, and it is said', () => {
  hooks(['install']);
  const edited = `${readFileSync(hookFile('lxc'), 'utf8')}# mine\n`;
  writeFileSync(hookFile('lxc'), edited);
  for (const action of ['install', 'remove']) {
    const { status, stderr } = hooks([action]);
    assert.is(status, 1);
    assert.match(stderr, 'was edited');
  }
  assert.equal(allHooks(), { 'lxc.d/50-virt-shaper': edited });
  assert.is(statusOf('lxc').state, 'edited');
});

test('for libvirt before 6.5 it is one file, never over an existing one', () => {
  const foreign = '#!/bin/sh\nexec /usr/local/sbin/other "$@"\n';
  put('qemu', foreign);
  const old = { version: '6.0.0' };
  const refused = hooks(['install'], old);
  assert.is(refused.status, 1);
  assert.match(refused.stderr, 'this libvirt runs no other');
  assert.match(refused.stderr, 'hook qemu "$@" >/dev/null || [ "$2" != start ] || exit 1');
  assert.equal(Object.keys(allHooks()), ['lxc', 'network', 'qemu']);
  assert.is(allHooks().qemu, foreign);
  // A new libvirt: ours move to where it looks, and are not called twice.
  assert.is(hooks(['install'], { version: '9.0.0' }).status, 0);
  const files = ['lxc.d/50-virt-shaper', 'network.d/50-virt-shaper', 'qemu', 'qemu.d/50-virt-shaper'];
  assert.equal(Object.keys(allHooks()), files);
  assert.equal(statusOf('qemu').others, [hookPath('qemu')]);
});

test('status names what else libvirt runs, and what looks like a backup is to be looked at', () => {
  hooks(['install']);
  put('qemu.d/10-firewall', '#!/bin/sh\n');
  put('qemu.d/README', 'text\n', 0o644);
  mkdirSync(hookPath('qemu.d/folder'));
  assert.is(statusOf('qemu').status, 0);
  for (const name of ['.hidden', '50-virt-shaper~', 'x.bak']) put(`qemu.d/${name}`, '#!/bin/sh\n');
  const { status, others, todo } = statusOf('qemu');
  assert.is(status, 3);
  assert.equal(
    others,
    ['.hidden', '10-firewall', '50-virt-shaper~', 'x.bak'].map((name) => hookPath(`qemu.d/${name}`)),
  );
  assert.is(todo.length, 3);
});

test('says whether the daemon has noticed its first hook, and how to tell it', () => {
  const daemon = startDaemon('libvirtd');
  const told = hooks(['install']);
  assert.is(told.status, 0);
  assert.match(told.stderr, `kill -HUP ${daemon.pid}`);
  assert.is(told.stderr.split('kill -HUP').length, 2, 'once for all drivers');
  assert.is(statusOf('qemu').status, 3);
  assert.is(statusOf('qemu').noticed, false);
  assert.is(hooks(['status']).stdout.split('to do: ').length, 2, 'once for all drivers');
  // One was called, so the daemon was told to look, and has looked for those of all its drivers.
  const called = (driver: string) => {
    const file = join(root, `run/virt-shaper/hook-called-${driver}`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, '');
  };
  called('qemu');
  for (const driver of drivers)
    assert.equal([statusOf(driver).status, statusOf(driver).noticed], [0, true], driver);
  for (const driver of drivers) called(driver);
  assert.is(statusOf('qemu').status, 0);
  assert.is(statusOf('qemu').noticed, true);
  // Another daemon, started after the hook came: it has seen it, whatever was called before.
  for (const driver of drivers) utimesSync(join(root, `run/virt-shaper/hook-called-${driver}`), 1, 1);
  assert.is(statusOf('qemu').noticed, false);
  startDaemon('libvirtd');
  assert.is(statusOf('qemu').noticed, true);
  // Each driver's own daemon counts first; with systemd it is told by that.
  startDaemon('virtqemud');
  put('qemu.d/50-virt-shaper', readFileSync(hookFile('qemu'), 'utf8'));
  mkdirSync(join(root, 'run/systemd/system'), { recursive: true });
  const { todo, daemon: of } = statusOf('qemu');
  assert.is(of.name, 'virtqemud');
  assert.match(todo.join('\n'), 'systemctl reload virtqemud');
});

test('a pid file that was left behind is nobody', () => {
  mkdirSync(join(root, 'run'), { recursive: true });
  for (const pid of [process.pid, 4_000_000, -1, 'x']) {
    writeFileSync(join(root, 'run/libvirtd.pid'), `${pid}\n`);
    hooks(['install']);
    assert.is(statusOf('qemu').daemon, null);
    assert.is(statusOf('qemu').status, 0);
  }
});

test('no hook runs what others than root can change', () => {
  const refused = (by: string, why: string) => {
    const { status, stderr } = hooks(['install'], { by });
    assert.is(status, 1);
    assert.match(stderr, 'libvirt runs the hook as root');
    assert.match(stderr, why);
    assert.equal(allHooks(), {});
  };
  const other = '/run/others';
  try {
    chmodSync(join(installed, 'dist'), 0o777);
    refused(program, `${join(installed, 'dist')}: `);
    chmodSync(join(installed, 'dist'), 0o755);
    const part = 'program.js';
    chmodSync(join(installed, 'dist', part), 0o666);
    refused(program, part);
    chmodSync(join(installed, 'dist', part), 0o644);
    sh(`chown 1234 ${installed}`);
    refused(program, 'owner 1234');
    sh(`chown 0 ${installed}`);
    // By way of a folder of everybody's: root's own file there could be another tomorrow.
    mkdirSync(other);
    chmodSync(other, 0o1777);
    cpSync(installed, join(other, 'copy'), { recursive: true });
    refused(join(other, 'copy/dist/virt-shaper.js'), 'put the program where only root can write');
    // What a symlink leads to is what counts; ours does not go by the link's name.
    symlinkSync(program, join(other, 'link'));
    assert.is(hooks(['install'], { by: join(other, 'link') }).status, 0);
    assert.match(readFileSync(hookFile('qemu'), 'utf8'), program);
  } finally {
    rmSync(other, { recursive: true, force: true });
    chmodSync(join(installed, 'dist'), 0o755);
    sh(`chown 0 ${installed}`);
  }
});

/** SELinux as it shows itself below the root. */
function layOutSelinux(enforce: string, boolean: string): void {
  const folder = join(root, 'sys/fs/selinux');
  mkdirSync(join(folder, 'booleans'), { recursive: true });
  writeFileSync(join(folder, 'enforce'), enforce);
  writeFileSync(join(folder, 'booleans/virt_hooks_unconfined'), boolean);
}

test('SELinux that lets no hook run: none is left, and what to do is said, until it does', () => {
  mkdirSync(join(root, 'run/libvirt/qemu'), { recursive: true });
  assert.is(hooks(['install']).status, 0);
  // With the label of libvirt's hooks, which a folder that was made by hand has not.
  const labelled = join(root, 'labelled');
  mkdirSync(join(root, 'bin'), { recursive: true });
  writeFileSync(join(root, 'bin/restorecon'), '#!/bin/sh\necho "$*" >>"$(dirname "$0")/../labelled"\n', {
    mode: 0o755,
  });
  assert.is(hooks(['install']).status, 0);
  assert.not.ok(existsSync(labelled), 'no SELinux, no label');
  layOutSelinux('1', '0 0');
  assert.match(hooks(['status']).stdout, /libvirt cannot run it, so no guest starts: SELinux enforces/);
  const doctor = spawnSync(process.execPath, [program, '--root', root, 'doctor', '--json'], {
    encoding: 'utf8',
  });
  const said = JSON.parse(doctor.stdout).findings.find(
    ({ check }: { check: string }) => check === 'hook.qemu',
  );
  assert.is(said?.level ?? doctor.stderr, 'problem');
  assert.match(said.detail, /libvirt cannot run it, so no guest starts: SELinux/);
  assert.match(said.hint, /setsebool -P virt_hooks_unconfined on/);
  for (const where of ['there', 'gone']) {
    const { status, stderr } = hooks(['install']);
    assert.is(status, 1, where);
    assert.equal(/50-virt-shaper"? removed: libvirt cannot run it/.test(stderr), where === 'there');
    assert.match(
      stderr,
      /not installed, the hooks of qemu, lxc, network: SELinux enforces.*virt_hooks_unconfined is off/,
    );
    assert.match(stderr, /\n +setsebool -P virt_hooks_unconfined on\n/);
    assert.equal(allHooks(), {});
  }
  assert.match(hooks(['status']).stdout, /libvirt could not run it: SELinux/);
  rmSync(hookPath(''), { recursive: true });
  hooks(['install']);
  assert.not.ok(existsSync(hookPath('')), 'nor a folder that was not there');
  layOutSelinux('1', '1 1');
  rmSync(labelled);
  assert.is(hooks(['install']).status, 0);
  assert.is(readFileSync(labelled, 'utf8'), `${hookPath('').replace(/\/$/, '')}\n`);
  assert.is(hooks(['status']).status, 0);
  layOutSelinux('0', '0 0');
  assert.is(hooks(['install']).status, 0);
});

test('a folder of hooks on a file system that executes nothing', () => {
  mkdirSync(hookPath(''), { recursive: true });
  const mount = (...args: string[]) => assert.is(spawnSync('mount', args).status, 0);
  mount('-t', 'tmpfs', '-o', 'noexec,mode=755', 'tmpfs', hookPath(''));
  try {
    const { status, stderr } = hooks(['install']);
    assert.is(status, 1);
    assert.match(stderr, /libvirt\/hooks.* is mounted noexec.*\n +mount -o remount,exec /);
    assert.equal(allHooks(), {});
    mount('-o', 'remount,exec', hookPath(''));
    assert.is(hooks(['install']).status, 0);
    mount('-o', 'remount,noexec', hookPath(''));
    assert.match(statusOf('qemu').obstacles.join(), /is mounted noexec/);
    assert.is(hooks(['install']).status, 1);
    assert.equal(allHooks(), {});
  } finally {
    sh(`umount '${hookPath('').replaceAll("'", "'\\''")}'`);
  }
});

test('a hook of ours that holds no script any more is mended; one of others that cannot be executed is named', () => {
  hooks(['install']);
  const whole = allHooks();
  for (const text of ['', '\0\0\0\0\0\0\0\0']) {
    writeFileSync(hookFile('qemu'), text);
    assert.is(statusOf('qemu').state, 'damaged');
    assert.match(hooks(['status']).stdout, /damaged, so that no guest starts: /);
    assert.match(hooks(['install']).stderr, /brought up to date/);
    assert.equal(allHooks(), whole);
  }
  const other = put('qemu.d/10-mine', '');
  assert.match(statusOf('qemu').todo.join(), /10-mine.* is empty, so libvirt starts no guest: chmod a-x /);
  chmodSync(other, 0o644);
  assert.is(hooks(['status']).status, 0);
});

test('libvirt, which may look at any moment, sees the former hook or the new one, whole and executable', async () => {
  hooks(['install']);
  const script = `const { existsSync, readdirSync, readFileSync, statSync } = require('node:fs');
    const [folder, end] = process.argv.slice(1);
    const seen = {};
    let looks = 0;
    console.log();
    for (; !existsSync(end); looks += 1) for (const name of readdirSync(folder)) {
      try {
        const text = readFileSync(folder + '/' + name, 'utf8');
        seen[name + ' ' + (text.startsWith('#!/bin/sh') && text.endsWith('endWith "$status" "$@"\\n')) + ' ' + (statSync(folder + '/' + name).mode & 0o777).toString(8)] = text.length;
      } catch (error) { seen[name + ' ' + error.code] = 1; }
    }
    console.log(JSON.stringify({ looks, seen: Object.keys(seen) }));`;
  const end = join(root, 'end');
  const watcher = spawn(process.execPath, ['-e', script, hookPath('qemu.d'), end], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started.push(watcher);
  let said = '';
  watcher.stdout?.on('data', (data) => {
    said += data;
  });
  const ended = once(watcher, 'close');
  if (watcher.stdout) await once(watcher.stdout, 'data'); // It has begun to look.
  // By number and not by time, so that a busy machine replaces it as often.
  const replaced = Array.from({ length: 8 }, (_, count) => {
    const before = statSync(hookFile('qemu')).ino;
    hooks(['install', '--rules', `/rules-${count % 2}`]);
    return statSync(hookFile('qemu')).ino !== before;
  });
  writeFileSync(end, '');
  await ended;
  const { looks, seen } = JSON.parse(said);
  assert.ok(replaced.every(Boolean) && looks > 100, `${replaced} replaced, ${looks} looks`);
  assert.equal(seen, ['50-virt-shaper true 755']);
});

test('wrong words are wrong usage', () => {
  for (const args of [['frobnicate'], ['install', 'qemu'], ['install', '--json'], []]) {
    assert.is(hooks(args).status, 2, args.join(' '));
  }
  assert.equal(allHooks(), {});
});

/** A process of that name, whose pid file libvirt's would be. */
function startDaemon(name: string): ChildProcess {
  const file = join(root, name);
  if (!existsSync(file)) copyFileSync('/bin/sleep', file);
  chmodSync(file, 0o755);
  const child = spawn(file, ['1000'], { stdio: 'ignore' });
  started.push(child);
  mkdirSync(join(root, 'run'), { recursive: true });
  writeFileSync(join(root, `run/${name}.pid`), `${child.pid}\n`);
  sh('sleep 0.1'); // Times are known to a hundredth of a second.
  return child;
}

test.run();
