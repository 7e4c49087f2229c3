// status, tree and metrics against a real kernel: figures of real traffic, everything that can be taken away from
// under a guest, and whoever looks without right, without a load, or through a pipe that closes.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { parseExposition } from '../support/exposition.ts';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { emulated, slowness } from '../support/patience.ts';
import { unless } from '../support/skip.ts';
import { program, sh, TestHost } from './host.ts';
import { asNobody, needsNobody } from './nobody.ts';

const test = unless(needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'flock'));

const config = `
[uplink.eth0]
bridge = "br0"
ceil = "1gbit"
[group.friends]
ceil = "30mbit"
[guest.cliff]
group = "friends"
rate = "1mbit"
ceil = "2mbit"
[guest.jason]
rate = "30mbit"
ceil = { out = "30mbit", in = "100mbit" }
`;

interface Row {
  guest: string;
  state: string;
  faults: { kind: string }[];
  out?: { now: number; bytes: number; dropped: number; backlog: number; ceil: number };
}

let host: TestHost;
test.before.each(() => {
  host = new TestHost(config).bridge('br0', 'eth0').tap('vnet0').tap('vnet1').tap('vnet2');
});
test.after.each(() => {
  spawnSync('ip', ['-all', 'netns', 'delete']);
  host.end();
});

test('what a guest sends is counted, and how fast, and what of it is dropped', () => {
  start();
  send('vnet0');
  const look = () => status().find(({ guest }) => guest === 'cliff')?.out;
  let seen = look();
  // On one slow CPU whoever looks keeps the sender from sending, and what waited has left.
  for (let tries = 1; emulated && tries < 5 && !((seen?.backlog ?? 0) > 1000); tries += 1) seen = look();
  assert.ok(seen);
  const { now, bytes, dropped, backlog } = seen;
  assert.ok(now > 1_000_000 && now < 3_000_000, `${now} bit/s of 2 mbit`);
  assert.ok(bytes > 100_000 && dropped > 10 && backlog > 1000, JSON.stringify(seen));

  const [out, inbound] = JSON.parse(run('tree', '--json').stdout).uplinks.flatMap((trees: Trees) => [
    trees.out,
    trees.in,
  ]);
  assert.ok(out.groups[0].bytes >= bytes && out.link.bytes >= bytes && out.link.dropped >= dropped);
  assert.is(inbound.groups[0].dropped, 0);
  const metrics = parseExposition(run('metrics').stdout);
  const sent = metrics
    .get('virt_shaper_guest_bytes_total')
    ?.samples.filter(({ labels }) => labels.guest === 'cliff');
  assert.equal(
    sent?.map(({ labels, value }) => [labels.direction, value >= bytes]),
    [
      ['out', true],
      ['in', false],
    ],
  );
});

test('whatever is taken away from under a guest is told', () => {
  start();
  assert.equal(states(), ['cliff shaped', 'jason shaped', 'bob left out unlisted']);
  assert.match(run('status', 'bob', '--interval', '0').stdout, /^1 left out, loaded/);
  sh('tc qdisc del dev vnet0 clsact');
  assert.equal(states()[0], 'cliff partly redirect');
  sh('ip link set vnet0 nomaster');
  assert.equal(states()[0], 'cliff unshaped tap-moved');
  sh('ip link del vnet0');
  assert.equal(states()[0], 'cliff gone tap-gone');
  const { id } = JSON.parse(run('tree', '--json').stdout).uplinks[0].out.guests[0].class.match(
    /:(?<id>.*)/,
  ).groups;
  sh(`tc class change dev eth0 parent 1:ffff classid 1:${id} htb rate 30mbit ceil 50mbit quantum 3000`);
  assert.equal(states()[1], 'jason shaped changed');
  assert.is(status('--interval', '0')[1]?.out?.ceil, 50_000_000);
  sh(`nft delete element bridge virt-shaper guests '{ "eth0" . "vnet1" }'`);
  assert.equal(states()[1], 'jason partly changed table');
  sh(`tc qdisc del dev eth0 parent 1:${id}; tc class del dev eth0 classid 1:${id}`);
  assert.equal(states()[1], 'jason unshaped class table');
  sh('nft delete table bridge virt-shaper; tc qdisc del dev eth0 root; ip link del dev ifb-eth0');
  assert.equal(states()[1], 'jason unshaped class ifb table');
  for (const command of ['status', 'tree', 'metrics']) {
    const { status: code, stderr, stdout } = run(command);
    assert.is(code, 0, stderr);
    assert.ok(stdout.includes('jason'));
  }
  assert.match(run('metrics').stdout, /^virt_shaper_drift\{kind="table_changed"\} 1$/m);
});

