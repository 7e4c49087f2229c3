// The parameters of a leaf: what is set stays, and what is not has the kernel's default or fits the ceil.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bfifoLimit, cakeMemory, fullFrame } from '../../../src/plan/arithmetic.ts';
import { flowsFor, makeLeaf } from '../../../src/plan/leaf.ts';

test('where nothing is set, each kind has its defaults', () => {
  assert.equal(makeLeaf('10', 8e6, { kind: 'bfifo' }), { handle: '10:', kind: 'bfifo', limit: 35_000 });
  assert.equal(makeLeaf('a', 1e9, { kind: 'fq_codel' }), {
    handle: 'a:',
    kind: 'fq_codel',
    limit: 10_240,
    flows: 1024,
    quantum: 1514,
    target: 5000,
    interval: 100_000,
    memoryLimit: 33_554_432,
    ecn: true,
  });
  assert.equal(makeLeaf('a', 1e9, { kind: 'sfq' }), {
    handle: 'a:',
    kind: 'sfq',
    limit: 127,
    flows: 127,
    depth: 127,
    quantum: 1514,
    perturb: 0,
  });
  assert.equal(makeLeaf('a', 1e8, { kind: 'cake' }), {
    handle: 'a:',
    kind: 'cake',
    diffserv: 'besteffort',
    isolation: 'flows',
    nat: false,
    ackFilter: false,
    splitGso: true,
    rtt: 100_000,
    memoryLimit: 5_000_000,
  });
});

test('what is set stays, also where it is off or nothing', () => {
  assert.equal(makeLeaf('a', 8e6, { kind: 'bfifo', limit: 0 }), { handle: 'a:', kind: 'bfifo', limit: 0 });
  const codel = { limit: 0, flows: 2, quantum: 3, target: 4, interval: 5, ecn: false };
  assert.equal(makeLeaf('a', 1e9, { kind: 'fq_codel', ...codel, memory_limit: 6 }), {
    handle: 'a:',
    kind: 'fq_codel',
    ...codel,
    memoryLimit: 6,
  });
  const sfq = { kind: 'sfq', limit: 5000, depth: 3, quantum: 4, perturb: 7_000_000 } as const;
  assert.equal(makeLeaf('a', 1e9, sfq), { handle: 'a:', ...sfq, flows: 1024, perturb: 7 });
  assert.equal(
    makeLeaf('a', 1e9, {
      kind: 'cake',
      diffserv: 'diffserv4',
      isolation: 'hosts',
      nat: true,
      ack_filter: true,
      split_gso: false,
      rtt: 9,
      memory_limit: 8,
    }),
    {
      handle: 'a:',
      kind: 'cake',
      diffserv: 'diffserv4',
      isolation: 'hosts',
      nat: true,
      ackFilter: true,
      splitGso: false,
      rtt: 9,
      memoryLimit: 8,
    },
  );
});

test('with jumbo frames a turn is one of them, a target the time of one and a half', () => {
  const jumbo = makeLeaf('a', 1e6, { kind: 'fq_codel' }, 9014);
  assert.ok(jumbo.kind === 'fq_codel');
  assert.equal([jumbo.quantum, jumbo.target], [9014, 108_168]);
  const sfq = makeLeaf('a', 1e6, { kind: 'sfq' }, 9014);
  assert.is(sfq.kind === 'sfq' && sfq.quantum, 9014);
  const bfifo = makeLeaf('a', 1e6, { kind: 'bfifo' }, 9014);
  assert.is(bfifo.kind === 'bfifo' && bfifo.limit, 8 * 9014);
});

test('a plain queue holds eight large frames, at most 128 KB of them; usual ones need none', () => {
  assert.is(bfifoLimit(1e6, fullFrame + 1), 32_768);
  assert.is(bfifoLimit(1e6, 5000), 40_000);
  assert.is(bfifoLimit(1e6, 16_384), 131_072);
  assert.is(bfifoLimit(1e6, 65_000), 131_072);
});

test('cake has memory for four times what is on the way, from 4 to 32 MiB', () => {
  assert.is(cakeMemory(1e6, 100_000), 4_194_304);
  assert.is(cakeMemory(200e6, 100_000), 10_000_000);
  assert.is(cakeMemory(200e6, 50_000), 5_000_000);
  assert.is(cakeMemory(10e9, 100_000), 33_554_432);
});

test('an sfq has as many flows as packets, up to its table', () => {
  assert.equal([1, 127, 1023, 1024, 1025, 65_000].map(flowsFor), [1, 127, 1023, 1024, 1024, 1024]);
});

test.run();
