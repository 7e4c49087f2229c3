// What the built program asks of Node.js, and what Node.js says to it: with whichever it is run (npm run test:nodes), what it
// uses of Node's modules is there, and no command gets a word of warning from it, be it of what will be gone some day.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { unless } from '../support/skip.ts';
import { domainXml, program, sh, TestHost } from './host.ts';

const test = unless(needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'flock'));

const config = `
[uplink.eth0]
bridge = "br0"
ceil = "1gbit"
[guest.cliff]
rate = "15mbit"
ceil = "30mbit"
`;
let host: TestHost;

test.before(() => {
  host = new TestHost(config).bridge('br0', 'eth0').tap('vnet0');
  host.write('run/libvirt/qemu/cliff.xml', `<domstatus state='running'>${cliff}</domstatus>\n`);
});
test.after(() => host.end());
const cliff = domainXml('cliff', { vnet0: 'br0' });

for (const name of ['program.js', 'hook.js']) {
  test(`all that ${name} uses of modules of Node.js is there`, () => areThere(name));
}

function areThere(name: string): void {
  const used = usedOfModules(readFileSync(join(program, '..', name), 'utf8'));
  assert.ok(used['node:fs']?.includes('readFileSync'), 'as the build writes it');
  assert.ok(used['node:child_process']?.includes('default'));
  const script = `const used = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
    const lacks = (module) => used[module].filter((name) => name !== 'default' && !(name in require(module)));
    console.log(JSON.stringify(Object.keys(used).flatMap((module) => lacks(module).map((name) => module + '.' + name))));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], {
    input: JSON.stringify(used),
    encoding: 'utf8',
  });
  assert.equal({ stdout, stderr }, { stdout: '[]\n', stderr: '' });
}

/** Every way through the program that a life has, in its order. */
const commands: { args: string[]; input?: string }[] = [
  { args: ['--version'] },
  { args: ['--help'] },
  { args: ['check'] },
  { args: ['render'] },
  { args: ['init', '--print'] },
  { args: ['plan'] },
  { args: ['load'] },
  { args: ['hook', 'qemu', 'cliff', 'prepare', 'begin', '-'], input: cliff },
  { args: ['hook', 'qemu', 'cliff', 'start', 'begin', '-'], input: cliff },
  { args: ['hook', 'qemu', 'cliff', 'started', 'begin', '-'], input: cliff },
  { args: ['sync'] },
  { args: ['verify'] },
  { args: ['set', 'cliff', 'ceil', '20mbit'] },
  { args: ['apply', '--confirm', '1'] },
  { args: ['confirm'] },
  { args: ['unset', 'cliff'] },
  { args: ['limit', 'cliff', '--ceil', '10mbit', '--for', '1h'] },
  { args: ['limits'] },
  { args: ['limit', 'cliff', '--lift'] },
  { args: ['status'] },
  { args: ['status', '--interval', '0.001'] }, // Over before tc has answered.
  { args: ['tree'] },
  { args: ['top', '--once', '--interval', '0.1'] },
  { args: ['explain', 'cliff'] },
  { args: ['usage', 'count'] },
  { args: ['usage', '--html', '-'] },
  { args: ['metrics'] },
  { args: ['hooks', 'status'] },
  { args: ['doctor'] },
  { args: ['names', 'guests'] },
  { args: ['import', '-'], input: 'cliff_eth0="10 15mbit 30mbit"\n' },
  { args: ['hook', 'qemu', 'cliff', 'stopped', 'end', '-'], input: cliff },
  { args: ['unload'] },
];

test('these are all commands', () => {
  const { stdout } = host.run(['--help']);
  const names = [...stdout.matchAll(/^ {2}([a-z]+) /gm)].map(([, name = '']) => name);
  assert.ok(names.includes('apply'), stdout);
  const tried = new Set([...commands.map(({ args }) => args[0]), 'help']);
  assert.equal(
    names.filter((name) => !tried.has(name)),
    [],
  );
});

test('it has no warning of Node.js, not even of what is to go', () => {
  const warned: string[] = [];
  for (const { args, input = '' } of commands) {
    const all = ['--pending-deprecation', '--trace-warnings', program, '--root', host.root, ...args];
    const { status, stdout, stderr } = spawnSync(process.execPath, all, { input, encoding: 'utf8' });
    if (/\(node:\d+\)|Warning: |unrecognized flag/.test(stderr)) warned.push(`${args.join(' ')}: ${stderr}`);
    // This host is no real one: doctor and hooks find something. And nobody confirms in time.
    assert.ok(
      status === 0 || ['doctor', 'hooks', 'apply', 'confirm'].includes(args[0] ?? ''),
      `${args.join(' ')}: ${status} ${stdout}${stderr}`,
    );
    assert.not.match(stdout + stderr, 'a defect of virt-shaper');
  }
  assert.equal(warned, []);
});

test('on a full disk it says what cannot be written, and does its work', () => {
  const call = `${process.execPath} ${program} --root ${host.root}`;
  const { status, stderr } = spawnSync('sh', ['-c', `${call} metrics >/dev/full`], { encoding: 'utf8' });
  assert.is(status, 1);
  assert.match(stderr, /^virt-shaper: stdout cannot be written: ENOSPC/);
  assert.is(host.run(['apply']).status, 0, 'what was unloaded stays so otherwise');
  host.run(['hook', 'qemu', 'cliff', 'stopped', 'end', '-'], { input: cliff });
  host.configure('[guest.cliff');
  const start = `${call} hook qemu cliff start begin - 2>/dev/full`;
  assert.is(spawnSync('sh', ['-c', start], { input: cliff }).status, 0);
  assert.match(sh('tc class show dev eth0'), 'rate 15Mbit ceil 30Mbit');
});

/** Module -> what of it the bundle names. */
function usedOfModules(text: string): Record<string, string[]> {
  const used: Record<string, string[]> = {};
  for (const [, name = '', module = ''] of text.matchAll(
    /\b(import_\w+) = (?:__toESM\()?require\("([\w:/]+)"\)/g,
  )) {
    const names = [...text.matchAll(new RegExp(`\\b${name}\\.(\\w+)`, 'g'))].map(([, of = '']) => of);
    used[module] = [...new Set([...(used[module] ?? []), ...names])].sort();
  }
  return used;
}

test.run();