test('packets that meet no class are counted, and a NIC is found by what exporters of libvirt call it', () => {
  start();
  const metrics = () => run('metrics').stdout;
  const direct = () =>
    Number(
      metrics().match(
        /^virt_shaper_uplink_direct_packets_total\{uplink="eth0",direction="out"\} (\d+)$/m,
      )?.[1],
    );
  const before = direct();
  // What belongs to no guest has no class any more: the host's own frames pass without limit.
  const { unmarked } = JSON.parse(run('tree', '--json').stdout).uplinks[0].out;
  sh(`tc qdisc del dev eth0 parent ${unmarked.class}; tc class del dev eth0 classid ${unmarked.class}`);
  sh('ip addr add 192.0.2.1/24 dev br0; ping -c 2 -i 0.2 -W 1 192.0.2.2 || true');
  assert.ok(direct() > before, `${before} and then ${direct()}`);
  assert.is(run('load').status, 0);
  assert.match(
    metrics(),
    /^virt_shaper_guest_info\{guest="cliff",.*domain="cliff",.*target_device="vnet0",source_bridge="br0"\} 1$/m,
  );
});

test('it is said when the configuration or rules.d ask for something else', () => {
  start();
  const first = () => run('status').stdout.split('\n').slice(0, 2).join('\n');
  assert.match(first(), /as configured\neth0/);
  host.configure(`${config}\n# a comment\n`);
  assert.match(first(), /\nthe configuration has changed since/);
  assert.match(run('tree').stderr, /^the configuration has changed since/);
  host.configure(config.replace('"2mbit"', '"3mbit"'));
  assert.is(host.run(['render']).status, 0);
  assert.match(first(), /\nthe configuration has changed since/);
  host.configure(config);
  assert.match(first(), /\nrules\.d is not what is loaded/);
  assert.is(host.run(['render']).status, 0);
  assert.match(first(), /as configured\neth0/);
});

test('names choose guests and the members of groups', () => {
  start();
  const chosen = (...names: string[]) => status('--interval', '0', ...names).map(({ guest }) => guest);
  assert.equal(chosen('friends'), ['cliff']);
  assert.equal(chosen('j*', 'bob'), ['jason', 'bob']);
  const { status: code, stderr } = run('status', 'clif');
  assert.equal(
    [code, stderr],
    [1, 'virt-shaper: there is no guest or group clif in force\n      did you mean cliff?\n'],
  );
});

test('tree shows the groups and guests that are asked for, a group with all of its members', () => {
  start();
  const shown = (...names: string[]) => {
    const { status: code, stdout } = run('tree', '--interval', '0', ...names);
    assert.is(code, 0);
    return [...stdout.matchAll(/─ (group )?(\S+)/g)]
      .map(([, , name]) => name)
      .filter((name) => !/marked|flooded/.test(name ?? ''));
  };
  assert.equal(shown('friends'), ['friends', 'cliff', 'friends', 'cliff']);
  assert.equal(shown('cliff'), ['friends', 'cliff', 'friends', 'cliff']);
  assert.equal(shown('jason'), ['jason', 'jason']);
  const { uplinks, guests } = JSON.parse(run('tree', '--json', 'jason').stdout);
  assert.equal([uplinks[0].out.groups, guests.map((one: { guest: string }) => one.guest)], [[], ['jason']]);
  assert.match(run('tree', 'frends').stderr, 'did you mean friends?');
});

