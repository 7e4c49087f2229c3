// Objects as lines of a tc batch, and as they are read from such lines: what each verb names, and what is left out.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  canonicalHandle,
  canonicalMark,
  makeObject,
  type TcKind,
  type TcObject,
  type Values,
  variant,
} from '../../../../src/kernel/objects.ts';
import { parseTcLine } from '../../../../src/kernel/tc/line.ts';
import { tcLine, type Verb } from '../../../../src/kernel/tc/print.ts';
import { formatValue, isFixed, parseValue, shownRate } from '../../../../src/kernel/tc/values.ts';

const made = (kind: TcKind, id: string, values: Values = {}, more: Partial<TcObject> = {}): TcObject => {
  return { ...makeObject(kind, 'eth0', id, values), ...more };
};
const verbs: Verb[] = ['add', 'change', 'replace', 'del'];
const lines = (object: TcObject, ...only: Verb[]) =>
  (only.length > 0 ? only : verbs).map((verb) => tcLine(verb, object));

test('classes: with their parent and options, zeros left out; a deleted one by its id alone', () => {
  const values = { rate: 1e6, ceil: 2e6, burst: 1600, cburst: 1700, quantum: 1514, mpu: 0, overhead: 24 };
  const options = 'rate 1mbit ceil 2mbit burst 1600 cburst 1700 quantum 1514 overhead 24';
  assert.equal(lines(made('class', '1:10', values, { parent: '1:1' })), [
    ...['add', 'change', 'replace'].map(
      (verb) => `class ${verb} dev eth0 parent 1:1 classid 1:10 htb ${options}`,
    ),
    'class del dev eth0 classid 1:10',
  ]);
});

test('a class that was read is made again with a byte more, and with a quantum where tc prints none', () => {
  const values = { rate: 1e6, ceil: 2e6, burst: 1600, cburst: 1700 };
  const read = made('class', '1:10', values, { parent: '1:1', shown: true });
  const line = (quantum: number) =>
    `class add dev eth0 parent 1:1 classid 1:10 htb rate 1mbit ceil 2mbit burst 1601 cburst 1701 quantum ${quantum}`;
  assert.equal(lines(read, 'add'), [line(1514)]);
  assert.equal(lines({ ...read, values: { ...values, quantum: 9000 } }, 'add'), [line(9000)]);
});

test('roots, leaves and clsacts', () => {
  const root = made('root', '1:', { kind: 'htb', handle: '1:', default: 0xfffe, r2q: 30323 });
  assert.equal(lines(root, 'add', 'del'), [
    'qdisc add dev eth0 root handle 1: htb default fffe r2q 30323',
    'qdisc del dev eth0 root',
  ]);
  assert.equal(lines(made('clsact', 'clsact'), 'add', 'del'), [
    'qdisc add dev eth0 clsact',
    'qdisc del dev eth0 clsact',
  ]);
  const codel = { kind: 'fq_codel', handle: '10:', limit: 5, flows: 7, target: 5000, ecn: 'off' };
  assert.equal(lines(made('leaf', '1:10', codel)), [
    'qdisc add dev eth0 parent 1:10 handle 10: fq_codel limit 5 flows 7 target 5000us noecn',
    'qdisc change dev eth0 parent 1:10 handle 10: fq_codel limit 5 target 5000us noecn',
    'qdisc replace dev eth0 parent 1:10 handle 10: fq_codel limit 5 flows 7 target 5000us noecn',
    'qdisc del dev eth0 parent 1:10',
  ]);
  const bfifo = made('leaf', '1:10', { kind: 'bfifo', limit: 0 });
  assert.equal(
    lines(bfifo, 'change'),
    ['qdisc change dev eth0 parent 1:10 bfifo limit 0'],
    'without a handle',
  );
  const sfq = made('leaf', '1:10', { kind: 'sfq', handle: '10:', limit: 5000 }, { shown: true });
  assert.equal(lines(sfq, 'add'), ['qdisc add dev eth0 parent 1:10 handle 10: sfq limit 5000 flows 1024']);
  const cake = {
    kind: 'cake',
    handle: '1:',
    bandwidth: 'unlimited',
    nat: 'off',
    'ack-filter': 'on',
    flowmode: 'hosts',
  };
  assert.equal(lines(made('leaf', '1:1', cake), 'add'), [
    'qdisc add dev eth0 parent 1:1 handle 1: cake unlimited nonat ack-filter hosts',
  ]);
});

const redirect = 'action mirred egress redirect dev ifb-eth0';

test('filters of each kind: by mark, by program, and by the handle that the kernel gave', () => {
  const to = 'ifb-eth0';
  const whole = 'protocol all pref 30323 handle 0x00000010';
  assert.equal(lines(made('filter', '0x10', { match: 'fw', to }), 'add', 'replace', 'del'), [
    `filter add dev eth0 egress ${whole} fw ${redirect}`,
    `filter replace dev eth0 egress ${whole} fw ${redirect}`,
    `filter del dev eth0 egress ${whole} fw`,
  ]);
  assert.equal(lines(made('filter', '0x10', { match: 'bpf 1,6 0 0 1', to }), 'add', 'del'), [
    `filter add dev eth0 egress ${whole} bpf bytecode '1,6 0 0 1' ${redirect}`,
    `filter del dev eth0 egress ${whole} bpf`,
  ]);
  const u32 = made('filter', '0x10', { match: 'u32', to }, { handle: '800::800' });
  const mark = 'match mark 0x00000010 0xffffffff';
  assert.equal(lines(u32, 'add', 'replace', 'del'), [
    `filter add dev eth0 egress protocol all pref 30323 u32 ${mark} ${redirect}`,
    `filter replace dev eth0 egress protocol all pref 30323 handle 800::800 u32 ${mark} ${redirect}`,
    'filter del dev eth0 egress protocol all pref 30323 handle 800::800 u32',
  ]);
  assert.equal(lines(made('filter', '', { match: 'fw', to }), 'del'), [
    'filter del dev eth0 egress pref 30323',
  ]);
  assert.equal(lines(made('filter', '0x10', { match: 'fw', to }, { pref: 9 }), 'del'), [
    'filter del dev eth0 egress protocol all pref 9 handle 0x00000010 fw',
  ]);
  assert.equal(lines(made('detour', '', { to }), 'add', 'del'), [
    `filter add dev eth0 egress protocol all pref 30324 u32 match u32 0 0 ${redirect}`,
    'filter del dev eth0 egress pref 30324',
  ]);
});

