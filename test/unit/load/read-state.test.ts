// What the kernel is asked, and in how many processes: what is expected of it only saves some, and changes nothing of what
// is read. Whose a qdisc is, is told by what tc prints of it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { noTable } from '../../../src/kernel/nft/table.ts';
import { emptyState, makeObject, type State } from '../../../src/kernel/objects.ts';
import { readState } from '../../../src/load/read-state.ts';
import { makePaths } from '../../../src/store/paths.ts';
import { writeListing } from '../../../src/store/table-fingerprint.ts';
import type { Run } from '../../../src/system/exec.ts';

const root = mkdtempSync(join(tmpdir(), 'virt-shaper-read-state-'));
test.after(() => rmSync(root, { recursive: true }));

const htb = (r2q: number) => ({ r2q, default: '0x10', direct_packets_stat: 0 });
const qdiscs = [
  { kind: 'noqueue', handle: '0:', dev: 'lo', root: true, options: {} },
  { kind: 'noqueue', handle: '8001:', dev: 'vnet1', root: true, options: {} },
  { kind: 'htb', handle: '1:', dev: 'eth0', root: true, options: htb(30323) },
  { kind: 'bfifo', handle: '10:', dev: 'eth0', parent: '1:10', options: { limit: 9000 } },
  { kind: 'ingress', handle: 'ffff:', dev: 'eth0', parent: 'ffff:fff1', options: {} },
  { kind: 'htb', handle: '1:', dev: 'eth1', root: true, options: htb(10) },
  { kind: 'pfifo', handle: '20:', dev: 'eth1', parent: '1:20', options: { limit: 9 } },
  { kind: 'pfifo_fast', handle: '0:', dev: 'eth2', root: true, options: {} },
  { kind: 'clsact', handle: 'ffff:', dev: 'vnet0', parent: 'ffff:fff1', options: {} },
];
const answers: Record<string, string> = {
  'qdisc show': `${JSON.stringify(qdiscs)}\n`,
  'class show dev eth0':
    'class htb 1:10 root leaf 10: prio 0 quantum 1514 rate 1Mbit ceil 2Mbit burst 1600b cburst 1600b\n',
  'qdisc show dev lo': 'qdisc noqueue 0: root refcnt 2\n',
};

/** @param table nft's listing of the one in the family bridge @param filters what each question about filters is answered */
function kernel(table = '', filters: Record<string, string> = {}) {
  const asked: string[] = [];
  const run: Run = async (tool, args, { input = '' } = {}) => {
    asked.push([tool, ...args.slice(0, 1), ...input.split('\n').filter(Boolean)].join('; '));
    const isThere = tool === 'tc' || (table !== '' && args.includes('bridge'));
    const stdout = input
      .split('\n')
      .map((line) => answers[line] ?? (line.startsWith('filter') ? `${filters[line] ?? '[]'}\n` : ''))
      .join('');
    const none = { status: 1, stdout: '', stderr: 'Error: No such file or directory\n' };
    return isThere ? { status: 0, stdout: tool === 'nft' ? table : stdout, stderr: '' } : none;
  };
  return { asked, site: { ...makePaths({ root }), run } };
}

const expected: State = {
  ...emptyState(),
  objects: new Map(
    [
      makeObject('root', 'eth0', '1:', {}),
      makeObject('class', 'eth0', '1:10', {}),
      makeObject('leaf', 'eth0', '1:10', {}),
      makeObject('clsact', 'vnet0', 'clsact', {}),
      makeObject('filter', 'vnet0', '0x10', {}),
    ].map((one) => [one.key, one]),
  ),
};
const nft = ['nft; -s', 'nft; -s'];
const filters = 'filter show dev vnet0 egress; filter show dev vnet0 ingress';
const classes = 'class show dev eth0; qdisc show dev lo';

test('what is expected is asked at once, and nothing is asked twice', async () => {
  const known = kernel();
  const state = await readState(known.site, { expected });
  assert.equal(known.asked.sort(), [...nft, `tc; -d; ${classes}`, `tc; -j; qdisc show; ${filters}`]);
  const unknown = kernel();
  assert.equal(await readState(unknown.site), state);
  assert.equal(unknown.asked.sort(), [
    ...nft,
    `tc; -d; ${classes}`,
    'tc; -j; qdisc show',
    `tc; -j; qdisc show; ${filters}`,
  ]);
});

test('ours is told from what is of others, who may be in the way', async () => {
  const { objects, foreignRoots, noqueue, occupiedTaps, sharedTaps } = await readState(kernel().site);
  assert.equal([...objects.keys()], ['eth0 root', 'eth0 class 1:10', 'eth0 leaf 1:10', 'vnet0 clsact']);
  assert.equal([...foreignRoots], [['eth1', 'htb 1:']]);
  assert.equal([[...(noqueue ?? [])], [...occupiedTaps], [...sharedTaps]], [['vnet1'], ['eth0'], []]);
});

test('a filter is found, ours and that of others, whether its tap was expected or not', async () => {
  const redirect = { kind: 'mirred', mirred_action: 'redirect', to_dev: 'ifb-eth0' };
  const of = (pref: number) => ({
    ...{ protocol: 'all', pref, kind: 'fw', chain: 0 },
    options: { handle: '0x76730010', actions: [redirect] },
  });
  const both = { 'filter show dev vnet0 egress': JSON.stringify([of(30323), of(7)]) };
  for (const hints of [{}, { expected }, { expected: emptyState() }]) {
    const { objects, sharedTaps } = await readState(kernel('', both).site, hints);
    assert.equal(
      [...objects.values()].filter(({ kind }) => kind === 'filter'),
      [makeObject('filter', 'vnet0', '0x76730010', { match: 'fw', to: 'ifb-eth0' })],
    );
    assert.equal([...sharedTaps], ['vnet0']);
  }
});

test('a table is there, and known, or not', async () => {
  const told = async (table: string) => {
    const { hasTable, ruleset, loaded } = await readState(kernel(table).site);
    return [hasTable, ruleset, loaded];
  };
  assert.equal(await told(''), [false, noTable, undefined]);
  const table = 'table bridge virt-shaper {\n}\n';
  assert.equal(await told(table), [true, `${noTable}${table}`, undefined]);
  writeListing(makePaths({ root }).listing, 'mine', table);
  assert.equal(await told(table), [true, `${noTable}${table}`, { ruleset: 'mine' }]);
  await readState(kernel(`${table} `).site, { committed: 'next' });
  assert.equal(await told(`${table} `), [true, `${noTable}${table} `, { ruleset: 'next' }]);
});

test.run();
