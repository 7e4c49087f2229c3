// What tc answers about the filters of many taps at once: whose each is, taps that are gone, versions whose JSON is none.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readEveryFilter, readQdiscs } from '../../../../src/kernel/tc/read.ts';
import { signature } from '../../../../src/plan/names.ts';
import type { Run } from '../../../../src/system/exec.ts';

const redirect = (pref: number, options: object) => [
  { protocol: 'all', pref, kind: 'fw', chain: 0 },
  {
    protocol: 'all',
    pref,
    kind: 'fw',
    chain: 0,
    options: { ...options, actions: [{ kind: 'mirred', mirred_action: 'redirect', to_dev: 'ifb-eth0' }] },
  },
];
const ours = (mark: number) => redirect(signature, { handle: `0x${mark.toString(16)}` });
const theirs = { protocol: 'ip', pref: 10, kind: 'flower', chain: 0, options: { handle: '0x1' } };
const qdiscs = [{ kind: 'clsact', handle: 'ffff:', dev: 'vnet0', parent: 'ffff:fff1', options: {} }];

interface Tc {
  /** `vnet0 egress` -> its filters, or text that is no JSON. */
  filters?: Record<string, object[] | string>;
  /** Devices that are not there any more. */
  gone?: string[];
  /** What tc says in words of a hook. */
  words?: Record<string, string>;
  complaint?: { status: number; stderr: string };
  /** Leaves out the last answer. */
  isShort?: boolean;
}

function tc({ filters = {}, gone = [], words = {}, complaint, isShort }: Tc = {}) {
  const asked: string[] = [];
  const run = (async (_tc: string, args: string[], { input = '' }: { input?: string } = {}) => {
    if (input === '') {
      const hook = args.slice(3).join(' ');
      asked.push(hook);
      return { status: 0, stdout: words[hook] ?? '', stderr: '' };
    }
    const lines = input.trimEnd().split('\n');
    const answers = lines.map((line) => {
      if (line === 'qdisc show') return JSON.stringify(qdiscs);
      const [, , , device = '', way] = line.split(' ');
      const held = filters[`${device} ${way}`] ?? [];
      return gone.includes(device) ? '' : typeof held === 'string' ? held : JSON.stringify(held);
    });
    const stderr = answers.flatMap((answer, at) =>
      answer === '' ? `Cannot find device\nCommand failed -:${at + 1}\n` : [],
    );
    const shown = isShort ? answers.slice(0, -1) : answers;
    const stdout = shown.map((answer) => (answer === '' ? '' : `${answer}\n`)).join('');
    return { status: stderr.length > 0 ? 1 : 0, stdout, stderr: stderr.join(''), ...complaint };
  }) as unknown as Run;
  return { run, asked };
}

async function read(taps: string[], answers: Tc = {}) {
  const { run, asked } = tc(answers);
  const { qdiscs: all, objects, shared } = await readQdiscs(run, taps);
  const told = objects.map(({ device, id, values: { match, to } }) => `${device} ${id} ${match} ${to}`);
  return { told, shared: [...shared], asked, qdiscs: all.length };
}

test('each tap has its own filters, also after one that is gone', async () => {
  const filters = { 'vnet0 egress': ours(0x10), 'vnet1 egress': ours(0x11), 'vnet2 egress': ours(0x12) };
  const all = ['vnet0 0x10', 'vnet1 0x11', 'vnet2 0x12'].map((one) => `${one} fw ifb-eth0`);
  const taps = ['vnet0', 'vnet1', 'vnet2'];
  assert.equal((await read(taps, { filters })).told, all);
  for (const [at, name] of taps.entries())
    assert.equal(
      (await read(taps, { filters, gone: [name] })).told,
      all.filter((_, one) => one !== at),
      name,
    );
  assert.equal(await read(taps, { gone: taps }), { told: [], shared: [], asked: [], qdiscs: 1 });
  assert.equal(await read([]), { told: [], shared: [], asked: [], qdiscs: 1 });
});

test('a clsact is shared where others have a filter on either hook, or ours is where we set none', async () => {
  const shared = async (filters: Tc['filters']) => {
    const found = await read(['vnet0', 'vnet1'], { filters: filters ?? {} });
    return [...found.shared, found.told.length];
  };
  assert.equal(await shared({ 'vnet0 egress': ours(0x10) }), [1]);
  assert.equal(await shared({ 'vnet0 egress': [...ours(0x10), theirs] }), ['vnet0', 1]);
  assert.equal(await shared({ 'vnet1 ingress': [theirs] }), ['vnet1', 0]);
  assert.equal(await shared({ 'vnet0 ingress': ours(0x10) }), ['vnet0', 0]);
});

