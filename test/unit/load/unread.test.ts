// What a tool says when it cannot tell what the kernel holds: one sentence with its words, and nothing is changed.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readLinks } from '../../../src/kernel/link.ts';
import { runNft } from '../../../src/kernel/nft/run.ts';
import { emptyState, kernelWith, makeObject } from '../../../src/kernel/objects.ts';
import { readClasses, readQdiscs } from '../../../src/kernel/tc/read.ts';
import type { Site } from '../../../src/load/context.ts';
import type { Prefetched } from '../../../src/load/prefetch.ts';
import { prepare } from '../../../src/load/prepare.ts';
import { readTable } from '../../../src/load/read-state.ts';
import { readLimits } from '../../../src/observe/limits.ts';
import { readUse } from '../../../src/observe/read-use.ts';
import { Failure } from '../../../src/system/errors.ts';
import type { Run } from '../../../src/system/exec.ts';
import { generateFor, makeWorld } from '../../support/world.ts';

const fails: Run = async () => ({ status: 1, stdout: '', stderr: 'Error: no such luck\n' });

async function failure(work: Promise<unknown>): Promise<Failure> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

for (const [what, work, message] of [
  ['the table', () => readTable(fails), 'nft cannot list the table bridge virt-shaper: Error: no such luck'],
  [
    'the classes',
    () => readClasses(fails, ['eth0']),
    'tc cannot list what the kernel holds: Error: no such luck',
  ],
  ['the devices', () => readLinks(fails, new Set()), 'ip cannot list the devices: Error: no such luck'],
  [
    'a ruleset',
    () => runNft(fails, [], { text: '', file: '/x/commit.nft', shown: 'commit.nft' }),
    'nft refused: Error: no such luck',
  ],
  [
    'the drops',
    () => readLimits(fails, [{ guest: 'a', id: '10', mark: 1, devices: [], pps: { packets: 9, burst: 9 } }]),
    'nft cannot list its counters: Error: no such luck',
  ],
] as const) {
  test(`${what}: the tool's own words, in one line`, async () => {
    assert.is((await failure(work())).message, message);
  });
}

test('the qdiscs and the use of classes', async () => {
  for (const work of [() => readQdiscs(fails, ['vnet0']), () => readUse(fails, ['eth0'])])
    assert.match((await failure(work())).message, /^tc cannot list .*: Error: no such luck$/);
});

test('a table that is not there is none', async () => {
  const none: Run = async () => ({
    status: 1,
    stdout: '',
    stderr: 'Error: No such file or directory\nlist table\n',
  });
  assert.is(await readTable(none), '');
});

test('classes that tc shows in other words: which, by which tc, and that nothing is changed', async () => {
  const { rules } = generateFor(makeWorld('[guest.cliff]\n', { cliff: 'vnet0@br0' }));
  for (const lacking of ['rate', 'ceil']) {
    const odd = makeObject('class', 'eth0', '1:10', { rate: 1, ceil: 1 });
    delete odd.values[lacking];
    const state = kernelWith(emptyState());
    state.objects.set(odd.key, odd);
    const run: Run = async (tool, args) => {
      assert.equal([tool, ...args], ['tc', '-V']);
      return { status: 0, stdout: 'tc utility, iproute2-9.9\n', stderr: '' };
    };
    const present = { good: () => undefined, before: async () => state } as unknown as Prefetched;
    const { message, hint } = await failure(prepare({ run, rules: '/x' } as unknown as Site, present, rules));
    assert.is(
      message,
      'tc shows the rate or the ceil of class 1:10 on eth0 in words that virt-shaper does not know: tc utility, iproute2-9.9',
    );
    assert.match(hint ?? '', /^nothing has been changed; /);
  }
});

test.run();
