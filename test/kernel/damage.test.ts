// Every file in /run/virt-shaper and /var/lib/virt-shaper, damaged in every way that a full disk, a power cut or a slip of
// the hand leaves: no command calls it a defect, no guest loses its class or gets another one, and a sync mends it.
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import * as assert from 'uvu/assert';
import { amount } from '../support/amount.ts';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { unless } from '../support/skip.ts';
import { domainXml, type Result, sh, TestHost } from './host.ts';

const test = unless(needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'flock'));

const config = `
[uplink.eth0]
ceil = "1gbit"
[group.friends]
ceil = "30mbit"
[defaults]
rate = "1mbit"
ceil = "20mbit"
[guest."*"]
group = "friends"
`;

const damages: Record<string, (file: string) => void> = {
  emptied: (file) => writeFileSync(file, ''),
  'full of NULs': (file) => writeFileSync(file, Buffer.alloc(Math.max(8, statSync(file).size))),
  'cut in the middle': (file) => {
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.subarray(0, bytes.length >> 1));
  },
  garbage: (file) => writeFileSync(file, Buffer.from('{"version": [}\x01 \xff\xfe nonsense\n', 'latin1')),
  'of a newer version': (file) =>
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"version":\s*\d+/, '"version": 999')),
  'a folder': (file) => {
    rmSync(file);
    mkdirSync(file);
    writeFileSync(join(file, 'x'), '');
  },
  'JSON of another form': (file) =>
    writeFileSync(file, '{"version":1,"guests":{"cliff":"x"},"groups":[],"files":7}'),
  gone: (file) => rmSync(file),
};

let host: TestHost;
let wanted: string;
const copy = '/run/copy-of-a-host';

test.before(() => {
  host = new TestHost(config);
  host.bridge('br0', 'eth0');
  for (const tap of ['vnet0', 'vnet1', 'vnet2']) host.tap(tap);
  // Found by trying: both draw 0x4231, so that who comes second has an id that the name does not tell.
  for (const [guest, tap] of [
    ['g1349', 'vnet0'],
    ['g632', 'vnet1'],
  ] as const) {
    const xml = domainXml(guest, { [tap]: 'br0' });
    host.write(
      `run/libvirt/qemu/${guest}.xml`,
      `<domstatus state='running' reason='booted' pid='1'>${xml}</domstatus>`,
    );
    assert.is(host.hook(guest, 'start', { [tap]: 'br0' }).status, 0);
  }
  for (const args of [['sync'], ['sync', '--in-force'], ['metrics']]) assert.is(host.run(args).status, 0);
  // What a load that waits, one that was killed and one that was taken back leave.
  for (const [name, text] of Object.entries({
    'confirm.undone': 'x',
    'held/whole': '',
    'foreign-taps': 'vnet7\n',
    'sync/shape.tc': '',
  })) {
    host.write(`run/virt-shaper/${name}`, text);
  }
  wanted = classes();
  sh(`cp -a ${host.root} ${copy}`);
});
test.after(() => {
  rmSync(copy, { recursive: true });
  host.end();
});

/** Of the two guests and their group, in both directions. */
function classes(): string {
  const all = sh('tc class show dev eth0; tc class show dev ifb-eth0');
  return [...all.matchAll(/^class htb (\S+) .* ceil (?:20|30)Mbit/gm)]
    .map(([, id]) => id)
    .sort()
    .join(' ');
}

/** In name order, so that a run can be repeated. */
function files(folder: string): string[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      return lstatSync(path).isSymbolicLink() ? [] : statSync(path).isDirectory() ? files(path) : [path];
    });
}

function restored(): void {
  sh(`rm -rf ${host.root}; cp -a ${copy} ${host.root}`);
}

const looks = [
  ['status', '--interval', '0'],
  ['tree'],
  ['metrics'],
  ['verify'],
  ['plan'],
  ['doctor'],
  ['explain', 'g632'],
  ['limits'],
];

