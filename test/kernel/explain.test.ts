// explain on a real kernel: the whole screen of a guest that is as it should be, and what it says first when
// something is not: drift, rules that are out of date, a guest that does not run, a name that nobody has.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { sh } from './host.ts';
import { kernelTest } from './kernel-test.ts';

const config = `[defaults]
rate = "5mbit"

[uplink.eth0]
ceil = "1gbit"

[group.friends]
ceil = "30mbit"

[guest."cl*"]
rate = "1mbit"

[guest.cliff]
group = "friends"
rate = "20mbit"
ceil = { out = "50mbit", in = "25mbit" }
burst = "64k"

[guest.rob]
group = "friends"
rate = "15mbit"
ceil = "30mbit"
`;

const dropIn = '[guest.cliff.on.eth0]\nquantum = 9000\n[group.family]\nceil = "9mbit"\n';

const { test, host } = kernelTest({
  config,
  begin: () => {
    sh('ip link add br9 type bridge');
    host.tap('vnet9', 'br9');
    host.write('etc/virt-shaper/config.d/10-more.toml', dropIn);
  },
});

function start(): void {
  assert.is(host.hook('cliff', 'start', { vnet0: 'br0', vnet9: 'br9' }).status, 0);
  assert.is(host.hook('rob', 'start', { vnet1: 'br0' }).status, 0);
}

