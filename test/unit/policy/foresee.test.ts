// What would be if all configured guests ran at once, and what is warned of then: the sums, limits without effect, and rates
// that their author may have taken for limits.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Device } from '../../../src/host/host.ts';
import { foresee } from '../../../src/policy/foresee.ts';
import { everyday, type Moment } from '../../../src/policy/moment/moment.ts';
import { prospectOf } from '../../../src/policy/prospect.ts';
import { readToml } from '../../support/world.ts';

const nic = (master: string, speed?: number): Device => {
  return { tap: false, master, physical: true, ...(speed ? { speed } : {}) };
};
const bridge: Device = { tap: false };
const one = { br0: bridge, eth0: nic('br0', 1e8) };
const two = { ...one, br1: bridge, eth1: nic('br1', 1e9) };

function said(toml: string, devices: Record<string, Device> = one): string[] {
  return foresee(readToml(toml), new Map(Object.entries(devices))).warnings.map(
    ({ message, hint }) => `${message}; ${hint}`,
  );
}

const names = (toml: string, devices: Record<string, Device>) =>
  foresee(readToml(toml), new Map(Object.entries(devices))).uplinks.map(({ name }) => name);

test('the uplinks are those of every bridge and of the configuration, in order; where none is known one without a name', () => {
  assert.equal(names('', {}), ['']);
  assert.equal(names('', two), ['eth0', 'eth1']);
  assert.equal(names('[uplink.eth5]\n[uplink.a]\n', two), ['a', 'eth0', 'eth1', 'eth5']);
  assert.equal(names('[uplink.eth0]\n', one), ['eth0']);
  const { uplinks, patterns } = foresee(
    readToml('[guest."web-*"]\n[guest.a]\n'),
    new Map(Object.entries(two)),
  );
  assert.equal([...patterns], ['web-*']);
  assert.equal(
    uplinks.map(({ guests }) => guests.map(({ name }) => name)),
    [
      ['a', 'web-*'],
      ['a', 'web-*'],
    ],
  );
});

const guests = (...rates: [name: string, mbit: number][]) =>
  rates.map(([name, mbit]) => `[guest.${name}]\nrate = "${mbit}mbit"\nceil = "100mbit"\n`).join('');
const hint = (percent: number, more = '') =>
  `when all run, each has ${percent} % of its rate for sure: lower the rates${more}`;

test('guarantees that the link does not have are warned of: who, by how much, and in which direction', () => {
  // The unmarked keep 1 mbit, and of it the flooded 0.1.
  assert.equal(said(guests(['a', 49], ['b', 50])), []);
  assert.equal(said(guests(['a', 99])), []);
  assert.equal(said(guests(['a', 60], ['b', 60])), [
    `uplink.eth0: a and b are guaranteed 120mbit together, and the link has 99mbit for guests; ${hint(83)}`,
  ]);
  assert.equal(said(guests(['a', 100])), [
    `uplink.eth0: a is guaranteed 100mbit, and the link has 99mbit for guests; ${hint(99)}`,
  ]);
  assert.match(
    said(guests(['a', 40], ['b', 40], ['c', 40]))[0] ?? '',
    /: a, b and c are guaranteed 120mbit together,/,
  );
  assert.match(
    said(guests(['a', 40], ['b', 40], ['c', 40], ['d', 40]))[0] ?? '',
    /: 4 guests are guaranteed 160mbit/,
  );
  const oneWay = (way: string) =>
    `[guest.a]\nceil = "100mbit"\nrate = { ${way} = "100mbit", ${way === 'out' ? 'in' : 'out'} = "1mbit" }\n`;
  for (const way of ['out', 'in'])
    assert.match(
      said(oneWay(way)).join('\n'),
      new RegExp(`^uplink\\.eth0 \\(${way}\\): a is guaranteed 100mbit,[^\n]*$`),
    );
});

