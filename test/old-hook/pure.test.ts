// What the hook of 2010 got wrong, point by point, so far as files show it without a kernel. Each
// test is called after its point; those that need packets are in test/kernel and test/lab.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { importBandwidthConf } from '../../src/import/bandwidth-conf.ts';
import { generate, type Outputs } from '../../src/pipeline.ts';
import { everyday } from '../../src/policy/moment/moment.ts';
import { ConfigError } from '../../src/system/errors.ts';
import { generateFor, makeWorld, noneChosen, readToml, templates, type World } from '../support/world.ts';
import type { HtbClass } from '../trace/tc.ts';
import { readNetwork, trace } from '../trace/trace.ts';

/** The classes from the guest's own to the link, for what the tap receives or sends. */
function path({ rules }: Outputs, iif: string, oif: string): HtbClass[] {
  const { queue } = trace(readNetwork(rules), { iif, oif });
  return queue === 'direct' ? [] : queue.path;
}

const checkout = fileURLToPath(new URL('../..', import.meta.url));

const imported = (text: string) => importBandwidthConf(text, 'bandwidth.conf');

/** cliff and rob, each with that guarantee, in a group of 30 mbit. */
function friends(rate: string): World {
  const guest = (name: string) => `[guest.${name}]\ngroup = "friends"\nrate = "${rate}"\n`;
  const toml = `[group.friends]\nceil = "30mbit"\n${guest('cliff')}${guest('rob')}`;
  return makeWorld(toml, { cliff: 'vnet0@br0', rob: 'vnet1@br0' });
}

test('a group is one class for all its members, receiving too', () => {
  const outputs = generateFor(friends('10mbit'));
  for (const [cliff, rob] of [
    [path(outputs, 'eth0', 'vnet0'), path(outputs, 'eth0', 'vnet1')],
    [path(outputs, 'vnet0', 'eth0'), path(outputs, 'vnet1', 'eth0')],
  ] as const) {
    assert.is.not(cliff[0]?.id, rob[0]?.id);
    assert.is(cliff[1]?.ceil, 30e6);
    assert.is(cliff[1]?.id, rob[1]?.id);
  }
});

test('UDP: a burst is more than one packet for every class', () => {
  const outputs = generateFor(
    makeWorld('[guest.cliff]\nrate = "1mbit"\nceil = "30mbit"\n', { cliff: 'vnet0@br0' }),
  );
  for (const { htb } of readNetwork(outputs.rules).devices.values()) {
    for (const { id, burst, cburst } of htb?.classes.values() ?? []) {
      assert.ok(Math.min(burst, cburst) >= 2 * 1514, `${id}: ${burst}, ${cburst}`);
    }
  }
  assert.ok(
    (path(outputs, 'vnet0', 'eth0')[0]?.cburst ?? 0) >= 16_384,
    'what 30 mbit of UDP was measured to need',
  );
});

test('more than nine groups', () => {
  const numbers = Array.from({ length: 40 }, (_, index) => index + 1);
  const toml = numbers.map(
    (number) =>
      `[group.g${number}]\nceil = "${number}mbit"\n[guest.vm${number}]\ngroup = "g${number}"\nrate = "1mbit"\n`,
  );
  const guests = Object.fromEntries(numbers.map((number) => [`vm${number}`, `vnet${number}@br0`]));
  const outputs = generateFor(makeWorld(toml.join(''), guests));
  const groups = numbers.map((number) => path(outputs, `vnet${number}`, 'eth0')[1]);
  assert.is(new Set(groups.map((group) => group?.id)).size, 40);
  assert.equal(
    groups.map((group) => group?.ceil),
    numbers.map((number) => number * 1e6),
  );
});

test("ids do not collide with groups' nor with 333", () => {
  const { toml, problems } = imported(
    'ceil_eth0="1gbit"\na_eth0="1 1mbit"\nb_eth0="333 1mbit"\nc_eth0="12 1mbit"\n',
  );
  assert.ok(problems.some(({ message }) => /id 333 is that of the default class/.test(message)));
  const outputs = generateFor(makeWorld(toml, { a: 'vnet0@br0', b: 'vnet1@br0', c: 'vnet2@br0' }));
  const leaf = (tap: string) => path(outputs, tap, 'eth0')[0]?.id ?? '';
  assert.is(leaf('vnet2'), '1:12');
  assert.is(path(outputs, 'vnet2', 'eth0')[1]?.id, '1:1', 'the group’s');
  for (const tap of ['vnet0', 'vnet1']) assert.not(['', '1:1', '1:333'].includes(leaf(tap)), leaf(tap));

  const same = '[group.g]\nid = 0x10\nceil = "1mbit"\n[guest.a]\nid = 0x10\n';
  assert.throws(
    () => readToml(same),
    (error: unknown) => error instanceof ConfigError && /0x10 is taken by/.test(error.message),
  );
});