/** Without what packets and kernels change. */
function screen(name: string): string {
  const { status, stdout } = host.run(['explain', name]);
  assert.is(status, 0);
  return stdout
    .replaceAll(host.root, '')
    .replace(/(?:bfifo of \d+ bytes|fq_codel, target 5 ms)( *)/g, 'LEAF$1')
    .replace(/(?:bfifo limit \d+|fq_codel target 5000us)/g, 'LEAF')
    .replace(/ (?:fw|bpf bytecode '[^']*') action/g, ' MATCH action')
    .replace(/\S+ bytes in \S+ packets?, .*/g, 'COUNTERS')
    .replace(/ +$/gm, '');
}

/** What is said before the details. */
function verdict(name: string): string {
  return screen(name).split('\n\n')[0] ?? '';
}

test('everything about a guest, each value with its line', () => {
  start();
  const expected = `cliff is shaped on eth0, and the kernel holds what is configured.
  ! its guarantee on eth0 is 17142kbit of 20mbit: the guarantees of group friends sum to 35mbit, and there are only 30mbit

  entry     [guest.cliff]  config.toml:13:8, its own name
            not [guest."cl*"]  config.toml:10:8: the exact name wins over a pattern
  id        0xcc41, mark 0x7673cc41  drawn from its name
  NICs      vnet0 in br0, behind eth0  52:54:00:6d:90:01
            vnet9 in br9, not shaped: its bridge br9 has no uplink  52:54:00:6d:90:01

On eth0 (br0), a link of 1gbit
  group        friends                config.toml:14:9
  rate         17142kbit              config.toml:15:8 says 20mbit
                                      scaled: the guarantees of group friends sum to 35mbit, and there are only 30mbit
  ceil    out  30mbit                 config.toml:16:16 says 50mbit
                                      cut to the ceil of group friends, config.toml:8:8
          in   25mbit                 config.toml:16:31
  burst        65536 B                config.toml:17:9
  cburst  out  30000 B                computed from the ceil
          in   25000 B                computed from the ceil
  quantum      9000 B                 config.d/10-more.toml:2:11
`;
  const text = screen('cliff');
  assert.is(text.slice(0, expected.length), expected);
  assert.ok(text.includes(`  class   out  1:cc41`), text);
  assert.ok(text.includes('on ifb-eth0, below 2:f8da (group friends), by chain in-cc41'), text);
  assert.ok(text.includes('In /var/lib/virt-shaper/rules.d\n'), text);
});

test('the lines of rules.d are those of the files, by number', () => {
  start();
  const { rules } = JSON.parse(host.run(['explain', 'cliff', '--json']).stdout);
  assert.is(rules.rendered, 'same');
  assert.is(rules.lines.length, 17);
  for (const { file, line, text } of rules.lines) {
    const written = host.read(`var/lib/virt-shaper/rules.d/${file}`).split('\n')[line - 1];
    assert.is(written?.trim(), text);
  }
  const about = rules.lines.map(({ text }: { text: string }) => text);
  const others = about.filter(
    (text: string) => !/cc41|clsact {2}# guest cliff|^ether [sd]addr != 52:54:00:6d:90:01 /.test(text),
  );
  assert.equal(others, []);
});

test('what is advised helps where the files are gone, or somebody has the root', () => {
  start();
  rmSync(join(host.rules, 'shape.tc'));
  assert.match(verdict('cliff'), /^cliff is shaped on eth0, and the kernel holds what is configured\./);
  assert.match(verdict('cliff'), '! a file of rules.d is missing: virt-shaper render writes it');
  assert.match(host.run(['status']).stdout, /^a file of rules\.d is missing: virt-shaper render writes it$/m);
  assert.is(host.run(['render']).status, 0);
  assert.not.match(verdict('cliff'), 'rules.d');
  sh('tc qdisc del dev eth0 root; tc qdisc add dev eth0 root handle 5: htb');
  assert.match(
    verdict('cliff'),
    "the root qdisc of eth0 is somebody else's: htb 5: if nobody needs it: tc qdisc",
  );
});

test('where the kernel cannot be read, or what was loaded cannot, the rest is shown', () => {
  start();
  const path = host.wrap('tc', 'echo no >&2; exit 1');
  const shown = (options: { path?: string }, words: RegExp) => {
    const { status, stdout } = host.run(['explain', 'cliff'], options);
    assert.is(status, 0);
    assert.match(stdout, /^cliff should be shaped on eth0\.\n|^cliff is /);
    assert.match(stdout, words);
    assert.match(stdout, '\n  rate         17142kbit');
    assert.is(host.run(['explain', 'nobody'], options).status, 1);
  };
  shown({ path }, / {2}! what the kernel holds cannot be told: tc .*no$/m);
  sh(`echo nonsense | tee -a ${host.rules}/shape.tc >>${host.rules}/good/shape.tc`);
  shown({}, / {2}! what the kernel holds cannot be told: \S*shape\.tc:\d+/);
});

test('what the kernel holds, with its counters', () => {
  start();
  const { kernel } = JSON.parse(host.run(['explain', 'cliff', '--json']).stdout);
  const counting = { mpu: 60, overhead: 0 };
  assert.equal(
    kernel.classes.map(
      ({ device, class: id, values }: { device: string; class: string; values: object }) => ({
        device,
        id,
        ...values,
      }),
    ),
    [
      {
        device: 'eth0',
        id: '1:cc41',
        rate: 17142e3,
        ceil: 30e6,
        burst: 65536,
        cburst: 30000,
        quantum: 9000,
        ...counting,
      },
      {
        device: 'ifb-eth0',
        id: '2:cc41',
        rate: 17142e3,
        ceil: 25e6,
        burst: 65536,
        cburst: 25000,
        quantum: 9000,
        ...counting,
      },
    ],
  );
  host.configure(config.replace('[uplink.eth0]', '[uplink.eth0]\noverhead = 24'));
  assert.is(host.run(['apply']).status, 0);
  assert.match(screen('cliff'), /overhead +24 B +config\.toml:\d+:12, of each frame\n +mpu +84 B +the least/);
  const drift = JSON.parse(host.run(['explain', 'cliff', '--json']).stdout).kernel;
  assert.equal([drift.differences, drift.classes[0].values.mpu], [[], 84]);
  assert.type(kernel.classes[0].use.packets, 'number');
  assert.equal(kernel.elements, [
    { ports: 'sent eth0 . 0x7673cc41', class: '1:cc41' },
    { ports: 'vnet0 . eth0', class: '1:cc41' },
    { ports: 'eth0 . vnet0', class: '2:cc41' },
    { ports: 'sent vnet0 . 0x76730000', class: '2:cc41' },
  ]);
  assert.equal(kernel.filters, [{ tap: 'vnet0', mark: '0x7673cc41', to: 'ifb-eth0' }]);
  assert.equal(kernel.differences, []);
});

test('what somebody changed is named, and another guest is not blamed for it', () => {
  start();
  sh('tc class change dev eth0 parent 1:f8da classid 1:cc41 htb rate 5mbit ceil 6mbit quantum 9000');
  sh('tc filter del dev vnet0 egress');
  sh('nft delete element bridge virt-shaper guests { "vnet0" . "eth0" }');
  assert.match(verdict('cliff'), /^cliff is NOT shaped\.\n/);
  assert.match(
    verdict('cliff'),
    /! the kernel differs from \/var\/lib\/virt-shaper\/rules.d in 3 things, see the end: virt-shaper sync --in-force$/m,
  );
  const [, changes = ''] = screen('cliff').split('What virt-shaper sync --in-force would change\n');
  assert.match(changes, '~ class 1:cc41 on eth0: rate 5mbit -> 17142kbit, ceil 6mbit -> 30mbit');
  assert.match(changes, '+ filter 0x7673cc41 on vnet0: to ifb-eth0');
  assert.match(changes, '+ vnet0 . eth0 to class 1:cc41');
  assert.match(verdict('rob'), /^rob is shaped on eth0, and the kernel holds what is configured\./);
});

test('rules of another configuration are said to be', () => {
  start();
  host.configure(config.replace('in = "25mbit"', 'in = "24mbit"'));
  assert.match(verdict('cliff'), /^cliff should be shaped.*IN FORCE\.\n {2}! \/var\/.*: virt-shaper apply/);
  assert.match(verdict('rob'), /^rob is shaped on eth0, and the kernel holds what is configured\./);
});

test('rules that nobody has loaded are not what is in force, whatever is in them', () => {
  start();
  host.configure(config.replace('in = "25mbit"', 'in = "24mbit"'));
  assert.is(host.run(['render']).status, 0);
  host.configure(config);
  assert.match(verdict('cliff'), /^cliff is shaped on eth0, and the kernel holds what is configured\./);
  assert.match(verdict('cliff'), '! rules.d is not what is loaded: virt-shaper plan shows the difference');
  sh('tc filter del dev vnet0 egress');
  const advised = /see the end: virt-shaper (.*)$/m.exec(verdict('cliff'))?.[1] ?? '';
  assert.is(host.run(advised.split(' ')).status, 0);
  assert.match(verdict('cliff'), /^cliff is shaped on eth0, and the kernel holds what is configured\./);
  assert.is(host.run(['plan']).status, 3, 'they are still to be loaded');
});

test('a configuration with a mistake is said, and the one in force explains the guest', () => {
  start();
  host.configure(`${config}[guest.jason]\nrate = 1 2\n`);
  const { status, stdout, stderr } = host.run(['explain', 'cliff']);
  assert.is(status, 2);
  assert.match(stdout, /^cliff is shaped on eth0, and the kernel holds what is configured\./);
  assert.match(stderr, /config\.toml:24:/);
});

test('nothing rendered, nothing loaded', () => {
  const { status, stdout } = host.run(['explain', 'cliff']);
  assert.is(status, 0);
  assert.match(stdout, /^cliff does not run\.\n {2}! nothing is in \S+ yet: virt-shaper apply\n/);
  assert.match(screen('family'), /^family is a group; no guest of it runs\.\n/);
  host.configure('[uplink.eth0]\n');
  host.write('etc/virt-shaper/config.d/10-more.toml', '');
  assert.match(
    host.run(['explain', 'family']).stderr,
    'no entry or group of the configuration fits that name',
  );
});

test('a guest that does not run: what it would get, and that nothing is left of it', () => {
  start();
  assert.is(host.hook('cliff', 'stopped').status, 0);
  const text = screen('cliff');
  assert.match(text, /^cliff does not run, and the kernel holds nothing for it\.\n\n/);
  assert.match(text, '\n  rate         20mbit');
  assert.not.match(text, 'In the kernel');
  sh('tc class add dev eth0 parent 1:ffff classid 1:cc41 htb rate 1mbit quantum 2000');
  assert.match(verdict('cliff'), 'cliff does not run.\n  ! the kernel differs');
  assert.match(screen('cliff'), '- class 1:cc41 on eth0');
});

test('a guest without an entry, a name that only a pattern fits, a name that nobody has', () => {
  start();
  sh('ip link set vnet9 master br0');
  assert.is(host.hook('stray', 'start', { vnet9: 'br0' }).status, 0);
  assert.is(
    verdict('stray'),
    'stray is left out: it is not shaped, as configured.\n  ! it has no entry in the configuration',
  );
  assert.match(verdict('clif'), 'did you mean cliff?');
  assert.not.match(verdict('cliff'), 'did you mean');
  const { status, stdout, stderr } = host.run(['explain', 'stary']);
  assert.equal([status, stdout], [1, '']);
  assert.match(stderr, /^virt-shaper: no guest stary runs, .*\(did you mean stray\?\)\n/);
});

test('where all was taken out there is one thing to do', () => {
  start();
  assert.is(host.run(['unload']).status, 0);
  const remedies = verdict('rob').match(/^ {2}! .*virt-shaper (apply|load).*$/gm);
  assert.equal(remedies, ['  ! virt-shaper unload has taken all limits out: virt-shaper apply']);
});

test('an uplink that somebody else queues on is named', () => {
  start();
  assert.is(host.run(['unload']).status, 0);
  sh('tc qdisc add dev eth0 root handle 9: htb');
  assert.match(verdict('cliff'), '! eth0 has a root qdisc that virt-shaper did not set: htb 9:');
});

test('names that hold anything stay on their line, and a dash is none of an option', () => {
  for (const name of ['--help', 'a\u001b[31mb', '# "$(x)']) {
    assert.is(host.hook(name, 'start', { vnet0: 'br0' }).status, 0);
    const { status, stdout } = host.run(['explain', '--', name]);
    assert.is(status, 0, name);
    assert.match(stdout, 'is left out: it is not shaped, as configured.\n  ! it has no entry');
    assert.not.match(stdout, '\u001b');
  }
});

test('a group: where its ceil is written, whose entries name it, and what it and its members have', () => {
  const idle = host.run(['explain', 'friends']);
  assert.is(idle.status, 0);
  assert.match(
    idle.stdout,
    /^friends is a group; no guest of it runs\.\n\n {2}entry {3}\[group\.friends\] .*config\.toml:7:8\n/,
  );
  assert.match(idle.stdout, /\n {2}ceil {4}30mbit {2}config\.toml:8:8\n {2}guests {2}\[guest\.cliff\] /);
  start();
  const text = screen('friends');
  assert.match(text, /^friends is a group; 2 guests of it run\.\n/);
  assert.match(text, /\nOn eth0\n {2}ceil {4}30mbit {6}config\.toml:8:8\n/);
  assert.match(text, /\n {2}rate {4}30\.0mbit {4}the sum of its running guests', scaled from 35mbit\n/);
  assert.match(text, /─ group friends +1:f8da +30\.0mbit of 35mbit +30mbit/);
  assert.match(text, /─ cliff .*\n.*─ rob /);
  const data = JSON.parse(host.run(['explain', 'friends', '--json']).stdout);
  assert.equal(
    [data.group, data.entry.at.line, data.uplinks[0].rate.in.configured, data.groups[0].out.class],
    ['friends', 7, 35_000_000, '1:f8da'],
  );
  assert.equal(
    data.guests
      .filter(({ uplink }: { uplink?: string }) => uplink === 'eth0')
      .map((one: { guest: string; state: string }) => [one.guest, one.state]),
    [
      ['cliff', 'shaped'],
      ['rob', 'shaped'],
    ],
  );
  sh('tc filter del dev vnet1 egress');
  assert.match(host.run(['explain', 'friends']).stdout, /\n {2}! rob: vnet1 /);
  assert.match(host.run(['explain', 'frends']).stderr, /no entry or group .*\(did you mean friends\?\)/);
});

test.run();
