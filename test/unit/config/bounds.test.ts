// What the configuration just takes and what it just does not: each bound from both sides, in both directions, wherever a
// value may come from.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readConfig } from '../../../src/config/read-config.ts';
import { ConfigError } from '../../../src/system/errors.ts';

/** @returns what is said of it, warnings and errors; nothing when it is taken without a word */
function said(toml: string): string[] {
  const root = mkdtempSync(join(tmpdir(), 'virt-shaper-bounds-'));
  try {
    writeFileSync(join(root, 'config.toml'), toml, { mode: 0o600 });
    return readConfig({ file: 'config.toml', root }).warnings.map(({ message }) => `warning: ${message}`);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ message }) => message);
    throw error;
  } finally {
    rmSync(root, { recursive: true });
  }
}

function isTaken(toml: string): void {
  assert.equal(said(toml), [], toml);
}

function isRefused(toml: string, ...why: RegExp[]): void {
  const all = said(toml);
  assert.is(all.length, why.length, `${toml}\n${all.join('\n')}`);
  for (const [index, one] of why.entries()) assert.match(all[index] ?? '', one, toml);
}

const ceilings: Record<string, (rate: string, ceil: string) => string> = {
  'of its own ceil': (rate, ceil) => `[guest.a]\nrate = "${rate}"\nceil = "${ceil}"\n`,
  'of the ceil of [defaults]': (rate, ceil) =>
    `[defaults]\nrate = "8bit"\nceil = "${ceil}"\n[guest.a]\nrate = "${rate}"\n`,
  'of [defaults] itself': (rate, ceil) => `[defaults]\nrate = "${rate}"\nceil = "${ceil}"\n`,
  'of its group': (rate, ceil) =>
    `[group.g]\nceil = "${ceil}"\n[guest.a]\ngroup = "g"\nrate = "${rate}"\nceil = "10gbit"\n`,
  'of the only uplink': (rate, ceil) =>
    `[uplink.eth0]\nceil = "${ceil}"\n[guest.a]\nrate = "${rate}"\nceil = "${rate}"\n`,
  'of the uplink it names': (rate, ceil) =>
    `[uplink.eth0]\nceil = "${ceil}"\n[uplink.eth1]\nceil = "10gbit"\n[guest.a]\nceil = "${rate}"\nrate = "1mbit"\non.eth0.rate = "${rate}"\n`,
  'of its group there': (rate, ceil) =>
    `[group.g]\nceil = "10gbit"\non.eth0.ceil = "${ceil}"\n[guest.a]\ngroup = "g"\nceil = "10gbit"\nrate = "1mbit"\non.eth0.rate = "${rate}"\n`,
  'of the unmarked': (rate, ceil) => `[uplink.eth0.unmarked]\nrate = "${rate}"\nceil = "${ceil}"\n`,
  'of the uplink, for the unmarked': (rate, ceil) =>
    `[uplink.eth0]\nceil = "${ceil}"\nunmarked.rate = "${rate}"\n`,
};
for (const [what, toml] of Object.entries(ceilings)) {
  test(`a guarantee that is just what there is ${what}; one byte more is refused`, () => {
    const errors = (text: string) => said(text).filter((one) => !one.startsWith('warning'));
    assert.equal(errors(toml('500mbit', '500mbit')), []);
    const more = errors(toml('500000008bit', '500mbit'));
    assert.is(more.length, 1, more.join('\n'));
    assert.match(more[0] ?? '', /is more than .*500mbit/);
    // Where one direction alone is too much, that one is named.
    for (const direction of ['out', 'in'] as const) {
      const other = direction === 'out' ? 'in' : 'out';
      const oneWay = toml('RATE', '500mbit').replaceAll(
        '"RATE"',
        `{ ${direction} = "500000008bit", ${other} = "500mbit" }`,
      );
      assert.ok(
        errors(oneWay).some((one) => one.includes(`(${direction})`)),
        `${oneWay}\n${errors(oneWay)}`,
      );
      assert.not(
        errors(oneWay).some((one) => one.includes(`(${other})`)),
        oneWay,
      );
    }
  });
}

test('a rate that nobody wrote for it is capped in silence', () => {
  isTaken('[defaults]\nrate = "20mbit"\n[guest.a]\nceil = "10mbit"\n');
  isTaken('[guest.a]\nceil = "10mbit"\n');
});

test('ids, marks and quanta', () => {
  for (const [least, below, most, above, toml] of [
    ['1', '0', '0xffff', '0x10000', 'guest.a.id = ID'],
    ['1', '0', '0xffff', '0x10000', '[group.g]\nceil = "1mbit"\nid = ID'],
    ['0', '-65536', '0xffff0000', '0x100000000', 'marks.base = ID'],
    ['1000', '999', '200000', '200001', 'guest.a.quantum = ID'],
  ]) {
    const taken = [below, least, most, above].map(
      (id) => said(`${(toml ?? '').replace('ID', id ?? '')}\n`).length === 0,
    );
    assert.equal(taken, [false, true, true, false], toml);
  }
  isRefused('marks.base = 0x76730001\n', /multiple of 0x10000/);
});

