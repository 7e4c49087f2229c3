// What differs between the kernel and what is wanted of it, and what is done about it: changed in place where the kernel can,
// made again where it cannot.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compare } from '../../../src/diff/compare.ts';
import { noTable } from '../../../src/kernel/nft/table.ts';
import {
  emptyState,
  type IfbDevice,
  type KernelState,
  kernelWith,
  makeObject,
  type State,
  type TcKind,
  type TcObject,
  type Values,
} from '../../../src/kernel/objects.ts';

const stateOf = (...objects: TcObject[]): State => ({
  ...emptyState(),
  objects: new Map(objects.map((one) => [one.key, one])),
});

/** `replace leaf eth0: flows is 1, not 2` */
function found(from: State, to: State, more: Partial<KernelState> = {}, ours?: boolean): string[] {
  return compare({ ...kernelWith(from), ...more }, to, ours).map(
    ({ action, kind, device, reason }) => `${action} ${kind} ${device}: ${reason}`,
  );
}

const codel = { kind: 'fq_codel', handle: '10:', limit: 1000, flows: 1024, target: 5000 };
const sfq = { kind: 'sfq', handle: '10:', limit: 127, perturb: 10 };
for (const [held, wanted, action] of [
  [codel, {}, undefined],
  [codel, { target: 5002 }, undefined],
  [codel, { limit: 2000 }, 'change'],
  [codel, { limit: 2000, target: 9000 }, 'change'],
  [codel, { flows: 64 }, 'replace'],
  [codel, { limit: 2000, flows: 64 }, 'replace'],
  [codel, { flows: 64, target: 9000 }, 'replace'],
  [codel, { handle: '11:', limit: 2000 }, 'replace'],
  [codel, { kind: 'bfifo' }, 'replace'],
  [sfq, { limit: 64 }, 'replace'],
  [sfq, { limit: 64, perturb: 5 }, 'replace'],
  [{ kind: 'bfifo', handle: '10:', limit: 9000 }, { limit: 8000 }, 'change'],
] as [Values, Values, string?][]) {
  test(`a queue: ${JSON.stringify(held)} -> ${JSON.stringify(wanted)}`, () => {
    const leaf = (values: Values) => stateOf(makeObject('leaf', 'eth0', '1:10', values));
    const differs = Object.keys(wanted).map((name) => `${name} is ${held[name]}, not ${wanted[name]}`);
    const order = Object.keys(held);
    differs.sort((a, b) => order.indexOf(a.split(' ')[0] ?? '') - order.indexOf(b.split(' ')[0] ?? ''));
    assert.equal(
      found(leaf(held), leaf({ ...held, ...wanted })),
      action === undefined ? [] : [`${action} leaf eth0: ${differs.join(', ')}`],
    );
  });
}

test('a root that is another is made anew with all below it; what is changed by hand is changed back', () => {
  const root = (values: Values) => stateOf(makeObject('root', 'eth0', '1:', { kind: 'htb', ...values }));
  assert.equal(found(root({ default: 16 }), root({ default: 16 })), []);
  assert.equal(found(root({ default: 16 }), root({ default: 17 })), [
    'rebuild root eth0: default is 16, not 17',
  ]);
  assert.equal(found(root({ default: 16, handle: '2:' }), root({ default: 17, handle: '1:' })), [
    'rebuild root eth0: default is 16, not 17, handle is 2:, not 1:',
  ]);
  const limits = { rate: 1e6, ceil: 2e6 };
  const one = (values: Values) => stateOf(makeObject('class', 'eth0', '1:10', values));
  assert.equal(found(one({ ...limits, prio: 3 }), one(limits)), [
    'change class eth0: prio is 3, not undefined',
  ]);
  assert.equal(found(one(limits), one({ ...limits, burst: 9 })), [], 'what tc does not print is as wanted');
});

test('only numbers of classes and queues are rates; a tap that is led elsewhere is another structure', () => {
  for (const [kind, id, held, wanted, effect] of [
    ['class', '1:10', { rate: 1e6, ceil: 2e6 }, { rate: 1e6, ceil: 3e6 }, 'rates'],
    ['leaf', '1:10', codel, { ...codel, limit: 9 }, 'rates'],
    ['leaf', '1:10', codel, { ...codel, flows: 9 }, 'structure'],
    ['filter', '0x10', { match: 'fw', to: 'ifb-eth0' }, { match: 'fw', to: 'ifb-eth1' }, 'structure'],
  ] as [TcKind, string, Values, Values, string][]) {
    const one = (values: Values) => stateOf(makeObject(kind, 'eth0', id, values));
    assert.equal(
      compare(kernelWith(one(held)), one(wanted)).map((difference) => difference.effect),
      [effect],
      `${kind} ${JSON.stringify(wanted)}`,
    );
  }
});