test('a rate left out does not become the id', () => {
  const { toml } = imported('ceil_eth0="1gbit"\ncliff_eth0="10"\n');
  const world = makeWorld(`${toml}\n[defaults]\nrate = "7mbit"\n`, { cliff: 'vnet0@br0' });
  const [leaf] = path(generateFor(world), 'vnet0', 'eth0');
  assert.is(leaf?.id, '1:10');
  assert.is(leaf?.rate, 7e6);
});

test('a misspelt name is an error, not an empty value (gobalceil, $interface)', () => {
  assert.throws(() => readToml('[defaults]\ngobalceil = "1mbit"\n'), /defaults\.gobalceil: unknown key/);
  const world = makeWorld('[guest.cliff]\n', { cliff: 'vnet0@br0' });
  const text = 'qdisc add dev {{interface}} root handle 1: htb';
  const misspelt = new Map(templates).set('shape.tc', { file: 'shape.tc.hbs', text, isPackaged: true });
  assert.throws(
    () =>
      generate({
        moment: everyday,
        ...world,
        chosen: noneChosen,
        templates: misspelt,
        source: 'config.toml',
      }),
    (error: unknown) =>
      error instanceof ConfigError &&
      error.problems[0]?.at?.file === 'shape.tc.hbs' &&
      /no value interface/.test(error.message),
  );
});

test('the highest of the members’ ceils is the group’s, whichever comes first (-lte)', () => {
  for (const order of [
    ['9mbit', '30mbit'],
    ['30mbit', '9mbit'],
  ]) {
    const lines = order.map((ceil, index) => `vm${index}_eth0="1${index} 1mbit ${ceil}"`);
    const outputs = generateFor(
      makeWorld(imported(lines.join('\n')).toml, { vm0: 'vnet0@br0', vm1: 'vnet1@br0' }),
    );
    assert.is(path(outputs, 'vnet0', 'eth0')[1]?.ceil, 30e6, order.join(', '));
  }
});

test('nothing in names or configuration is run (eval, source)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'virt-shaper-old-hook-'));
  const ran = join(folder, 'ran');
  const command = `$(touch ${ran})\`touch ${ran}\`";touch ${ran};"`;
  const { toml } = imported(`touch ${ran}\nceil_eth0=$(touch ${ran})\ncliff_eth0="10 $(touch ${ran})"\n`);
  readToml(toml);
  const guests = { [command.replaceAll('/', ' ')]: 'vnet0@br0' };
  const { rules } = generateFor(makeWorld('[guest."*"]\nrate = "1mbit"\n', guests));
  const left = readdirSync(folder);
  rmSync(folder, { recursive: true });
  assert.equal(left, []);
  for (const line of Object.values(rules).join('').split('\n')) {
    assert.not.match(line.replace(/#.*| comment ".*/, ''), /touch/, 'a name is a comment and nothing else');
  }
});

test('the uplink is not the first port but the one that is no tap', () => {
  const world = makeWorld('[guest.cliff]\n', { cliff: 'aaa@br0' }, { eth0: 'br0 1000' });
  world.host.devices = new Map([['aab', { master: 'br0', tap: true }], ...world.host.devices]);
  assert.equal(
    generateFor(world).policy.uplinks.map(({ name }) => name),
    ['eth0'],
  );

  const two = makeWorld('[guest.cliff]\n', { cliff: 'vnet0@br0' }, { dummy0: 'br0', eth0: 'br0' });
  const { policy } = generateFor(two);
  assert.equal(policy.uplinks, [], 'of two nobody takes the first');
  assert.match(policy.unshaped[0]?.reason ?? '', /2 ports that may be its uplink \(dummy0, eth0\)/);
});

test('no temp files: what a command leaves is what it is for', () => {
  const root = mkdtempSync(join(tmpdir(), 'virt-shaper-old-hook-'));
  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text, { mode: 0o600 });
  };
  write('etc/virt-shaper/config.toml', '[guest.cliff]\n');
  write(
    'run/virt-shaper/kernel.json',
    JSON.stringify({ release: release(), leaf: 'bfifo', redirect: 'bpf' }),
  );
  const env = { ...process.env, TMPDIR: join(root, 'tmp'), TSX_DISABLE_CACHE: '1' };
  mkdirSync(env.TMPDIR);
  const command = ['--import', 'tsx', 'src/cli.ts', 'render', '--root', root];
  const { status, stderr } = spawnSync(process.execPath, command, { cwd: checkout, env, encoding: 'utf8' });
  const temporary = readdirSync(env.TMPDIR);
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  rmSync(root, { recursive: true });
  assert.is(status, 0, stderr);
  assert.equal(temporary, []);
  const files = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
  const rules = ['.plan.json', '.source.json', 'devices.ip', 'ruleset.nft', 'settings.sysctl', 'shape.tc'];
  assert.equal(files.sort(), ['config.toml', 'ids.json', 'kernel.json', 'lock', ...rules].sort());
});

