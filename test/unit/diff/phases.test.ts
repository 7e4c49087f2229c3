// In which phase of a load what is changed: a setting is there before any frame needs it, and goes back after the last.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compare } from '../../../src/diff/compare.ts';
import { parseRules } from '../../../src/diff/parse-rules.ts';
import { planPhases } from '../../../src/diff/phases.ts';
import {
  emptyState,
  type KernelState,
  kernelWith,
  makeObject,
  type State,
  type TcObject,
} from '../../../src/kernel/objects.ts';
import { generateFor, makeWorld } from '../../support/world.ts';

const name = 'net.ipv4.fwmark_reflect';

function phases(from: KernelState, to: State): string[] {
  return planPhases(compare(from, to), from, to).map((phase) => {
    if (phase.name === 'commit') return 'commit';
    return `${phase.name}: ${phase.steps.map((step) => ('line' in step ? step.line : JSON.stringify(step))).join('; ')}`;
  });
}

const withSetting = (value: string): State => ({ ...emptyState(), settings: new Map([[name, value]]) });

test('a setting is made before traffic moves', () => {
  const lines = phases(kernelWith(withSetting('0')), withSetting('1'));
  assert.equal(lines, [`stage: ${name} = 1`]);
});

test('and what it was comes back after it', () => {
  const kernel = { ...kernelWith(withSetting('1')), formerSettings: new Map([[name, '0']]) };
  const lines = phases(kernel, emptyState());
  assert.equal(lines, [`retire: ${name} = 0`]);
});

/** `1:10 4 9`: the class, its rate and its ceil; one with others below it has no queue. */
function classes(...list: string[]): State {
  const state = emptyState();
  const put = (one: TcObject) => state.objects.set(one.key, one);
  put(makeObject('root', 'eth0', '1:', { kind: 'htb', default: 0x10, r2q: 30323 }));
  for (const words of list) {
    const [id = '', rate, ceil, burst = 9000] = words.split(' ');
    const parent = id === '1:1' ? '1:' : '1:1';
    const values = { rate: Number(rate), ceil: Number(ceil), burst: Number(burst) };
    put({ ...makeObject('class', 'eth0', id, values), parent });
    if (id !== '1:1') put(makeObject('leaf', 'eth0', id, { kind: 'bfifo', handle: `${id.slice(2)}:` }));
  }
  return state;
}

/** `stage 1:10 4 9 9000`, of each step. */
function steps(from: string[], to: string[]): string[] {
  const [held, wanted] = [kernelWith(classes(...from)), classes(...to)];
  return planPhases(compare(held, wanted), held, wanted).flatMap((phase) => {
    assert.ok(phase.name !== 'commit');
    return phase.steps.map(({ object, verb }) => {
      assert.is(verb, 'change');
      const { rate, ceil, burst } = object?.values ?? {};
      return [phase.name, object?.id, rate, ceil, burst].join(' ');
    });
  });
}

const link = '1:1 90000 90000';
for (const [what, from, to, expected] of [
  ['a guarantee that is raised', ['1:10 1000 9000'], ['1:10 2000 9000'], ['stage 1:10 2000 9000 9000']],
  ['a guarantee that is lowered', ['1:10 2000 9000'], ['1:10 1000 9000'], ['stage 1:10 1000 9000 9000']],
  ['a ceil that is raised', ['1:10 1000 8000'], ['1:10 1000 9000'], ['stage 1:10 1000 9000 9000']],
  ['a burst', ['1:10 1000 9000 9000'], ['1:10 1000 9000 9999'], ['stage 1:10 1000 9000 9999']],
  [
    'a guarantee that goes from one to another: never both',
    ['1:10 1000 9000', '1:11 2000 9000'],
    ['1:10 2000 9000', '1:11 1000 9000'],
    ['stage 1:11 1000 9000 9000', 'stage 1:10 2000 9000 9000'],
  ],
  [
    'one that rises while its ceil falls',
    ['1:10 1000 9000'],
    ['1:10 2000 8000'],
    ['stage 1:10 1000 8000 9000', 'retire 1:10 2000 8000 9000'],
  ],
] as const) {
  test(`in place: ${what}`, () => assert.equal(steps([link, ...from], [link, ...to]), expected));
}

test('what is lowered is so from below, all else from above', () => {
  const low = ['1:1 7000 7000', '1:10 1000 6000'];
  const high = ['1:1 9000 9000', '1:10 1000 8000'];
  const ids = (list: string[]) => list.map((step) => step.split(' ')[1]);
  assert.equal(ids(steps(low, high)), ['1:1', '1:10']);
  assert.equal(ids(steps(high, low)), ['1:10', '1:1']);
  const burst = (list: string[], bytes: number) => list.map((one) => `${one} ${bytes}`);
  assert.equal(ids(steps(burst(low, 9000), burst(low, 9999))), ['1:1', '1:10']);
});

/** The steps from one set of queues to another: `10 sfq 5:`, the class, the kind and the handle. */
function queueSteps(from: string[], to: string[]): string[] {
  const [held, wanted] = [from, to].map((list) => {
    const state = classes(link, ...list.map((one) => `1:${one.split(' ')[0]} 1000 9000`));
    for (const one of list) {
      const [id, kind = '', handle = ''] = one.split(' ');
      const leaf = makeObject('leaf', 'eth0', `1:${id}`, { kind, handle });
      state.objects.set(leaf.key, leaf);
    }
    return state;
  });
  assert.ok(held && wanted);
  const kernel = kernelWith(held);
  return planPhases(compare(kernel, wanted), kernel, wanted).flatMap((phase) => {
    assert.ok(phase.name !== 'commit');
    return phase.steps.map(({ line }) => line.replace('qdisc ', '').replace('dev eth0 parent 1:', ''));
  });
}