test('what nobody has a record of is in the kernel all the same, and is counted', () => {
  start();
  assert.is(run('unload').status, 0);
  const rules = host.rules;
  sh(`ip -batch ${rules}/devices.ip; tc -batch ${rules}/shape.tc; nft -f ${rules}/ruleset.nft`);
  const classes = sh('tc class show dev eth0; tc class show dev ifb-eth0').match(/^class htb/gm)?.length;
  assert.is(
    run('status').stdout,
    `${classes} classes of virt-shaper's are in the kernel that no load of it made: virt-shaper load takes them over\n`,
  );
  assert.match(run('verify').stderr, 'no load of virt-shaper made it; virt-shaper load takes it over');
  assert.is(run('load').status, 0);
  assert.match(run('status').stdout, /^\d guests? shaped/);
});

test('a configuration with mistakes is named, with what is in force all the same', () => {
  const place = `the configuration cannot be used: ${host.root}/etc/virt-shaper/config.toml:6:8: group.friends.ceil: "3 mbit" is not`;
  const mistaken = config.replace('30mbit', '3 mbit');
  host.write('etc/virt-shaper/config.toml', mistaken);
  const before = run('status');
  assert.is(before.status, 2);
  assert.match(before.stdout, `Nothing is loaded: no guest is limited.\n${place}`);
  assert.is(JSON.parse(run('status', '--json').stdout).mistakes[0].place.line, 6);

  host.write('etc/virt-shaper/config.toml', config);
  assert.equal(JSON.parse(run('status', '--json').stdout).mistakes, []);
  start();
  host.write('etc/virt-shaper/config.toml', mistaken);
  const { status: code, stdout } = run('status');
  assert.is(code, 2);
  assert.match(stdout, `\n${place}`);
  assert.match(stdout, /^cliff .* shaped$/m);
  const tree = run('tree');
  assert.equal([tree.status, tree.stderr.includes(place)], [2, true]);
  assert.match(tree.stdout, 'group friends');
  assert.is(run('explain', 'cliff').status, 2);
  for (const command of ['plan', 'load']) {
    const { status: ended, stderr } = run(command);
    assert.equal([command, ended, stderr.includes(place)], [command, 0, true], stderr);
  }
  host.run(['unload']);
  const unloaded = host.run(['status']).stdout;
  assert.match(unloaded, /once the configuration has no mistakes virt-shaper apply loads again/);
  assert.match(unloaded, /^once there is a configuration without mistakes: virt-shaper apply$/m);
});

test('nothing is loaded, or by another version', () => {
  const nothing = run('status');
  assert.equal([nothing.status, nothing.stdout], [0, 'Nothing is loaded: no guest is limited.\n']);
  assert.match(
    run('top', '--once', '--interval', '0.1').stdout,
    '! nothing is loaded; virt-shaper status says what there is',
  );
  assert.equal([run('tree').status, run('tree').stdout], [0, '']);
  assert.match(run('metrics').stdout, /^virt_shaper_loaded 0$/m);
  start();
  assert.is(run('unload').status, 0);
  const { stdout: off } = run('status');
  assert.match(off, /^Nothing is loaded: unloaded since .* loads again\.\n\nGUEST/);
  assert.match(off, /^cliff .* unshaped$/m, 'who runs is named');
  assert.match(off, /\nvirt-shaper apply\n$/);
  assert.is(run('load').status, 0);
  writeFileSync(join(host.rules, 'good/.plan.json'), '{"version":99}');
  for (const command of ['status', 'tree', 'metrics']) {
    const { status: code, stdout, stderr } = run(command);
    assert.equal([code, stdout], [1, ''], command);
    assert.match(
      stderr,
      /^virt-shaper: .*\.plan\.json is damaged or of another version\n.*virt-shaper sync --in-force writes it anew/,
      command,
    );
  }
  sh(`rm ${join(host.rules, 'good/.plan.json')}`);
  assert.match(run('status').stderr, /has no \.plan\.json.*\n.*virt-shaper sync --in-force/);
});

