// Places, marks and values in the reports that name them: relative to the configuration, of whose they are, and no more than differs.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compare } from '../../../src/diff/compare.ts';
import type { Difference } from '../../../src/diff/difference.ts';
import { parseRules } from '../../../src/diff/parse-rules.ts';
import type { Device } from '../../../src/host/host.ts';
import { kernelWith } from '../../../src/kernel/objects.ts';
import type { GuestRow } from '../../../src/observe/guests.ts';
import { foresee } from '../../../src/policy/foresee.ts';
import { changeLines } from '../../../src/report/change-lines.ts';
import { checkAsData, reportCheck } from '../../../src/report/check.ts';
import { differenceLine, reportDifferences } from '../../../src/report/differences.ts';
import { explainGroup, groupLines } from '../../../src/report/explain/group.ts';
import { linesAbout } from '../../../src/report/explain/rules.ts';
import { reportStatus } from '../../../src/report/status.ts';
import { quotasAsData } from '../../../src/report/volumes.ts';
import { textOf } from '../../../src/text/spans.ts';
import { asked, makeInUse } from '../../support/in-use.ts';
import { generateFor, makeWorld, readToml } from '../../support/world.ts';

test('check: files below the folder of the configuration are named without it', () => {
  const config = readToml('[guest.a]\n');
  const [entry] = config.guests;
  if (!entry) throw new Error('no entry');
  const written = (file: string, main: string) => {
    const at = { ...entry, at: { ...entry.at, file } };
    const moved = { ...config, guests: [at] };
    const devices = new Map([
      ['br0', { tap: false }],
      ['eth0', { tap: false, master: 'br0', physical: true, speed: 1e9 }],
    ]);
    return reportCheck(foresee(moved, devices), moved, main, { colours: false })
      .split('\n')[1]
      ?.split(/ {2,}/)
      .at(-1);
  };
  const main = '/etc/virt-shaper/config.toml';
  assert.is(written(main, main), 'config.toml:1');
  assert.is(written('/etc/virt-shaper/config.d/a.toml', main), 'config.d/a.toml:1');
  assert.is(written('/etc/virt-shaper-2/config.toml', main), '/etc/virt-shaper-2/config.toml:1');
});

test('status: the colour of each state', () => {
  const { guests, ...rest } = makeInUse([{ name: 'cliff' }]);
  const [cliff] = guests;
  const code = (state: GuestRow['state']) => {
    const shown = { ...rest, guests: cliff ? [{ ...cliff, state }] : [] };
    const line = reportStatus(shown, asked, { colours: true }, 0).split('\n')[4] ?? '';
    const at = line.lastIndexOf(state);
    const before = line.slice(0, at);
    return before.endsWith('m') ? (before.split('\u001b[').at(-1)?.slice(0, -1) ?? '') : 'none';
  };
  assert.equal((['shaped', 'partly', 'unshaped', 'gone', 'left out'] as const).map(code), [
    ...['none', '1;31', '1;31', '2', '2'],
  ]);
});

test('explain of a group: each direction by itself where only one of ceil and rate differs', () => {
  const rows = (values: string) => {
    const world = makeWorld(`[group.g]\n${values}\n`, { a: 'vnet0@br0' });
    const inUse = { ...makeInUse([]), uplinks: [] };
    const lines = groupLines(
      explainGroup('g', world.config, generateFor(world).policy, inUse),
      world.config.groups,
      '/etc',
      { colours: false },
    );
    return lines.map(textOf).filter((line) => /^ {2}(ceil|rate)/.test(line)).length;
  };
  const guest = (rate: string) => `[guest.a]\ngroup = "g"\nrate = ${rate}`;
  assert.is(rows(`ceil = "9mbit"\n${guest('"1mbit"')}`), 2);
  assert.is(rows(`ceil = "9mbit"\n${guest('{ out = "1mbit", in = "2mbit" }')}`), 4);
  assert.is(rows(`ceil = { out = "9mbit", in = "8mbit" }\n${guest('"1mbit"')}`), 4);
});

const world = makeWorld('[guest.cliff]\nlocal = "3mbit"\n[guest.rob]\n', {
  cliff: 'vnet0@br0',
  rob: 'vnet1@br0',
});
const { rules, plan } = generateFor(world);