test('what holds both ways is said once, before what holds only of receiving', () => {
  const guest = (name: string, out: number, into: number, more = '') =>
    `[guest.${name}]\nceil = "100mbit"\nrate = { out = "${out}mbit", in = "${into}mbit" }\n${more}`;
  const web = 'group = "web"\n';
  const toml = `[group.web]\nceil = "30mbit"\n${guest('a', 5, 20, web)}${guest('b', 5, 20, web)}${guest('c', 99, 69)}`;
  assert.equal(
    said(toml).map((line) => line.split(',')[0]),
    ['uplink.eth0: a', 'group.web (in): a and b are guaranteed 40mbit together'],
  );
});

test('two groups that lack the same in one direction are each told of, in that direction', () => {
  const member = (name: string, group: string) =>
    `[guest.${name}]\ngroup = "${group}"\nceil = "100mbit"\nrate = { out = "1mbit", in = "10mbit" }\n`;
  const toml = `[group.web]\nceil = "15mbit"\n[group.db]\nceil = "15mbit"\n${['a', 'b'].map((name) => member(name, 'web')).join('')}${['c', 'd'].map((name) => member(name, 'db')).join('')}`;
  assert.equal(
    said(toml)
      .map((line) => line.split(',')[0])
      .sort(),
    [
      'group.db (in): c and d are guaranteed 20mbit together',
      'group.web (in): a and b are guaranteed 20mbit together',
    ],
  );
});

test('patterns, links of unknown speed and one of several uplinks are not added up', () => {
  assert.equal(said('[guest."web-*"]\nrate = "100mbit"\nceil = "100mbit"\n'), []);
  assert.equal(said(guests(['a', 60], ['b', 60]), { br0: bridge, eth0: nic('br0') }), []);
  assert.equal(said(guests(['a', 60], ['b', 60]), two), []);
});

test('guarantees that a group does not have are, on each uplink alike, and also on a link of unknown speed', () => {
  const toml =
    '[group.g]\nceil = "50mbit"\n[guest.a]\ngroup = "g"\nrate = "30mbit"\nceil = "50mbit"\n[guest.b]\ngroup = "g"\nrate = "30mbit"\nceil = "50mbit"\n';
  const warning = `group.g: a and b are guaranteed 60mbit together, and its ceil is 50mbit; ${hint(83, ', or raise the ceil')}`;
  assert.equal(said(toml), [warning]);
  assert.equal(said(toml, two), [warning]);
  assert.equal(said(toml, { br0: bridge, eth0: nic('br0') }), [warning]);
});

test('a ceil above what every uplink has limits nothing; where the speed of one is not known nobody can tell', () => {
  const guest = (ceil: number) => `[guest.a]\nrate = "1mbit"\nceil = "${ceil}mbit"\n`;
  const nothing = 'it limits nothing: lower it, or leave it out';
  assert.equal(said(guest(100)), []);
  assert.equal(said(guest(101)), [`guest.a.ceil: 101mbit is more than uplink eth0 has, 100mbit; ${nothing}`]);
  assert.equal(said(guest(1000), two), []);
  assert.equal(said(guest(1001), two), [
    `guest.a.ceil: 1001mbit is more than any uplink has, 1gbit; ${nothing}`,
  ]);
  assert.equal(said(guest(1001), { ...one, br1: bridge, eth1: nic('br1') }), []);
  assert.equal(said('[group.g]\nceil = "101mbit"\n'), [
    `group.g.ceil: 101mbit is more than uplink eth0 has, 100mbit; ${nothing}`,
  ]);
  assert.is(said('[group.g]\nceil = { out = "101mbit", in = "1mbit" }\n').length, 1);
  assert.equal(
    said('[defaults]\nrate = "1mbit"\nceil = "200mbit"\n[guest.a]\n'),
    [],
    'nobody wrote it for this link',
  );
});

