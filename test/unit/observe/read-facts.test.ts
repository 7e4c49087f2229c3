// The facts as they are read: which tables are whose, and what is asked of the kernel only where it matters. The one device
// that is there is lo, which every host has.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Guest } from '../../../src/guests/guest.ts';
import { noTable } from '../../../src/kernel/nft/table.ts';
import { listRuleset, readFacts } from '../../../src/observe/read-facts.ts';
import { readUnclaimed } from '../../../src/observe/read-unclaimed.ts';
import type { InForce } from '../../../src/store/in-force-plan.ts';
import { writeListing } from '../../../src/store/table-fingerprint.ts';
import type { Failure } from '../../../src/system/errors.ts';
import type { Outcome, Run } from '../../../src/system/exec.ts';

let root: string;
test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'virt-shaper-facts-'));
});
test.after.each(() => rmSync(root, { recursive: true }));

const taps = ['lo', 'nosuch1'].map((name) => ({
  name,
  bridge: 'nosuchbr1',
  guest: 'ann',
  mark: 16,
  clsact: true,
}));
const ports = [{ name: 'nosuch0', bridge: 'nosuchbr0' }];
const uplinks = [
  { name: 'nosuch0', ifb: 'ifb-nosuch0', ports, taps: taps.map((tap) => ({ ...tap, bridge: 'nosuchbr0' })) },
];
const inForce = { version: 1, uplinks, unshaped: [], warnings: [] } as unknown as InForce;

/** @param filters of lo's egress */
function kernel(filters: object[] = []) {
  const asked: string[] = [];
  const run = (async (tool: string, args: string[], { input = '' }: { input?: string } = {}) => {
    const line = [tool, ...args].join(' ');
    asked.push(line);
    const answers: Record<string, string> = {
      'ip -o link show': '1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536\n2: other: <UP> mtu 1\n',
      'ip -o link show type ifb':
        '3: ifb0: <BROADCAST,NOARP,UP,LOWER_UP> mtu 1\n4: ifb1: <BROADCAST,NOARP> mtu 1\n5: ifb2@x: <UP> mtu 1\n',
    };
    const batch = input
      .split('\n')
      .filter(Boolean)
      .map((one) => `${JSON.stringify(one.endsWith('lo egress') ? filters : [])}\n`);
    return { status: 0, stdout: answers[line] ?? batch.join(''), stderr: '' };
  }) as unknown as Run;
  return { run, asked };
}

const loaded = () => ({ rules: join(root, 'rules.d'), listing: join(root, 'listing') });

async function read(
  ruleset = '',
  { filters = [], guests = [] }: { filters?: object[]; guests?: Guest[] } = {},
) {
  const { run, asked } = kernel(filters);
  const missing = [{ guest: 'cid', tap: 'nosuch9' }];
  const facts = await readFacts(run, loaded(), inForce, { guests, missing }, Promise.resolve(ruleset));
  return { ...facts, asked };
}

const tableOf = (head: string, more = '') => `table ${head} {\n\tchain c {\n\t\taccept\n${more}\t}\n}\n`;
const own = tableOf('bridge virt-shaper') + tableOf('inet virt-shaper');

test('our table is as it was loaded, changed, or gone; where a load makes none, none is missed', async () => {
  const kind = async (ruleset: string) => {
    const { table, tables } = await read(ruleset);
    return [table.kind, ...tables.map(({ family, name }) => `${family} ${name}`)];
  };
  assert.equal(await kind(''), ['as loaded'], 'nothing was ever loaded');
  mkdirSync(join(loaded().rules, 'good'), { recursive: true });
  writeFileSync(join(loaded().rules, 'good/ruleset.nft'), own);
  assert.equal(await kind(''), ['missing']);
  assert.equal(await kind(tableOf('ip x')), ['missing', 'ip x']);
  assert.equal(await kind(own), ['unknown', 'bridge virt-shaper', 'inet virt-shaper']);
  writeListing(loaded().listing, own, own);
  assert.equal(await kind(own), ['as loaded']);
  assert.equal(await kind(tableOf('ip x') + own), ['as loaded', 'ip x']);
  assert.equal(await kind(own.replace('accept', 'drop')), [
    'changed',
    'bridge virt-shaper',
    'inet virt-shaper',
  ]);
  writeFileSync(join(loaded().rules, 'good/ruleset.nft'), noTable);
  assert.equal(await kind(''), ['as loaded']);
});