test('what is printed to be added is read as the same object', () => {
  const htb = { rate: 1e6, ceil: 2e6, burst: 1600, cburst: 1700, quantum: 1514, mpu: 0, overhead: 0 };
  for (const object of [
    made('root', '1:', { kind: 'htb', handle: '1:', default: 0xfffe, r2q: 30323 }),
    made('class', '1:10', htb, { parent: '1:1' }),
    made('leaf', '1:10', { kind: 'bfifo', handle: '10:', limit: 5000 }),
    made('leaf', '1:10', { kind: 'fq_codel', handle: '10:', limit: 5, ecn: 'on' }),
    made('clsact', 'clsact'),
    made('filter', '0x10', { match: 'fw', to: 'ifb-eth0' }),
    made('filter', '0x10', { match: 'bpf 1,6 0 0 1', to: 'ifb-eth0' }),
    made('filter', '0x10', { match: 'u32', to: 'ifb-eth0' }),
  ])
    assert.equal(parseTcLine(tcLine('add', object)), object, tcLine('add', object));
});

test('values as they are written, and back; what is none is none', () => {
  const parse = (kind: string, option: string, text: string) => parseValue(kind, option, text);
  assert.equal(
    [
      parse('htb', 'rate', '1mbit'),
      parse('htb', 'burst', '16k'),
      parse('htb', 'default', 'fffe'),
      parse('htb', 'r2q', '7'),
    ],
    [1e6, 16_384, 0xfffe, 7],
  );
  assert.equal(
    ['5us', '5ms', '5s', '5', '1.5ms', '5m', 'ms', ''].map((time) => parse('fq_codel', 'target', time)),
    [5, 5000, 5_000_000, 5, 1500, undefined, undefined, undefined],
  );
  assert.equal(
    ['7', '0', '-7', '7.5', 'x', ''].map((count) => parse('fq_codel', 'limit', count)),
    [7, 0, undefined, undefined, undefined, undefined],
  );
  assert.equal(
    [
      parse('htb', 'default', 'xyz'),
      parse('htb', 'rate', 'fast'),
      parse('htb', 'odd', '1'),
      parse('odd', 'rate', '1'),
    ],
    [undefined, undefined, undefined, undefined],
  );
  const format = (kind: string, option: string, value: number) => formatValue(kind, option, value);
  assert.equal(
    [
      format('htb', 'rate', 1e6),
      format('htb', 'default', 255),
      format('fq_codel', 'target', 7),
      format('sfq', 'limit', 9),
    ],
    ['1mbit', 'ff', '7us', '9'],
  );
  assert.equal([format('htb', 'odd', 1), format('odd', 'rate', 1)], [undefined, undefined]);
});

test('handles and marks have one form; a variant of an object is known by its own key', () => {
  assert.equal(['1:10', '1:0010', '0001:', '1:', ':10', '1:A', '00:0'].map(canonicalHandle), [
    '1:10',
    '1:10',
    '1:',
    '1:',
    ':10',
    '1:a',
    '0:0',
  ]);
  assert.equal(['0x00000010', '0x10', '16', '0'].map(canonicalMark), ['0x10', '0x10', '0x10', '0x0']);
  const object = made('class', '1:10', {}, { parent: '1:1' });
  const other = variant(object, { id: '1:20', device: 'eth1' });
  assert.equal([object.key, other.key, other.parent], ['eth0 class 1:10', 'eth1 class 1:20', '1:1']);
  assert.equal(
    [made('root', '1:').key, made('clsact', 'clsact').key, made('leaf', '1:10').key],
    ['eth0 root', 'eth0 clsact', 'eth0 leaf 1:10'],
  );
});

test('which options make a qdisc anew', () => {
  const fixed = (kind: string) => ['kind', 'handle', 'flows', 'limit'].map((option) => isFixed(kind, option));
  assert.equal(fixed('fq_codel'), [true, true, true, false]);
  assert.equal(fixed('bfifo'), [true, true, false, false]);
  assert.equal(fixed('sfq'), [true, true, true, true]);
});

test('a rate as tc prints it has at most six digits, and whole bytes', () => {
  for (const [rate, shown] of [
    [8, 8],
    [15, 8],
    [999_999, 999_992],
    [1_000_000, 1_000_000],
    [1_234_567, 1_234_000],
    [1_000_008, 1_000_000],
    [123_456_789_012, 123_456_000_000],
    [10_000_000_000, 10_000_000_000],
  ] as const)
    assert.is(shownRate(rate), shown, String(rate));
});

test.run();