test('a rate without any ceil is warned of, with what it may reach; a ceil of the group or of the defaults is one', () => {
  const bare = '[guest.a]\nrate = "10mbit"\n';
  const warning = (most: string) =>
    `guest.a: a rate and no ceil: it may reach ${most}; rate is what it is guaranteed, ceil is its limit: write a ceil, here or in [defaults]`;
  assert.equal(said(bare), [warning('100mbit')]);
  assert.equal(said(bare, two), [warning('1gbit')]);
  assert.equal(said('[defaults]\nrate = "1mbit"\n[guest.a]\nrate = { in = "10mbit" }\n'), [
    warning('100mbit'),
  ]);
  assert.equal(said(`${bare}ceil = "20mbit"\n`), []);
  assert.equal(said(`[defaults]\nrate = "1mbit"\nceil = "20mbit"\n${bare}`), []);
  assert.equal(said(`[group.g]\nceil = "20mbit"\n${bare}group = "g"\n`), []);
  const here = `${bare}on.eth0.ceil = "20mbit"\n`;
  assert.equal(said(here), []);
  assert.equal(said(here, two), [warning('1gbit')], 'on the other uplink it has none');
  assert.equal(said('[defaults]\nrate = "1mbit"\n[guest.a]\n'), []);
});

test('leaves that the kernel lacks are named where they are written', () => {
  const toml =
    '[defaults]\nleaf = "cake"\n[uplink.eth0.unmarked]\nleaf = "cake"\n[group.g]\nceil = "10mbit"\nleaf = "cake"\n[guest.a]\nceil = "10mbit"\nleaf = "sfq"\n';
  const lacking = (...kinds: ('cake' | 'sfq')[]) =>
    foresee(readToml(toml), new Map(Object.entries(one)), {
      leaf: 'bfifo',
      redirect: 'fw',
      lacking: kinds,
    }).warnings.map(({ message }) => message);
  assert.equal(lacking(), []);
  assert.equal(lacking('sfq'), ['guest.a.leaf: this kernel has no sch_sfq, so the leaf is bfifo']);
  assert.equal(
    lacking('cake').map((message) => message.split(':')[0]),
    ['defaults.leaf', 'uplink.eth0.unmarked.leaf', 'group.g.leaf'],
  );
});

const prospect = (toml: string, name: string, others: string[] = [], moment: Moment = everyday) => {
  const running = others.map((uplink) => ({ name: uplink })) as never;
  const host = { devices: new Map(Object.entries(two)), kernel: { leaf: 'bfifo', redirect: 'fw' } } as const;
  return prospectOf(readToml(toml), host, moment, name, running).uplinks.map(
    ({ name: uplink, link, ports, guests: all }) => {
      const [first] = all;
      const values = [first?.name, (first?.rate.out.effective ?? 0) / 1e6, (first?.ceil.out ?? 0) / 1e6].join(
        ' ',
      );
      return `${uplink} (${link.out / 1e6}, ${ports.map((port) => port.bridge).join()}): ${values}`;
    },
  );
};

test('who does not run has values on every uplink that is written, in use, or named for it', () => {
  const toml =
    '[uplink.eth1]\nceil = "50mbit"\n[uplink.eth0]\n[guest.a]\nrate = "5mbit"\nceil = "60mbit"\non.eth9.ceil = "7mbit"\n';
  assert.equal(prospect(toml, 'a', ['eth2', 'eth0']), [
    'eth0 (100, br0): a 5 60',
    'eth1 (50, br1): a 5 50',
    'eth2 (10000, ): a 5 60',
    'eth9 (10000, ): a 5 7',
  ]);
  assert.equal(prospect('[uplink.eth0]\n[guest.a]\n', 'b'), [], 'it has no entry');
  assert.equal(
    prospect('[defaults]\nunlisted = "shape"\nrate = "1mbit"\nceil = "2mbit"\n[uplink.eth0]\n', 'b'),
    ['eth0 (100, br0): b 1 2'],
  );
  assert.equal(prospect('[guest.a]\n', 'a'), []);
});

test.run();
