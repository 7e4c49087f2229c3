// The screen of explain for a group: who is in it, where its ceil is from, and what its guests use now.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { everyday } from '../../../../src/policy/moment/moment.ts';
import { explainGroup, groupAsData, groupLines, rowsOfGroup } from '../../../../src/report/explain/group.ts';
import { textOf } from '../../../../src/text/spans.ts';
import { formatMinute } from '../../../../src/units/clock.ts';
import { makeInUse, unshapedRow } from '../../../support/in-use.ts';
import { generateFor, makeWorld, readToml } from '../../../support/world.ts';

const toml = `[group.friends]
ceil = "30mbit"
[group."a b"]
ceil = { out = "1mbit", in = "2mbit" }
[group.open]
ceil = "9mbit"
[guest.cliff]
group = "friends"
rate = "4mbit"
[guest.rob]
rate = "5mbit"
[guest.rob.on.eth0]
group = "friends"
[guest.other]
`;
const plain = { colours: false };

function lines(
  group: string,
  guests: Record<string, string> = { cliff: 'vnet0@br0', rob: 'vnet1@br0' },
  { inUse = makeInUse([]), config = toml }: { inUse?: ReturnType<typeof makeInUse>; config?: string } = {},
): string[] {
  const world = { ...makeWorld(config, guests), moment: everyday };
  const explanation = explainGroup(group, world.config, generateFor(world).policy, inUse);
  return groupLines(explanation, world.config.groups, '/etc/virt-shaper', plain).map((line) =>
    textOf(line).trimEnd(),
  );
}

const nobody = { ...makeInUse([]), uplinks: [] };

test('where it is written, the entries that name it, its ceil and the sum of its guarantees', () => {
  assert.equal(lines('friends', undefined, { inUse: nobody }), [
    'friends is a group; no guest of it runs.',
    '',
    '  entry   [group.friends]  config.toml:1:8',
    '  guests  [guest.cliff]  config.toml:7:8',
    '          [guest.rob]  config.toml:10:8',
    '',
    'On eth0',
    '  ceil    30mbit      config.toml:2:8',
    "  rate    9mbit       the sum of its running guests'",
  ]);
});

test('of which nobody runs: the ceil as it is written', () => {
  const of = (group: string) => lines(group, {}, { inUse: nobody }).slice(2);
  assert.equal(of('friends').slice(0, 2), [
    '  entry   [group.friends]  config.toml:1:8',
    '  ceil    30mbit  config.toml:2:8',
  ]);
  assert.equal(of('a b'), [
    '  entry   [group."a b"]  config.toml:3:8',
    '  ceil    1mbit out, 2mbit in  config.toml:4:16',
  ]);
  assert.equal(of('open'), ['  entry   [group.open]  config.toml:5:8', '  ceil    9mbit  config.toml:6:8']);
  assert.equal(of('gone'), ['  entry   none in the configuration  what is in force has it still']);
  assert.is(lines('a b', {}, { inUse: nobody })[0], '"a b" is a group; no guest of it runs.');
});

test('each direction by itself where they differ, with what cut and scaled it', () => {
  const config = `[uplink.eth0]
ceil = "10mbit"
[group.friends]
ceil = { out = "20mbit", in = "9mbit" }
[guest.cliff]
group = "friends"
rate = { out = "8mbit", in = "4mbit" }
[guest.rob]
rate = "8mbit"
`;
  assert.equal(lines('friends', undefined, { inUse: nobody, config }).slice(4), [
    '',
    'On eth0',
    '  ceil    out  10mbit      config.toml:4:16 says 20mbit',
    '                           cut to the link of eth0, config.toml:2:8',
    "  rate    out  4500kbit    the sum of its running guests', scaled from 8mbit",
    '  ceil    in   9mbit       config.toml:4:31',
    "  rate    in   3mbit       the sum of its running guests', scaled from 4mbit",
  ]);
});