const text = (...filters: string[]) => `${filters.join('\n')}\n`;
const u32 = (pref: number, handle: string, mark: string, to: string) =>
  text(
    `filter protocol all pref ${pref} u32 chain 0 `,
    `filter protocol all pref ${pref} u32 chain 0 fh 800: ht divisor 1 `,
    `filter protocol all pref ${pref} u32 chain 0 fh ${handle} order 2048 key ht 800 bkt 0 not_in_hw `,
    `  mark ${mark} 0xffffffff (success 0 )`,
    `\taction order 1: mirred (Egress Redirect to device ${to}) stolen`,
  ).trimEnd();

test('where the JSON of a hook is none, its words are read, of that hook alone', async () => {
  const words = {
    'vnet1 egress': text(
      u32(signature, '800::800', '0x11', 'ifb-eth0'),
      u32(signature, '800::801', '0x12', 'ifb-eth1'),
    ),
  };
  const filters = { 'vnet0 egress': ours(0x10), 'vnet1 egress': '[{oops' };
  const found = await read(['vnet0', 'vnet1'], { filters, words });
  assert.equal(found.asked, ['vnet1 egress']);
  assert.equal(found.told, ['vnet0 0x10 fw ifb-eth0', 'vnet1 0x11 u32 ifb-eth0', 'vnet1 0x12 u32 ifb-eth1']);
  assert.equal(found.shared, []);
  const beside = { 'vnet1 egress': text(u32(10, '800::800', '0x1', 'ids0')) };
  const others = await read(['vnet1'], { filters, words: beside });
  assert.equal([others.told, others.shared], [[], ['vnet1']]);
});

test('words of a filter by classic BPF or fw; one without a mark, or without a device, is no redirect of ours', async () => {
  const by = async (head: string, ...below: string[]) => {
    const words = { 'vnet0 egress': text(`filter protocol all pref ${signature} ${head}`, ...below) };
    const found = await read(['vnet0'], { filters: { 'vnet0 egress': '[{oops' }, words });
    const bare = { 'vnet0 egress': words['vnet0 egress'].trimEnd() };
    assert.equal(await read(['vnet0'], { filters: { 'vnet0 egress': '[{oops' }, words: bare }), found);
    return found.told;
  };
  const leads = '\taction order 1: mirred (Egress Redirect to device ifb-eth0) stolen';
  assert.equal(await by('fw chain 0 handle 0x10 ', leads), ['vnet0 0x10 fw ifb-eth0']);
  assert.equal(await by("bpf chain 0 handle 0x10 bytecode '1,6 0 0 4294967295' ", leads), [
    'vnet0 0x10 bpf 1,6 0 0 4294967295 ifb-eth0',
  ]);
  assert.equal(await by('u32 chain 0 fh 800::800 ', leads), ['vnet0 0x0 u32 ifb-eth0']);
  assert.equal(await by('fw chain 0 handle 0x10 '), []);
});

test('every filter of the devices that are there, by device and hook', async () => {
  const filters = { 'vnet0 egress': ours(0x10), 'vnet1 ingress': [theirs] };
  const every = async (devices: string[], more: Tc = {}) =>
    [...(await readEveryFilter(tc({ filters, ...more }).run, devices))].map(
      ([hook, all]) => `${hook} ${all.length}`,
    );
  const [zero, one] = [
    ['vnet0 egress 2', 'vnet0 ingress 0'],
    ['vnet1 egress 0', 'vnet1 ingress 1'],
  ] as const;
  assert.equal(await every(['vnet0', 'vnet1']), [...zero, ...one]);
  assert.equal(await every(['vnet0', 'vnet1'], { gone: ['vnet0'] }), one);
  assert.equal(await every(['vnet0', 'vnet1'], { gone: ['vnet1'] }), zero);
  const never = () => Promise.reject(new Error('nobody is asked'));
  assert.is((await readEveryFilter(never, [])).size, 0);
});

test('of a tc that answers too little, or not at all, nothing is believed', async () => {
  const taps = ['vnet0', 'vnet1'];
  const said = async (answers: Tc) =>
    Promise.all(
      [readQdiscs, readEveryFilter].map((ask) =>
        ask(tc(answers).run, taps).then(
          () => 'believed',
          ({ message }: Error) => message,
        ),
      ),
    );
  assert.equal(await said({ isShort: true }), [
    'tc cannot list the qdiscs and filters: ',
    'tc cannot list the filters: ',
  ]);
  const denied = { status: 1, stderr: ' Operation not permitted\n' };
  const both = 'tc cannot list what the kernel holds: Operation not permitted';
  assert.equal(await said({ complaint: denied }), [both, both]);
  assert.equal(await said({ complaint: { status: 0, stderr: 'a word aside\n' } }), ['believed', 'believed']);
  const [first] = await said({ complaint: { status: 1, stderr: 'Odd.\nCommand failed -:1\n' } });
  assert.is(first, 'tc cannot list the qdiscs and filters: Odd.\nCommand failed -:1');
});

test.run();
