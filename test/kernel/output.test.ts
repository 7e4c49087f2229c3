// What --json prints is what packaging/schema says, of which docs/output.md is made: no field that it does not name, and
// none that it names and nothing prints. One shape of a guest and a class, whichever command prints them.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { shapeOf } from '../../build/completions/shape.ts';
import { parseExposition } from '../support/exposition.ts';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { againstSchema, neverSeen } from '../support/output-schema.ts';
import { readPages } from '../support/pages.ts';
import { unless } from '../support/skip.ts';
import { sh, TestHost } from './host.ts';

const test = unless(needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'flock'));

const config = `[defaults]
pps = 50000
metadata = { groups = ["friends"], ceil = "40mbit" }
[uplink.eth0]
ceil = "100mbit"
[uplink.eth1]
ceil = "1gbit"
[group.friends]
ceil = "30mbit"
[group.friends.quota]
volume = "20tb"
then = { ceil = "1mbit" }
[guest.cliff]
group = "friends"
rate = "20mbit"
ceil = "50mbit"
quota = { volume = "2tb", every = "week", then = { ceil = "1mbit" } }
boost = { ceil = "60mbit", volume = "1gb" }
local = "50mbit"
storm = 500
burst = "20k"
[guest.rob]
group = "friends"
rate = "20mbit"
leaf = { kind = "bfifo", limit = "64k" }
[guest."ro*"]
[guest.ina]
ceil = "20mbit"
id = 0x20
[guest.cliff.on.eth1]
rate = "1mbit"
`;

let host: TestHost;
test.before(() => {
  host = new TestHost(config).bridge('br0', 'eth0').bridge('br1', 'eth1');
  for (const [tap, bridge] of [
    ['vnet0', 'br0'],
    ['vnet1', 'br0'],
    ['vnet2', 'br0'],
    ['vnet3', 'br1'],
    ['vnet4', 'br0'],
    ['vnet5', 'br0'],
  ] as const)
    host.tap(tap, bridge);
  assert.is(host.hook('cliff', 'start', { vnet0: 'br0', vnet3: 'br1' }).status, 0);
  assert.is(host.hook('rob', 'start', { vnet1: 'br0' }).status, 0);
  assert.is(host.hook('bob', 'start', { vnet2: 'br0' }).status, 0);
  assert.is(host.hook('ina', 'start', { vnet4: 'br0' }).status, 0);
  const limit = (...args: string[]) => assert.is(host.run(['limit', ...args]).status, 0);
  limit('rob', '--ceil', '9mbit', '--rate', '1mbit', '--for', '1h', '--why', 'a report');
  limit('friends', '--group', '--ceil', '15mbit');
  limit('eth0', '--unmarked', '--rate', '2mbit');
  assert.is(host.run(['sync']).status, 0);
});
test.before(() => {
  assert.is(host.run(['usage', 'count']).status, 0);
  const file = join(host.root, 'var/lib/virt-shaper/usage/now.json');
  const ledger = JSON.parse(readFileSync(file, 'utf8'));
  ledger.accounts['guest cliff'] = { group: 'friends', total: [9, 9], day: [7, 8], out: '700:1' };
  writeFileSync(file, JSON.stringify(ledger));
});
test.after(() => host.end());

type Data = Record<string, unknown>;

function dataOf(command: string): Data {
  const interval = /^(status|tree|top)/.test(command) ? ['--interval', '0.2'] : [];
  const { stdout, stderr } = host.run([...command.split(' '), ...interval, '--json']);
  assert.not.equal(stdout, '', `${command}: ${stderr}`);
  return JSON.parse(stdout) as Data;
}

/** Command -> its definition in the schema. */
const definitions: Record<string, string> = {
  'apply --dry-run': 'plan',
  'load --dry-run': 'plan',
  plan: 'plan',
  verify: 'verify',
  status: 'status',
  tree: 'tree',
  top: 'top',
  check: 'check',
  doctor: 'doctor',
  'hooks status': 'hooks',
  'usage --p95': 'usage',
  'usage --day': 'usage',
  'explain cliff': 'explain',
  'explain friends': 'explain-group',
  limits: 'limits',
};

function holdAll(commands = Object.keys(definitions)): void {
  for (const command of commands) {
    const name = definitions[command] ?? definitions[command.split(' ')[0] ?? ''] ?? 'explain';
    assert.equal(againstSchema(name, dataOf(command)), [], command);
  }
}

test('every command that has --json has a definition', () => {
  const named = new Set(Object.keys(definitions).map((command) => command.split(' ')[0]));
  for (const { name, options } of shapeOf().commands) {
    const prints = options.some(({ flags }) => flags.includes('--json'));
    assert.is(named.has(name), prints, name);
  }
});

test('a host that is well', () => holdAll());