test("guarantees above a group's ceiling are scaled (25 + 25 in 30)", () => {
  const outputs = generateFor(friends('25mbit'));
  const [leaf, group] = path(outputs, 'vnet0', 'eth0');
  assert.is(leaf?.rate, 15e6);
  assert.equal([group?.rate, group?.ceil], [30e6, 30e6]);
  assert.is(outputs.policy.warnings.length, 2, 'it is said, for each direction');
});

test('a group nobody runs in any more is in no file', () => {
  const toml =
    '[group.friends]\nid = 0x77\nceil = "30mbit"\n[guest.cliff]\ngroup = "friends"\nrate = "1mbit"\n[guest.rob]\n';
  const rob = { rob: 'vnet1@br0' };
  const before = generateFor(makeWorld(toml, rob));
  const during = generateFor(makeWorld(toml, { ...rob, cliff: 'vnet0@br0' }), before.chosen);
  assert.ok(readNetwork(during.rules).devices.get('eth0')?.htb?.classes.has('1:77'));
  assert.equal(generateFor(makeWorld(toml, rob), during.chosen).rules, before.rules);
});

test('a guest without an entry starts', () => {
  const { policy, rules } = generateFor(
    makeWorld('[guest.cliff]\n', { stranger: 'vnet1@br0', cliff: 'vnet0@br0' }),
  );
  assert.equal(
    policy.unshaped.map(({ guest, kind }) => [guest, kind]),
    [['stranger', 'unlisted']],
  );
  assert.equal(rules, generateFor(makeWorld('[guest.cliff]\n', { cliff: 'vnet0@br0' })).rules);
});

const many = (count: number): World =>
  makeWorld(
    '[guest."*"]\nrate = "100kbit"\n',
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`vm${index}`, `vnet${index}@br0`])),
  );

test('one rule per packet however many guests, and one filter per tap', () => {
  for (const count of [1, 1000]) {
    const network = readNetwork(generateFor(many(count)).rules);
    const last = `vnet${count - 1}`;
    // The lookup, and the guest's own chain where it leads; one rule for what concerns nobody.
    assert.is(trace(network, { iif: last, oif: 'eth0' }).rules, 2, `${count} guests`);
    assert.is(trace(network, { iif: 'eth0', oif: last }).rules, 2, `${count} guests`);
    assert.is(trace(network, { iif: last, oif: 'vnet0' }).rules, 1, `${count} guests`);
    assert.is(network.devices.get(last)?.filters?.length, 1);
    assert.is(network.devices.get('eth0')?.filters, undefined, 'priority is the class: no filter is asked');
  }
});

test('iptables and tc could disagree: every class that a mark leads to is in the tree', () => {
  const { rules } = generateFor(many(200));
  const network = readNetwork(rules);
  for (let index = 0; index < 200; index += 1) {
    const { priority, queue } = trace(network, { iif: `vnet${index}`, oif: 'eth0' });
    assert.is(queue !== 'direct' && queue.path[0]?.id, priority);
  }
});

test.run();