/** @returns what is wrong */
function whenDamaged(file: string, damage: (file: string) => void, round: number): string[] {
  const wrong: string[] = [];
  const run = (name: string, work: () => Result): Result => {
    restored();
    damage(file);
    const result = work();
    const { status, stdout, stderr } = result;
    if (status === null || /defect|^ +at .*[.:]\d+/m.test(stdout + stderr)) wrong.push(`${name}: ${stderr}`);
    return result;
  };
  const look = looks[round % looks.length] ?? [];
  run(look.join(' '), () => host.run(look));
  if (classes() !== wanted) wrong.push(`${look.join(' ')}: ${classes()}`);

  const start = run('a start', () => host.hook('ann', 'start', { vnet2: 'br0' }));
  if (start.status !== 0 || /UNSHAPED/.test(start.stderr)) wrong.push(`a start: ${start.stderr}`);
  if (!wanted.split(' ').every((id) => classes().split(' ').includes(id)))
    wrong.push(`a start: ${classes()}`);
  if (classes().split(' ').length !== wanted.split(' ').length + 2) wrong.push(`a start: ${classes()}`);
  host.hook('ann', 'stopped');

  const sync = round % 2 === 0 ? ['sync'] : ['sync', '--in-force'];
  const first = run(sync.join(' '), () => host.run(sync));
  if (first.status !== 0 || classes() !== wanted)
    wrong.push(`${sync.join(' ')}: ${first.stderr} ${classes()}`);
  const second = host.run(['sync']);
  if (second.status !== 0 || /damaged/.test(second.stderr)) wrong.push(`a second sync: ${second.stderr}`);
  const status = host.run(['status', '--interval', '0']);
  if (status.status !== 0 || !status.stdout.startsWith('2 guests shaped'))
    wrong.push(`then: ${status.stdout}`);

  if (round % 4 === 0) {
    const unload = run('unload', () => host.run(['unload']));
    if (unload.status !== 0 || sh('nft list ruleset; tc class show dev eth0') !== '')
      wrong.push(`unload: ${unload.stderr}`);
    restored();
    host.run(['sync']);
    if (classes() !== wanted) wrong.push('nothing is as it was');
  }
  return wrong;
}

const names = Object.keys(damages);

test('whatever file is damaged in whatever way, guests stay shaped as they were, and a sync mends it', () => {
  const all = ['run/virt-shaper', 'var/lib/virt-shaper'].flatMap((folder) => files(join(host.root, folder)));
  assert.ok(all.length > 20, all.join(' '));
  const tries = all.flatMap((file) => names.map((name) => ({ file, name })));
  // Each file and each damage in turn; all of them where there is time.
  const step = Math.max(1, Math.floor(tries.length / amount(24)));
  const wrong: string[] = [];
  let round = 0;
  for (let index = 0; index < tries.length; index += step) {
    const { file, name } = tries[(index + (round % names.length)) % tries.length] ?? { file: '', name: '' };
    round += 1;
    for (const what of whenDamaged(file, damages[name] ?? (() => {}), round)) {
      wrong.push(`${relative(host.root, file)}, ${name}: ${what}`);
    }
  }
  assert.ok(round >= amount(24) && existsSync(copy));
  assert.is(wrong.join('\n'), '');
});

test('with the rules in force gone from the disk no view says that nobody is limited, and sync brings them back', () => {
  restored();
  const folder = join(host.root, 'var/lib/virt-shaper');
  rmSync(folder, { recursive: true });
  for (const args of [
    ['status'],
    ['status', '--json'],
    ['tree'],
    ['metrics'],
    ['verify'],
    ['explain', 'g632'],
  ]) {
    const { status, stdout, stderr } = host.run(args);
    assert.is(status, 1, args.join(' '));
    assert.match(
      stderr,
      /are gone from .*: who is shaped cannot be told\n +virt-shaper sync makes them anew, by the saved configuration/,
    );
    assert.is(stdout, '');
  }
  const doctor = host.run(['doctor']).stdout;
  assert.match(
    doctor,
    /its rules are gone from the disk\s+virt-shaper sync makes them anew, by the saved configuration/,
  );
  assert.not.match(doctor, 'virt-shaper unload');
  assert.is(host.run(['sync']).status, 0);
  assert.match(host.run(['status', '--interval', '0']).stdout, /^2 guests shaped/);
  assert.is(classes(), wanted);

  // One file of them alone.
  restored();
  rmSync(join(folder, 'rules.d/good/ruleset.nft'));
  assert.match(
    host.run(['verify']).stderr,
    /good\/ruleset\.nft is not there\n +virt-shaper sync --in-force makes it anew/,
  );
  assert.is(host.run(['sync']).status, 0);
  assert.is(host.run(['verify']).status, 0);

  // What was unloaded is not lost.
  restored();
  assert.is(host.run(['unload']).status, 0);
  rmSync(join(folder, 'rules.d'), { recursive: true });
  assert.match(host.run(['status']).stdout, /^Nothing is loaded/);
  restored();
  host.run(['sync']);
});

test('ids.json is made anew with the ids that guests have, and what was there is kept', () => {
  restored();
  const file = join(host.root, 'var/lib/virt-shaper/ids.json');
  const before = readFileSync(file, 'utf8');
  writeFileSync(file, before.slice(0, 40));
  const { stderr } = host.run(['sync']);
  assert.match(stderr, /ids\.json is damaged.*kept beside it/);
  assert.is(readFileSync(file, 'utf8'), before);
  assert.is(readFileSync(`${file}.damaged`, 'utf8'), before.slice(0, 40));
  assert.not.match(host.run(['sync']).stderr, 'damaged');
});

test.run();
