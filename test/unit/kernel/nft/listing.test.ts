// What nft lists, as data: one table out of many, whose it is, and each kind of thing in it.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  cutTable,
  foreignFamilies,
  parseElements,
  parseListing,
} from '../../../../src/kernel/nft/listing.ts';

const table = (head: string, ...lines: string[]) =>
  `table ${head} {\n${lines.map((line) => `\t${line}\n`).join('')}}\n`;
const other = table(
  'inet filter',
  'chain input {',
  '\ttype filter hook input priority filter; policy accept;',
  '}',
);
const ours = table('bridge virt-shaper', 'map guests {', '\ttype ifname : verdict', '}');

test('a table is cut out wherever it stands, and is nothing where it is not', () => {
  for (const listing of [ours, ours + other, other + ours, other + ours + other])
    assert.is(cutTable(listing, 'bridge', 'virt-shaper'), ours);
  assert.is(cutTable(other, 'bridge', 'virt-shaper'), '');
  assert.is(cutTable('', 'bridge', 'virt-shaper'), '');
  assert.is(cutTable(ours, 'inet', 'virt-shaper'), '');
  assert.is(cutTable(ours.slice(0, -2), 'bridge', 'virt-shaper'), '', 'cut off');
  assert.is(cutTable(table('bridge virt-shaper2'), 'bridge', 'virt-shaper'), '');
});

test('a table of our name is ours by its map, and nobody’s where it is empty', () => {
  const chain = ['chain x {', '\taccept', '}'];
  assert.equal(foreignFamilies(ours), []);
  assert.equal(foreignFamilies(table('bridge virt-shaper')), []);
  assert.equal(foreignFamilies(table('bridge virt-shaper', ...chain)), ['bridge']);
  assert.equal(foreignFamilies(ours + table('inet virt-shaper', ...chain)), ['inet']);
  for (const map of ['routed', 'local'])
    assert.equal(foreignFamilies(table('inet virt-shaper', `map ${map} {`, '}', ...chain)), [], map);
  assert.equal(foreignFamilies(table('inet virt-shaper', 'map guests {', '}')), ['inet']);
});

const chainOf = (family: string, ...lines: string[]) =>
  parseListing(table(`${family} t`, 'chain c {', ...lines.map((line) => `\t${line}`), '}'))[0]?.chains.get(
    'c',
  );

test('a chain: its hook, its priority by name, its devices, and whether it drops', () => {
  const hook = (family: string, line: string) => chainOf(family, line)?.hook;
  for (const [family, written, priority] of [
    ['inet', 'raw', -300],
    ['inet', 'mangle', -150],
    ['inet', 'dstnat', -100],
    ['inet', 'filter', 0],
    ['inet', 'security', 50],
    ['inet', 'srcnat', 100],
    ['inet', 'srcnat + 5', 105],
    ['inet', 'dstnat - 10', -110],
    ['inet', '-7', -7],
    ['inet', 'unheard', 0],
    ['inet', 'unheard + 3', 3],
    ['bridge', 'dstnat', -300],
    ['bridge', 'filter', -200],
    ['bridge', 'out', 100],
    ['bridge', 'srcnat', 300],
    ['bridge', 'dstnat + 1', -299],
    ['bridge', 'raw', 0],
  ] as const)
    assert.is(
      hook(family, `type filter hook forward priority ${written}; policy accept;`)?.priority,
      priority,
      written,
    );
  assert.equal(hook('inet', 'type filter hook forward priority 0; policy drop;'), {
    hook: 'forward',
    priority: 0,
    devices: [],
    drops: true,
  });
  for (const devices of ['device "eth0" ', 'devices = { "eth0", "eth1" } '])
    assert.equal(
      hook('netdev', `type filter hook ingress ${devices}priority 5; policy accept;`)?.devices,
      devices.match(/eth\d/g) ?? [],
    );
  assert.is(chainOf('inet', 'accept')?.hook, undefined);
});

test('rules are words; what is in braces is one', () => {
  const rules = chainOf(
    'inet',
    'type filter hook forward priority 0; policy accept;',
    'iifname "a b" tcp dport { 80, 443 } accept',
    'ip saddr vmap { 10.0.0.1 : jump x, 10.0.0.2 : drop }',
  )?.rules;
  assert.equal(rules, [
    ['iifname', '"a b"', 'tcp', 'dport', '{ 80 , 443 }', 'accept'],
    ['ip', 'saddr', 'vmap', '{ 10.0.0.1 : jump x , 10.0.0.2 : drop }'],
  ]);
});

test('a table that sleeps has no chains; a flowtable has its devices', () => {
  const dormant = table('inet t', 'flags dormant', 'chain c {', '\taccept', '}');
  assert.is(parseListing(dormant)[0]?.chains.size, 0);
  const flow = table(
    'inet t',
    'flowtable f {',
    '\thook ingress priority filter',
    '\tdevices = { eth0, eth1 }',
    '}',
  );
  assert.equal(parseListing(flow)[0]?.flowtables.get('f'), ['eth0', 'eth1']);
  assert.equal(
    parseListing(other + ours).map(({ family, name }) => `${family} ${name}`),
    ['inet filter', 'bridge virt-shaper'],
  );
});

test('what else a table says hides neither its own chains nor the tables after it', () => {
  const chain = ['chain c {', '\taccept', '}'];
  for (const more of [
    ['comment "of somebody"'],
    ['flags owner,persist'],
    ['comment "{"'],
    ['ct helper ftp {', '\ttype "ftp" protocol tcp', '\tl3proto ip', '}'],
    ['counter n {', '\tpackets 0 bytes 0', '}', 'quota q {', '\tover 1 mbytes', '}'],
  ])
    assert.equal(
      parseListing(table('inet t', ...more, ...chain) + other).map(({ name, chains }) => [
        name,
        ...chains.keys(),
      ]),
      [
        ['t', 'c'],
        ['filter', 'input'],
      ],
      more[0],
    );
});

test('a set or map has the elements that are listed in it, on however many lines, or none', () => {
  const [made] = parseListing(
    table(
      'inet t',
      'set none {',
      '\ttype ipv4_addr',
      '}',
      'set some {',
      '\ttype ipv4_addr',
      '\telements = { 10.0.0.1, 10.0.0.2,',
      '\t\t     10.0.0.3 }',
      '}',
      'map "led" {',
      '\ttype ifname : verdict',
      '\telements = { "vnet0" : goto x }',
      '}',
    ),
  );
  assert.equal(
    [...(made?.elements ?? [])].map(([name, { exact }]) => [name, ...exact]),
    [['none'], ['some', ['10.0.0.1', ''], ['10.0.0.2', ''], ['10.0.0.3', '']], ['led', ['vnet0', 'goto x']]],
  );
});

test('elements: keys of one part or several, numbers in decimal, ranges and stars apart, without their age', () => {
  const { exact, wide } = parseElements(
    '{ "vnet0" . "eth0" : goto x, 0x00000010 : drop, "a*" . 5 : accept, 10-20 : jump y, 10.0.0.0/8 expires 5s, "z" timeout 1m expires 3s : goto z }',
  );
  assert.equal(
    [...exact],
    [
      ['vnet0 . eth0', 'goto x'],
      ['16', 'drop'],
      ['z', 'goto z'],
    ],
  );
  assert.equal(wide, [
    { key: ['a*', '5'], value: 'accept' },
    { key: ['10-20'], value: 'jump y' },
    { key: ['10.0.0.0/8'], value: '' },
  ]);
  assert.equal(parseElements(''), { exact: new Map(), wide: [] });
});

test.run();