for (const [held, wanted, former, said] of [
  ['0', '1', undefined, 'change setting x: it is 0, not 1'],
  ['1', '1', undefined, undefined],
  ['1', '1', '0', undefined],
  ['1', undefined, '0', 'remove setting x: no guest needs it'],
  ['1', undefined, '1', undefined],
  ['1', undefined, undefined, undefined],
  [undefined, '1', undefined, undefined],
] as const) {
  test(`a setting that is ${held}, was ${former} and shall be ${wanted}`, () => {
    const map = (value?: string) => new Map(value === undefined ? [] : [['x', value]]);
    const from = { ...emptyState(), settings: map(held) };
    const to = { ...emptyState(), settings: map(wanted) };
    assert.equal(found(from, to, { formerSettings: map(former) }), said === undefined ? [] : [said]);
  });
}

const ifb: IfbDevice = { name: 'ifb-eth0', alias: 'virt-shaper:eth0', owner: 'host', up: true };
const withIfb = (one?: IfbDevice): State => ({
  ...emptyState(),
  devices: new Map(one ? [[one.name, one]] : []),
});
for (const [what, held, said] of [
  ['as it is wanted', ifb, []],
  ['absent', undefined, ['add device ifb-eth0: it is not there']],
  ['down', { ...ifb, up: false }, ['change device ifb-eth0: it is down']],
  ['of another group', { ...ifb, strayed: true }, ['change device ifb-eth0: its group is another']],
  [
    'of another uplink',
    { ...ifb, alias: 'virt-shaper:eth1' },
    ['change device ifb-eth0: its alias is virt-shaper:eth1=host'],
  ],
  [
    'of another installation',
    { ...ifb, owner: '/x' },
    ['change device ifb-eth0: its alias is virt-shaper:eth0=/x'],
  ],
  ['loaded by hand', { name: ifb.name, alias: ifb.alias, up: true }, []],
] as [string, IfbDevice | undefined, string[]][]) {
  test(`an ifb ${what}`, () => assert.equal(found(withIfb(held), withIfb(ifb)), said));
}

/** `1:10 1:1 4 9`: id, parent, rate, ceil; `1:10` alone stands for its queue. */
function treeOf(ruleset: string, ...list: string[]): State {
  const objects = list.map((words) => {
    const [id = '', parent, rate, ceil] = words.split(' ');
    const values = { rate: Number(rate) * 1e6, ceil: Number(ceil) * 1e6 };
    if (parent === undefined) return makeObject('leaf', 'eth0', id, { kind: 'bfifo', limit: 9000 });
    return { ...makeObject('class', 'eth0', id, values), parent };
  });
  return { ...stateOf(...objects), ruleset };
}
/** Which port sends by the class 1:10. */
const sends = (tap: string, more = '') => `table bridge virt-shaper {
  map guests {
    type ifname . ifname : verdict
    elements = { "${tap}" . "eth0" : goto x${more} }
  }
  chain x {
    meta priority set 1:10
  }
}
`;
const [ours, theirs] = [sends('vnet0'), sends('vnet1')];
const group = ['1:1 1: 9 9', '1:2 1:1 9 9', '1:3 1:1 9 9'];
for (const [what, from, to, said] of [
  ['nothing', [ours, ...group, '1:10 1:2 4 9', '1:10'], [ours, ...group, '1:10 1:2 4 9', '1:10'], []],
  [
    'a limit',
    [ours, ...group, '1:10 1:2 4 9', '1:10'],
    [ours, ...group, '1:10 1:2 4 8', '1:10'],
    ['change class 1:10: ceil is 9000000, not 8000000'],
  ],
  [
    'a guest’s group: its queue goes with it, those of others stay',
    [ours, ...group, '1:10 1:2 4 9', '1:10', '1:11 1:2 4 9', '1:11'],
    [ours, ...group, '1:10 1:3 4 9', '1:10', '1:11 1:2 4 9', '1:11'],
    ['move class 1:10: it is below 1:2', 'move leaf 1:10: it goes with its class'],
  ],
  [
    'the place of a group',
    [ours, ...group, '1:10 1:2 4 9'],
    [ours, '1:1 1: 9 9', '1:2 1:3 9 9', '1:3 1:1 9 9', '1:10 1:2 4 9'],
    ['rebuild class 1:2: it is below 1:1'],
  ],
  [
    'the owner, and the limit with it',
    [ours, ...group, '1:10 1:2 4 9', '1:10'],
    [theirs, ...group, '1:10 1:2 4 8', '1:10'],
    ['move class 1:10: others had it', 'move leaf 1:10: it goes with its class'],
  ],
  [
    'the owner, who has the same limit',
    [ours, ...group, '1:10 1:2 4 9', '1:10'],
    [theirs, ...group, '1:10 1:2 4 9', '1:10'],
    [],
  ],
  [
    'one more tap of the same owner',
    [ours, ...group, '1:10 1:2 4 9'],
    [sends('vnet1', ', "vnet0" . "eth0" : goto x'), ...group, '1:10 1:2 4 8'],
    ['change class 1:10: ceil is 9000000, not 8000000'],
  ],
  [
    'all members of a group whose ceil changes, too',
    [ours, ...group, '1:10 1:2 4 9'],
    [theirs, '1:1 1: 9 9', '1:2 1:1 9 8', '1:3 1:1 9 9', '1:10 1:2 4 9'],
    ['rebuild class 1:2: others had it'],
  ],
  [
    'all members of a group whose guarantee changes',
    [ours, ...group, '1:10 1:2 4 9'],
    [theirs, '1:1 1: 9 9', '1:2 1:1 8 9', '1:3 1:1 9 9', '1:10 1:2 4 9'],
    ['change class 1:2: rate is 9000000, not 8000000'],
  ],
] as [string, [string, ...string[]], [string, ...string[]], string[]][]) {
  test(`classes: ${what}`, () => {
    const differences = compare(kernelWith(treeOf(...from)), treeOf(...to));
    const classes = differences.filter(({ kind }) => kind !== 'table');
    assert.equal(
      classes.map(({ action, kind, held, reason }) => `${action} ${kind} ${held?.id}: ${reason}`),
      said,
    );
  });
}