test('an id is given once, but for the unmarked of two uplinks', () => {
  isRefused('guest.a.id = 5\nguest.b.id = 5\n', /guest\.b\.id: 0x5 is taken by guest\.a/);
  isRefused('[guest.a]\nid = 5\n[group.g]\nceil = "1mbit"\nid = 5\n', /0x5 is taken/);
  isRefused('[guest.a]\nid = 5\n[uplink.eth0.unmarked]\nid = 5\n', /0x5 is taken/);
  isTaken('[uplink.eth0.unmarked]\nid = 5\n[uplink.eth1.unmarked]\nid = 5\n');
  isRefused(
    'guest.a.id = 5\nguest.b.id = 5\nguest.c.id = 5\n',
    /guest\.b.*by guest\.a/,
    /guest\.c.*by guest\.a/,
  );
});

test('a rate that lacks its unit is warned of below 1 kbit, a rate in bytes always', () => {
  isTaken('guest.a.ceil = 1000\nguest.a.rate = 1000\n');
  isRefused('guest.a.rate = 999\n', /^warning: guest\.a\.rate: this is 999 bit per second, almost nothing/);
  isTaken('guest.a.rate = "999bit"\n');
  isRefused('guest.a.rate = "999"\n', /^warning: .*almost nothing/);
  isRefused('guest.a.rate = 7\n', /too little/);
  isRefused('guest.a.rate = 8\n', /^warning/);
  isRefused(
    'guest.a.rate = "1mbps"\n',
    /^warning: guest\.a\.rate: "1mbps" counts megabytes per second, 8mbit/,
  );
});

test('braces need one direction, or both where nothing else says it', () => {
  isRefused('guest.a.rate = {}\n', /these braces need/);
  isTaken('guest.a.rate = { out = "1mbit" }\n');
  isRefused('group.g.ceil = { out = "1mbit" }\n', /"in" is missing/);
  isRefused('group.g.ceil = { in = "1mbit" }\n', /"out" is missing/);
  isTaken('group.g.ceil = { out = "1mbit", in = "2mbit" }\n');
  for (const key of ['group.g.ceil', 'guest.a.ceil'])
    for (const way of ['out', 'in'])
      isRefused(
        `${key} = { ${way} = "fast", ${way === 'out' ? 'in' : 'out'} = "1mbit" }\n`,
        new RegExp(`^${key}\\.${way}: "fast"`),
      );
});

test('groups that are not there are named wherever they are written', () => {
  const group = '[group.friends]\nceil = "1gbit"\n';
  isTaken(`${group}[guest.a]\ngroup = "friends"\n`);
  isRefused(
    `${group}[guest.a]\ngroup = "freinds"\n`,
    /guest\.a\.group: there is no group "freinds" \(did you mean "friends"\?\)/,
  );
  isRefused(
    `${group}[guest.a]\non.eth0.group = "else"\n`,
    /guest\.a\.on\.eth0\.group: there is no group "else"/,
  );
});

test('lists of bridges: none is none, one twice is too many', () => {
  isTaken('uplink.eth0.bridge = ["br0", "br1"]\n');
  isTaken('uplink.eth0.bridge = "br0"\n');
  isRefused('uplink.eth0.bridge = []\n', /empty/);
  isRefused('uplink.eth0.bridge = ["br0", "br1", "br0"]\n', /br0 stands in this list twice/);
  isTaken('uplink.eth0.bridge = "abcdefghijklmno"\n');
});

test('limits inside the host: the least and the most that nft counts exactly', () => {
  for (const key of ['local', 'storm'])
    for (const where of ['defaults', 'guest.a']) {
      const entry = (value: string) => `[${where}]\n${key} = ${value}\n`;
      isTaken(entry('"8kbit"'));
      isRefused(entry('"7999bit"'), /must be from 8kbit to 100gbit/);
      isTaken(entry('"100gbit"'));
      isRefused(entry('"100001mbit"'), /must be from 8kbit to 100gbit/);
      isTaken(entry('"off"'));
    }
  for (const key of ['pps', 'storm']) {
    const entry = (value: string) => `[guest.a]\n${key} = ${value}\n`;
    isTaken(entry('1'));
    isRefused(entry('0'), /whole number of packets per second from 1 to 10000000/);
    isTaken(entry('10000000'));
    isRefused(entry('10000001'), /whole number of packets per second from 1 to 10000000/);
  }
});