test('how many of it run, what is wrong with them, and its part of the tree', () => {
  const first = (...names: string[]) => {
    const inUse = makeInUse(names.map((name) => ({ name, group: 'friends' })));
    return lines('friends', undefined, { inUse })[0];
  };
  assert.is(first('cliff'), 'friends is a group; 1 guest of it runs.');
  assert.is(first('cliff', 'rob'), 'friends is a group; 2 guests of it run.');
  const inUse = makeInUse([{ name: 'cliff', group: 'friends', gone: true }]);
  const shown = lines('friends', undefined, { inUse });
  assert.equal(shown.slice(1, 2), ['  ! cliff: its tap vnet0 is gone']);
  const at = shown.findIndex((line) => line.startsWith('eth0 (br0), sending'));
  assert.equal([shown[at - 1], at > 0], ['', true]);
  assert.ok(shown.slice(at).some((line) => line.includes('group friends')));
  assert.is(shown.at(-1)?.includes('unmarked'), true, 'no empty line at the end');
  const leftOut = inUse.guests.map((row) => ({ ...row, state: 'left out' as const }));
  assert.not.ok(
    lines('friends', undefined, { inUse: { ...inUse, guests: leftOut } }).some((line) =>
      /its tap/.test(line),
    ),
  );
});

test('its guests are those in it by what is in force, and those whose entry names it, shaped or not', () => {
  const { guests } = makeInUse([
    { name: 'cliff', group: 'friends' },
    { name: 'moves', group: 'friends' },
    { name: 'comes', group: 'open' },
    { name: 'other', group: 'open' },
    { name: 'alone' },
  ]);
  const byUplink =
    '[guest.alone.on.eth1]\ngroup = "friends"\n[guest.late.on.eth1]\ngroup = "friends"\n[uplink.eth1]\n';
  const config = readToml(
    `${toml}${byUplink}[guest.moves]\ngroup = "open"\n[guest."co*"]\ngroup = "friends"\n`,
  );
  const names = (group: string) =>
    rowsOfGroup(group, config, [...guests, ...['cold', 'nobody', 'late'].map((guest) => unshapedRow(guest))])
      .map(({ guest }) => guest)
      .sort();
  assert.equal(names('friends'), ['cliff', 'cold', 'comes', 'late', 'moves']);
  assert.equal(names('open'), ['comes', 'moves', 'other']);
  assert.equal(names('a b'), []);
});

test('a volume of the group is told, one of another is not', () => {
  const quota = (kind: 'group' | 'guest', name: string) =>
    ({
      kind,
      name,
      quota: { every: { value: { every: 'day' } } },
      begin: 0,
      end: 0,
      volumes: [{ way: 'both', volume: 2e9, used: 1e9 }],
    }) as never;
  const quotas = [quota('group', 'friends'), quota('group', 'open'), quota('guest', 'friends')];
  const inUse = { ...nobody, allowances: { quotas, credits: [] } };
  assert.equal(
    lines('friends', undefined, { inUse }).filter((line) => line.includes('volume')),
    [`  volume  1.00GB of 2gb used a day (50 %), until ${formatMinute(0)}`],
  );
});

test('for programs: the configured values, then who is in it', () => {
  const world = { ...makeWorld(toml, { cliff: 'vnet0@br0' }), moment: everyday };
  const inUse = makeInUse([{ name: 'cliff', group: 'friends' }]);
  const data = JSON.parse(
    JSON.stringify(groupAsData(explainGroup('friends', world.config, generateFor(world).policy, inUse))),
  );
  assert.equal([data.version, data.group, data.entry.header], [1, 'friends', '[group.friends]']);
  assert.equal(
    data.members.map(({ header }: { header: string }) => header),
    ['[guest.cliff]', '[guest.rob]'],
  );
  const [uplink] = data.uplinks;
  assert.equal(
    [uplink.uplink, 'link' in uplink, uplink.ceil.out.value, uplink.rate.in.effective],
    ['eth0', false, 30e6, 4e6],
  );
  assert.equal(
    data.groups.map(({ group }: { group: string }) => group),
    ['friends'],
  );
  assert.equal(
    data.guests.map(({ guest, out }: { guest: string; out: object }) => [guest, out !== undefined]),
    [['cliff', true]],
  );
});

test.run();