test('the table: made, changed, taken out, and left alone where it is as wanted', () => {
  const table = (held: Partial<KernelState>, wanted: string) =>
    found(emptyState(held.ruleset), emptyState(wanted), held);
  const none = { hasTable: false, ruleset: noTable };
  const mine = { hasTable: true, ruleset: `${noTable}as listed`, loaded: { ruleset: ours } };
  assert.equal(table(none, ours), ['add table bridge: it is not there']);
  assert.equal(table(none, noTable), []);
  assert.equal(table(none, `# nobody runs\n${noTable}`), []);
  assert.equal(table(mine, ours), []);
  assert.equal(table(mine, theirs), ['change table bridge: it is of another policy']);
  assert.equal(table(mine, noTable), ['remove table bridge: no guest needs it']);
  const { loaded: _loaded, ...edited } = { ...kernelWith(emptyState()), ...mine };
  assert.equal(
    compare(edited, emptyState(ours)).map(({ reason }) => reason),
    ['it is not as it was loaded'],
  );
  assert.equal(
    compare(edited, emptyState(noTable)).map(({ action }) => action),
    ['remove'],
  );
  assert.equal(compare({ ...edited, ruleset: ours }, emptyState(ours)), [], 'a rollback has nothing to do');
});

const reason = 'nothing asks for it';
const object = (kind: TcKind, device: string, id: string, parent?: string): TcObject => ({
  ...makeObject(kind, device, id, kind === 'filter' ? { match: 'fw', to: 'ifb-eth0' } : {}),
  ...(parent === undefined ? {} : { parent }),
});
const tree = (device: string) => [
  object('root', device, '1:'),
  object('class', device, '1:1', '1:'),
  object('class', device, '1:2', '1:1'),
  object('class', device, '1:10', '1:2'),
  object('leaf', device, '1:10'),
];

test('what nobody wants goes children first; what goes with another is not named', () => {
  const all = tree('eth0');
  assert.equal(found(stateOf(...all), emptyState()), [`remove root eth0: ${reason}`]);
  const classes = compare(kernelWith(stateOf(...all)), stateOf(...all.slice(0, 2)));
  assert.equal(
    classes.map(({ held }) => held?.id),
    ['1:10', '1:2'],
  );
  assert.equal(found(stateOf(...all), stateOf(...all.slice(0, -1))), [`remove leaf eth0: ${reason}`]);
  const onIfb = { ...withIfb(ifb), objects: stateOf(...tree('ifb-eth0')).objects };
  assert.equal(found(onIfb, emptyState()), [`remove device ifb-eth0: ${reason}`]);
});

test('what leads to a tree goes before what is in it, and queues before classes, however deep these are', () => {
  const left = tree('eth0').slice(0, 3);
  const gone = [
    object('class', 'eth0', '1:10', '1:2'),
    object('leaf', 'eth0', '1:2', '1:2'),
    object('clsact', 'vnet0', 'clsact'),
    object('filter', 'vnet1', '0x11'),
  ];
  const held = kernelWith(stateOf(...left, ...gone));
  const shared = { ...held, sharedTaps: new Set(['vnet1']), unfinished: new Set(['vnet0']) };
  const order = compare(shared, stateOf(...left)).map(({ kind }) => kind);
  assert.equal(order, ['filter', 'clsact', 'leaf', 'class']);
});

test('a clsact goes with its filters where it is ours, and stays where others use it, or it may be theirs', () => {
  const clsact = object('clsact', 'vnet0', 'clsact');
  const filter = object('filter', 'vnet0', '0x10');
  const [used, empty, tap] = [stateOf(clsact, filter), stateOf(clsact), new Set(['vnet0'])];
  const goes = [`remove clsact vnet0: ${reason}`];
  assert.equal(found(used, emptyState()), goes);
  assert.equal(found(used, emptyState(), { sharedTaps: tap }), [`remove filter vnet0: ${reason}`]);
  assert.equal(found(empty, emptyState()), [], 'nobody knows whose it is');
  assert.equal(found(empty, emptyState(), { unfinished: tap }), goes, 'a killed load was making it');
  assert.equal(found(empty, emptyState(), {}, true), goes, 'we have made it');
  assert.equal(found(empty, emptyState(), { unfinished: tap, sharedTaps: tap }, true), []);
  assert.equal(found(stateOf(clsact, object('detour', 'vnet0', '')), emptyState()), goes);
});

test.run();