test('a key that no table of its kind has is named, in each of them', () => {
  for (const table of [
    'defaults',
    'marks',
    'hook',
    'uplink.eth0',
    'uplink.eth0.unmarked',
    'uplink.eth0.flooded',
    'group.g',
    'group.g.on.eth0',
    'guest.a',
    'guest.a.on.eth0',
  ]) {
    const group = table.startsWith('group') ? 'group.g.ceil = "1gbit"\n' : '';
    isRefused(`${group}${table}.zzzz = 1\n`, new RegExp(`^${table}\\.zzzz: unknown key`));
  }
  for (const [key, inline] of [
    ['defaults.metadata', '{ zzzz = 1 }'],
    ['guest.a.quota', '{ volume = "1gb", then = { ceil = "1mbit" }, zzzz = 1 }'],
    ['guest.a.boost', '{ ceil = "50gbit", volume = "1gb", zzzz = 1 }'],
    ['guest.a.leaf', '{ kind = "fq_codel", zzzz = 1 }'],
    ['guest.a.rate', '{ out = "1mbit", zzzz = "1mbit" }'],
  ]) {
    isRefused(`${key} = ${inline}\n`, new RegExp(`^${key}\\.zzzz: `));
  }
});

test('a window that is free on any day of the week may hold', () => {
  const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
  const entry = (first: string, second: string) =>
    `[guest.a]\nceil = "9mbit"\nwhen = [\n{ time = "${first}", ceil = "5mbit" },\n{ time = "${second}", ceil = "4mbit" },\n]\n`;
  for (const [at, free] of days.entries()) {
    const taken = days.filter((_, other) => other !== at).join(',');
    isTaken(entry(taken, free));
    isTaken(entry(taken, 'mon..sun'));
    isRefused(entry(free, free), /this window never holds: those before it take all of/);
  }
  isTaken(entry('mon..sun 08:00-20:00', 'mon..sun'));
  isTaken(entry('mon..sun 08:00-20:00', 'mon..sun 19:59-20:01'));
  isRefused(entry('mon..sun 08:00-20:00', 'mon..sun 19:59-20:00'), /never holds/);
  isRefused(entry('mon..sun 08:00-20:00', 'mon 08:00-09:00'), /never holds/);
  isTaken(entry('mon..sun 00:01-24:00', 'mon..sun'));
  isTaken(entry('mon..sun 00:00-23:59', 'mon..sun'));
  isTaken(entry('mon 22:00-24:00', 'mon 22:00-00:01')); // Left is the first minute of Tuesday.
  // Of several times each counts by itself.
  const several = (first: string[], second: string[]) =>
    entry('A', 'B').replace('"A"', JSON.stringify(first)).replace('"B"', JSON.stringify(second));
  isRefused(several(['mon..fri', 'sat,sun'], ['mon']), /never holds/);
  isTaken(several(['mon'], ['mon', 'tue']));
  isTaken(several(['mon', 'wed'], ['mon', 'tue', 'wed']));
  isRefused(several(['mon', 'tue'], ['tue', 'mon']), /never holds/);
});

/** Numbers with bounds of their own: the lowest and the highest that is taken; beside them what is not any more. */
const numbers: Record<string, [text: string, below: string, least: string, most: string, above: string]> = {
  'bytes of each frame': ['[uplink.eth0]\noverhead = ', '-1', '0', '512', '513'],
  'the least bytes of a frame': ['[uplink.eth0]\nmpu = ', '-1', '0', '2048', '2049'],
  'the first mark': ['[marks]\nbase = ', '-1', '0', '0xffff0000', '0x100000000'],
  'a mark between multiples': ['[marks]\nbase = ', '0xffff', '0x10000', '0x20000', '0x20001'],
  'an id': ['[guest.a]\nid = ', '0', '1', '65535', '65536'],
  'packets per second': ['[guest.a]\npps = ', '0', '1', '10000000', '10000001'],
  'storms in packets per second': ['[guest.a]\nstorm = ', '0', '1', '10000000', '10000001'],
  'storms as a rate': ['[guest.a]\nstorm = ', '"7999bit"', '"8kbit"', '"100gbit"', '"100000000008bit"'],
  'what is sent inside the host': [
    '[guest.a]\nlocal = ',
    '"7999bit"',
    '"8kbit"',
    '"100gbit"',
    '"100000000008bit"',
  ],
};
for (const [what, [text, below, least, most, above]] of Object.entries(numbers)) {
  test(`${what}: from ${least} to ${most}`, () => {
    const errors = (value: string) =>
      said(`${text}${value}\n`).filter((one) => !one.startsWith('warning')).length;
    assert.equal([below, least, most, above].map(errors), [1, 0, 0, 1]);
  });
}

test.run();