test('a table of others that was made after ours of its family is the later one', async () => {
  writeListing(loaded().listing, own, own);
  const later = async (ruleset: string) =>
    (await read(ruleset)).tables.map(
      ({ family, name, later }) => `${family} ${name}${later ? ' later' : ''}`,
    );
  const [bridge, inet, ip] = ['bridge a', 'inet b', 'ip c'].map((head) => tableOf(head));
  assert.equal(await later(`${bridge}${inet}${ip}${own}`), ['bridge a', 'inet b', 'ip c']);
  assert.equal(await later(`${own}${bridge}${inet}${ip}`), ['bridge a later', 'inet b later', 'ip c']);
  const [first = '', second = ''] = own.split(/(?<=\n\}\n)/);
  assert.equal(await later(`${first}${bridge}${inet}${second}`), ['bridge a later', 'inet b']);
});

test('devices that are there, and who owns them; ifbs only where somebody may lead frames to one', async () => {
  const nic = { tap: 'lo', bridge: 'br0' };
  const guests: Guest[] = [
    { name: 'ann', driver: 'qemu', nics: [nic, { tap: 't1' }] },
    { name: 'bob', driver: 'qemu', nics: [{ tap: 't2', bandwidth: true }] },
  ];
  const facts = await read('', { guests });
  assert.equal([...facts.devices], [['lo', { up: true, ours: false }]]);
  assert.equal([...facts.filters.keys()], ['lo egress', 'lo ingress']);
  assert.equal(
    [...facts.owners],
    [
      ['lo', 'ann'],
      ['t1', 'ann'],
      ['t2', 'bob'],
    ],
  );
  assert.equal([[...facts.missing], [...facts.limited]], [['nosuch9 cid'], ['t2']]);
  assert.equal([...facts.ports], [['nosuchbr0', new Set()]]);
  assert.equal([facts.reflects, facts.amiss, [...facts.ifbs]], [false, [], []]);
  assert.not.ok(facts.asked.includes('ip -o link show type ifb'));
  const ours = { protocol: 'all', pref: 30323, kind: 'fw', chain: 0 };
  assert.equal([...(await read('', { filters: [ours] })).ifbs], []);
  const mixed = await read('', { filters: [ours, { ...ours, pref: 10 }] });
  assert.equal([...mixed.ifbs], ['ifb0', 'ifb2']);
});

test('settings that were loaded and are other now are amiss', async () => {
  mkdirSync(join(loaded().rules, 'good'), { recursive: true });
  const settings = join(loaded().rules, 'good/settings.sysctl');
  writeFileSync(settings, 'net.ipv4.fwmark_reflect = 77\n');
  const facts = await read();
  assert.is(facts.reflects, true);
  assert.equal(
    facts.amiss.filter((name) => name !== 'net.ipv4.fwmark_reflect'),
    [],
  );
  writeFileSync(settings, 'kernel.panic = 1\n');
  const damaged = await read();
  assert.equal([damaged.reflects, damaged.amiss], [false, []]);
});

test('a ruleset that cannot be listed is said with its first line, and to whom it is allowed', async () => {
  const list = (outcome: Partial<Outcome>) =>
    listRuleset(async () => ({ status: 1, stdout: 'text', stderr: '', ...outcome })).catch(
      (error: Failure) => [error.message, error.hint !== undefined],
    );
  assert.is(await list({ status: 0 }), 'text');
  assert.equal(await list({ stderr: 'Error: odd\nmore\n' }), [
    'nft cannot list the ruleset: Error: odd',
    false,
  ]);
  assert.equal(await list({ stderr: 'Operation not permitted (you must be root)\n' }), [
    'nft cannot list the ruleset: Operation not permitted (you must be root)',
    true,
  ]);
});

test('classes that nobody has loaded are those of our roots, of whichever device', async () => {
  const root = (dev: string, kind: string, r2q: number, more = {}) => {
    return { kind, handle: '1:', dev, root: true, options: { r2q }, ...more };
  };
  const qdiscs = [
    root('eth0', 'htb', 30323),
    root('eth1', 'htb', 10),
    root('eth2', 'hfsc', 30323),
    root('eth3', 'htb', 30323, { root: false }),
    root('eth4', 'htb', 30323),
  ];
  const asked: string[] = [];
  const htb = (id: string) => `class htb ${id} root rate 1Mbit ceil 1Mbit burst 1b cburst 1b\n`;
  const run = (async (_tc: string, args: string[], { input }: { input: string }) => {
    if (args.includes('-j')) return { status: 0, stdout: `${JSON.stringify(qdiscs)}\n`, stderr: '' };
    const lines = input.trimEnd().split('\n');
    asked.push(...lines.filter((line) => line.startsWith('class')));
    const stdout = lines.map((line) =>
      line.startsWith('class') ? htb('1:1') + htb('1:2') : 'qdisc noqueue 0: root\n',
    );
    return { status: 0, stdout: stdout.join(''), stderr: '' };
  }) as unknown as Run;
  const { classes } = await readUnclaimed(run, 'host');
  assert.is(classes, 4);
  assert.equal(asked, ['class show dev eth0', 'class show dev eth4']);
});

test.run();