test('explain: each line of rules.d is that of its number', () => {
  const own = plan.uplinks[0]?.trees.out.guests.find(({ name }) => name === 'cliff');
  const id = Number.parseInt(own?.id.split(':')[1] ?? '', 16);
  const lines = linesAbout(rules, { id, taps: ['vnet0'] });
  assert.ok(lines.length > 10);
  for (const { file, line, text } of lines) assert.is(rules[file].split('\n')[line - 1]?.trim(), text);
});

test('plan: a mark that is another is said of the guest whose it is', () => {
  const lines = (from: RegExp | string, to: string) => {
    const changed = rules['ruleset.nft'].replace(from, to);
    assert.is.not(changed, rules['ruleset.nft']);
    const [before, after] = [rules, { ...rules, 'ruleset.nft': changed }].map((one) => parseRules(one, ''));
    if (!before || !after) throw new Error('no rules');
    const held = kernelWith(before);
    return changeLines({ list: compare(held, after), from: held, to: after, loaded: before }, 'plan');
  };
  const mark = /^.*"vnet0" : (0x[0-9a-f]+),.*\n/m;
  assert.equal(lines(mark, ''), ['~ cliff: its marks are taken away']);
});

test('a filter that leads elsewhere: only what people know of it', () => {
  const filter = (to: string) => ({
    kind: 'filter' as const,
    key: 'k',
    device: 'vnet0',
    id: '0x1',
    values: { to, match: to, handle: to },
  });
  const difference: Difference = {
    effect: 'structure',
    action: 'change',
    kind: 'filter',
    device: 'vnet0',
    held: filter('ifb-a'),
    wanted: filter('ifb-b'),
    reason: 'x',
  };
  assert.is(differenceLine(difference), '~ filter 0x1 on vnet0: to ifb-a -> ifb-b');
});

test('check as data: a guest has its uplink where its values differ between two', () => {
  const toml =
    '[guest.a]\nceil = "2mbit"\nrate = "1mbit"\n[guest.a.on.eth1]\nceil = "5mbit"\n[guest.b]\nceil = "3mbit"\n';
  const device = (master: string) => ({ tap: false, master, physical: true, speed: 1e9 });
  const devices = new Map<string, Device>([
    ['br0', { tap: false }],
    ['br1', { tap: false }],
    ['eth0', device('br0')],
    ['eth1', device('br1')],
  ]);
  const foreseen = foresee(readToml(toml), devices);
  const { guests } = JSON.parse(JSON.stringify(checkAsData({ files: [], problems: [], foreseen })));
  assert.equal(
    guests.map((one: { guest: string; uplink?: string; out: { ceil: number } }) => [
      one.guest,
      one.uplink,
      one.out.ceil,
    ]),
    [
      ['a', 'eth0', 2e6],
      ['a', 'eth1', 5e6],
      ['b', undefined, 3e6],
    ],
  );
});

test('the table that differs stands below its own name', () => {
  const changed = { ...rules, 'ruleset.nft': rules['ruleset.nft'].replace(/^.*"vnet0" : 0x.*\n/m, '') };
  const [before, after] = [parseRules(rules, ''), parseRules(changed, '')];
  const held = kernelWith(before);
  const text = reportDifferences({ list: compare(held, after), from: held, to: after, loaded: before });
  assert.match(text, /^table bridge virt-shaper\n {2}- .*vnet0.* to /);
});

test('what is left of a volume, as data', () => {
  const quota = (used: number) =>
    ({
      kind: 'guest',
      name: 'a',
      quota: { every: { value: { every: 'day' } } },
      begin: 0,
      end: 1000,
      volumes: [{ way: 'out', volume: 100, used }],
    }) as never;
  assert.equal(quotasAsData([quota(30)]), [
    {
      guest: 'a',
      direction: 'out',
      every: 'day',
      begin: '1970-01-01T00:00:00.000Z',
      end: '1970-01-01T00:00:01.000Z',
      volume: 100,
      used: 30,
      left: 70,
    },
  ]);
  assert.is((quotasAsData([quota(101)])[0] as { left: number }).left, 0);
});

test.run();