test('metrics go into a file, whole, for everybody to read', () => {
  start();
  const file = join(host.root, 'textfile/virt-shaper.prom');
  assert.match(run('metrics', '--output', file).stderr, /textfile is no folder\n.*mkdir -p /);
  sh(`mkdir ${host.root}/textfile`);
  assert.equal(run('metrics', '--output', file), { status: 0, stdout: '', stderr: '' });
  assert.equal(run('metrics', '--output', file), { status: 0, stdout: '', stderr: '' });
  const [families] = [parseExposition(host.read('textfile/virt-shaper.prom'))];
  assert.ok(families.has('virt_shaper_guest_ceil_bytes_per_second'));
  assert.is(sh(`stat -c %a ${file}; ls -A ${host.root}/textfile`), '644\nvirt-shaper.prom\n');
  const { status: code, stderr } = run('metrics', '--output', join(file, 'x'));
  assert.is(code, 1);
  assert.match(stderr, /^virt-shaper: \S*prom is no folder/);
});

test('a narrow terminal, a pipe that closes, no colour in a pipe', () => {
  start();
  for (const columns of ['40', '80']) {
    const table = piped(`COLUMNS=${columns} node ${program} --root ${host.root} status`)
      .stdout.split('\n')
      .slice(3, 7);
    for (const line of table) assert.ok([...line].length <= Number(columns), line);
  }
  for (const command of ['status', 'tree', 'status --json', 'metrics']) {
    const {
      status: code,
      stdout,
      stderr,
    } = piped(`node ${program} --root ${host.root} ${command} | head -1`);
    assert.equal([code, stderr, stdout.split('\n').length], [0, '', 2], command);
    assert.not.ok(stdout.includes('\u001b'));
  }
});

unless(needsNobody(), test)('who is not root is told so', () => {
  start();
  const unprivileged = asNobody(host);
  for (const command of ['status', 'tree', 'metrics']) {
    const { status: code, stdout, stderr } = piped(`${unprivileged} ${command}`);
    assert.equal([code, stdout], [1, ''], command);
    assert.match(stderr, /^virt-shaper: .*\n {6}run it as root: sudo virt-shaper .*\n$/, command);
  }
});

interface Trees {
  out: unknown;
  in: unknown;
}

function start(): void {
  for (const [name, tap] of [
    ['cliff', 'vnet0'],
    ['jason', 'vnet1'],
    ['bob', 'vnet2'],
  ] as const) {
    assert.is(host.hook(name, 'start', { [tap]: 'br0' }).status, 0);
  }
}

/** Ten times what cliff may, until the test ends: from a namespace of the guest to one of the world. */
function send(tap: string): void {
  sh(`for end in g-${tap}:guest:1 w-eth0:world:2; do
        device=\${end%%:*}; rest=\${end#*:}; name=\${rest%:*}
        ip netns add $name; ip link set $device netns $name
        ip -n $name address add 192.0.2.\${rest#*:}/24 dev $device
        ip -n $name link set $device up
      done`);
  const script = `const s = require('dgram').createSocket('udp4'); s.on('error', () => {});
    const t = setInterval(() => { for (let i = 0; i < 8; i++) s.send(Buffer.alloc(1400), 9, '192.0.2.2', () => {}); }, 5);
    setTimeout(() => { clearInterval(t); s.close(); }, ${8000 * slowness});`;
  const began = `ip netns exec guest ${process.execPath} -e "${script}" >/dev/null 2>&1 &`;
  sh(`${began} sleep 2`);
}

function status(...args: string[]): Row[] {
  const { status: code, stdout, stderr } = run('status', '--json', ...args);
  assert.equal([code, stderr], [0, '']);
  return JSON.parse(stdout).guests;
}

function states(): string[] {
  return status('--interval', '0').map(({ guest, state, faults }) =>
    [guest, state, ...faults.map(({ kind }) => kind)].join(' '),
  );
}

function run(...args: string[]) {
  return host.run(args);
}

function piped(command: string) {
  return spawnSync('sh', ['-c', command], { encoding: 'utf8', env: { PATH: process.env.PATH ?? '' } });
}

test.run();