test('a queue of another kind is deleted and made again, and nobody else’s', () => {
  assert.equal(queueSteps(['10 bfifo 10:', '11 bfifo 11:'], ['10 fq_codel 10:', '11 bfifo 11:']), [
    'del 10',
    'add 10 handle 10: fq_codel',
  ]);
  assert.equal(
    queueSteps(['10 bfifo 10:', '11 bfifo 11:'], ['10 fq_codel 10:', '11 fq_codel 11:']),
    ['10', '11'].flatMap((id) => [`del ${id}`, `add ${id} handle ${id}: fq_codel`]),
  );
});

test('of queues that take each other’s handles each is deleted once, and before any is made; others as ever', () => {
  const [before, after] = [
    ['10 bfifo 10:', '11 bfifo 11:', '12 bfifo 12:'],
    ['10 bfifo 11:', '11 bfifo 10:', '12 fq_codel 12:'],
  ];
  assert.equal(queueSteps(before, after), [
    'del 10',
    'del 11',
    'add 10 handle 11: bfifo',
    'add 11 handle 10: bfifo',
    'del 12',
    'add 12 handle 12: fq_codel',
  ]);
});

test('a root takes the place of a noqueue that somebody has set, and a rollback brings that back', () => {
  const tree = classes(link);
  const roots = (from: State, to: State) =>
    phases(kernelWith(from), to)
      .flatMap((line) => line.split(/: |; /))
      .filter((line) => / root\b/.test(line));
  const [made, none] = ['qdisc add dev eth0 root htb default 10 r2q 30323', emptyState()];
  const unset = (device: string): State => ({ ...none, noqueue: new Set([device]) });
  assert.equal(roots(none, tree), [made]);
  assert.equal(roots(unset('eth1'), tree), [made]);
  assert.equal(roots(unset('eth0'), tree), [made.replace('add', 'replace')]);
  assert.equal(roots(tree, none), ['qdisc del dev eth0 root']);
  assert.equal(roots(tree, unset('eth1')), ['qdisc del dev eth0 root']);
  assert.equal(roots(tree, unset('eth0')), ['qdisc replace dev eth0 root noqueue']);
});

/** A host of two uplinks, each with a guest. */
const world = makeWorld(
  '[defaults]\nunlisted = "shape"\n[uplink.eth0]\n[uplink.eth1]\n',
  {
    ann: 'vnet0@br0',
    ben: 'vnet1@br1 vnet2@br0',
  },
  { eth0: 'br0 1000', eth1: 'br1 1000' },
);

/** The filters and all that makes or deletes a tree, while that of the device is made anew. */
function rebuilt(device: string, before: TcObject[] = [], sharedTaps = new Set<string>()): string[] {
  const to = parseRules(generateFor(world).rules, 'rules.d');
  const from = { ...to, objects: new Map(to.objects) };
  const root = makeObject('root', device, '', { kind: 'htb', default: 1, r2q: 30323 });
  for (const one of [root, ...before]) from.objects.set(one.key, one);
  const kernel = { ...kernelWith(from), sharedTaps };
  const [phase, ...more] = planPhases(compare(kernel, to), kernel, to);
  assert.equal(more, []);
  assert.ok(phase && phase.name === 'stage');
  return phase.steps
    .map(({ line }) => line)
    .filter((line) => / root\b|^filter|^link|clsact/.test(line))
    .map((line) =>
      line.replace(/ (?:up group|handle 0x|handle [12]:|protocol|alias) ?.*?(?=$| dev ifb\S+$)/, ''),
    );
}

test('a tree for receiving is made anew while the taps that lead to it lead to a copy', () => {
  assert.equal(rebuilt('ifb-eth0'), [
    'link add name ifb+detour',
    'link set dev ifb+detour',
    'qdisc add dev ifb+detour root',
    'filter replace dev vnet0 egress dev ifb+detour',
    'filter replace dev vnet2 egress dev ifb+detour',
    'qdisc del dev ifb-eth0 root',
    'qdisc add dev ifb-eth0 root',
    'filter replace dev vnet0 egress dev ifb-eth0',
    'filter replace dev vnet2 egress dev ifb-eth0',
    'link del dev ifb+detour',
  ]);
});

test('one for sending while its uplink leads past it; a clsact that was there stays', () => {
  const aside = [
    'link add name ifb+detour',
    'link set dev ifb+detour',
    'qdisc add dev ifb+detour root',
    'qdisc add dev eth0 clsact',
    'filter add dev eth0 egress dev ifb+detour',
    'qdisc del dev eth0 root',
    'qdisc add dev eth0 root',
    'filter del dev eth0 egress pref 30324',
    'qdisc del dev eth0 clsact',
    'link del dev ifb+detour',
  ];
  assert.equal(rebuilt('eth0'), aside);
  const clsact = makeObject('clsact', 'eth0', 'clsact', {});
  assert.equal(
    rebuilt('eth0', [clsact], new Set(['eth0'])),
    aside.filter((line) => !line.endsWith('clsact')),
  );
});

test.run();