test('a guest and a class have one shape, and their states one spelling', () => {
  const states = (command: string) =>
    Object.fromEntries((dataOf(command).guests as Data[]).map(({ guest, state }) => [guest, state]));
  const expected: Record<string, string> = { cliff: 'shaped', rob: 'shaped', ina: 'shaped', bob: 'left out' };
  for (const command of ['status', 'top', 'tree', 'verify']) assert.equal(states(command), expected, command);
  assert.is(dataOf('explain bob').state, 'left out');
  assert.match(host.run(['status']).stdout, /^bob .* left out$/m);
  assert.match(host.run(['metrics']).stdout, 'virt_shaper_guests{state="left out"} 1');
});

test('every metric is in docs/output.md, with its type and labels, and no other is', () => {
  const [page] = readPages(['docs/output.md']);
  const rows = [...(page?.text ?? '').matchAll(/^\| `(virt_shaper_\w+)` \| (\w+) \| ([^|]*) \|/gm)];
  const listed = new Map(
    rows.map(([, name, type, labels = '']) => [name, `${type} ${labels.replaceAll('`', '')}`]),
  );
  const { stdout } = host.run(['metrics']);
  const families = parseExposition(stdout);
  for (const [name, { type, samples }] of families) {
    const labels = Object.keys(samples[0]?.labels ?? {}).join(', ') || '-';
    assert.is(listed.get(name), `${type} ${labels}`, name);
  }
  const absent = [...listed.keys()].filter((name) => !families.has(name ?? ''));
  assert.equal(absent, []);
});

test('one with drift, obstacles, stopped guests and others of their names', () => {
  sh('tc qdisc del dev vnet1 clsact');
  sh('tc class change dev eth0 parent 1:ffff classid 1:20 htb rate 1mbit ceil 2mbit');
  sh('nft add chain bridge virt-shaper somebodys');
  host.write('run/libvirt/qemu/sue.xml', statusFile('sue', 'vnet5'));
  holdAll([...Object.keys(definitions), 'explain rob', 'explain ina', 'explain bob', 'explain sue']);
  rmSync(join(host.root, 'run/libvirt/qemu/sue.xml'));
  assert.is(host.run(['load']).status, 0);
});

test('one whose configuration has changed, and has mistakes', () => {
  host.configure(config.replace('rate = "20mbit"\nceil', 'rate = "19mbit"\nceil'));
  holdAll(['status', 'apply --dry-run', 'explain cliff']);
  host.configure(`${config}[guest."x"]\nrat = "5mbit"\n`);
  holdAll(['check', 'doctor']);
  host.configure(config);
});

test('one with a guest whose XML asks for more', () => {
  const xml = `<domain type='kvm'><name>eve</name><metadata><s:shaping xmlns:s='urn:virt-shaper:guest:1'
    group='friends' rate='1mbit' ceil='90mbit' ceil-in='lots'/></metadata><devices><interface type='bridge'>
    <mac address='52:54:00:6d:90:09'/><source bridge='br0'/><target dev='vnet5'/></interface></devices></domain>`;
  assert.is(host.run(['hook', 'qemu', 'eve', 'start', 'begin', '-'], { input: xml }).status, 0);
  holdAll(['status', 'explain eve', 'check']);
});

test('one with a load that waits, and rules that nobody has loaded or that are gone', () => {
  host.write('run/virt-shaper/confirm/pending.json', JSON.stringify({ id: 'x', deadline: 0, former: true }));
  holdAll(['status', 'doctor']);
  rmSync(join(host.root, 'run/virt-shaper/confirm'), { recursive: true });
  const file = join(host.root, 'var/lib/virt-shaper/rules.d/shape.tc');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, `${text}\n`);
  holdAll(['status', 'explain cliff']);
  rmSync(file);
  holdAll(['status', 'explain cliff']);
  writeFileSync(file, text);
});

test('one that is switched off', () => {
  assert.is(host.run(['unload']).status, 0);
  holdAll();
});

test('all that the schema describes was printed, but for what this host cannot have', () => {
  const others = [
    /^explain\.kernel\.unreadable$/, // of a kernel that does not answer
    /^explain\.kernel\.surplusElements/, // of a table that somebody has edited
    /^explain\.(reasons|nics\.reasons)/,
    /^explained-(rate|size)\./,
    /^(step|value-for-now)\.at$/, // what a limit is has no line
    /^hooks\.hooks\.daemon\./, // no libvirtd runs here
    /^top\.trouble$/,
    /^status\.lastLoad\.error$/,
    /^tc-values/,
  ];
  assert.equal(
    neverSeen().filter((path) => !others.some((other) => other.test(path))),
    [],
  );
});

/** As libvirt writes it below /run while a guest runs. */
function statusFile(name: string, tap: string): string {
  return `<domstatus state='running'><domain type='kvm'><name>${name}</name><devices><interface type='bridge'>
    <source bridge='br0'/><target dev='${tap}'/></interface></devices></domain></domstatus>`;
}

test.run();
