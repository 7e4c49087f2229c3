// A guest's queue in words: its kind, and of its settings those that are not as everywhere.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fullFrame } from '../../../../src/plan/arithmetic.ts';
import { leafDefaults } from '../../../../src/plan/leaf.ts';
import { leafOrigin, leafText } from '../../../../src/report/explain/leaf.ts';
import type { ExplainedClass, ExplainedUplink } from '../../../../src/report/explain/values.ts';

const made = (leaf?: object) => (leaf === undefined ? {} : { leaf }) as unknown as ExplainedClass;
const text = (leaf?: object) => leafText(made(leaf));

test('none, and a FIFO', () => {
  assert.is(text(), '');
  assert.is(text({ kind: 'bfifo', limit: 87500 }), 'bfifo of 87500 bytes');
});

test('fq_codel', () => {
  const plain = {
    kind: 'fq_codel',
    target: 5000,
    interval: leafDefaults.interval,
    limit: leafDefaults.packets,
    flows: leafDefaults.flows,
    quantum: fullFrame,
    memoryLimit: leafDefaults.memory,
    ecn: true,
  };
  assert.is(text(plain), 'fq_codel, target 5 ms');
  for (const [change, words] of [
    [{ interval: 50_000 }, 'interval 50 ms'],
    [{ limit: 7 }, '7 packets'],
    [{ flows: 9 }, '9 flows'],
    [{ quantum: 300 }, 'quantum 300 B'],
    [{ memoryLimit: 11 }, '11 bytes of memory'],
    [{ ecn: false }, 'no ECN'],
  ] as const)
    assert.is(text({ ...plain, ...change }), `fq_codel, target 5 ms, ${words}`);
});

test('sfq', () => {
  const plain = { kind: 'sfq', limit: 127, depth: leafDefaults.depth, quantum: fullFrame, perturb: 0 };
  assert.is(text(plain), 'sfq, 127 packets');
  for (const [change, words] of [
    [{ depth: 5 }, '5 of a flow'],
    [{ quantum: 300 }, 'quantum 300 B'],
    [{ perturb: 10 }, 'hashed anew every 10 s'],
  ] as const)
    assert.is(text({ ...plain, ...change }), `sfq, 127 packets, ${words}`);
});

test('cake', () => {
  const plain = {
    kind: 'cake',
    isolation: 'flows',
    diffserv: 'besteffort',
    nat: false,
    ackFilter: false,
    splitGso: true,
    rtt: 100_000,
  };
  assert.is(text(plain), 'cake, flows, rtt 100 ms');
  for (const [change, words] of [
    [{ diffserv: 'diffserv4' }, 'diffserv4'],
    [{ nat: true }, 'nat'],
    [{ ackFilter: true }, 'ACKs filtered'],
    [{ splitGso: false }, 'GSO frames whole'],
  ] as const)
    assert.is(text({ ...plain, ...change }), `cake, flows, ${words}, rtt 100 ms`);
});

test('who asks for it, and what became of that', () => {
  const uplink = { name: 'eth0', group: { name: 'friends' } } as unknown as ExplainedUplink;
  const at = { file: 'config.toml', line: 7, column: 1 };
  const origin = (leaf: object) => leafOrigin(made(leaf), uplink, ({ line }) => `line ${line}`);
  assert.equal(origin({ kind: 'bfifo' }), ['what this kernel has, for this ceil']);
  const asked = (from: string, kind: string) => origin({ kind: 'sfq', asked: { from, at, kind } });
  assert.equal(asked('entry', 'sfq'), ['line 7']);
  assert.equal(asked('group', 'sfq'), ['line 7, group friends']);
  assert.equal(asked('defaults', 'cake'), [
    'line 7, [defaults] says cake',
    'this kernel has no sch_cake: what it has instead',
  ]);
});

test.run();
