// What nft says of a ruleset, told with the line it is about and whose that is.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { NftRefusal, runNft } from '../../../../src/kernel/nft/run.ts';
import type { Run } from '../../../../src/system/exec.ts';

const text = `table bridge t {
	chain out-10 {
		# cliff sends
		meta mark set nonsense
	}
}
`;
const answer = (status: number, stderr = '') =>
  (async () => ({ status, stdout: '', stderr })) as unknown as Run;

async function refusal(stderr: string, ruleset = text): Promise<NftRefusal> {
  try {
    await runNft(answer(1, stderr), ['-c'], { text: ruleset, shown: 'rules.d/ruleset.nft' });
  } catch (error) {
    assert.instance(error, NftRefusal);
    return error as NftRefusal;
  }
  throw new Error('it was taken');
}

test('nothing is said of what nft takes', async () => {
  await runNft(answer(0, 'a warning'), [], { text, shown: 'ruleset.nft' });
});

test('the ruleset comes by a file, or by stdin', async () => {
  const calls: unknown[] = [];
  const run = (async (...args: unknown[]) => {
    calls.push(args);
    return { status: 0, stdout: '', stderr: '' };
  }) as unknown as Run;
  await runNft(run, ['-c'], { text, file: '/run/x.nft', shown: 'x' });
  await runNft(run, [], { text, shown: 'x' });
  assert.equal(calls, [
    ['nft', ['-c', '-f', '/run/x.nft'], {}],
    ['nft', ['-f', '-'], { input: text }],
  ]);
});

test('an error has its place in the ruleset and the name of its guest', async () => {
  const error = await refusal('/dev/stdin:4:17-24: Error: Value 0x1 exceeds\n\tmeta mark\n');
  assert.is(error.message, 'guest cliff: nft refused: Value 0x1 exceeds');
  assert.equal(error.place, {
    at: { file: 'rules.d/ruleset.nft', line: 4, column: 17 },
    text: '\t\tmeta mark set nonsense',
  });
  const above = await refusal('x:1:1-5: Error: no');
  assert.is(above.message, 'nft refused: no');
  const below = await refusal('x:6:1-5: Error: no');
  assert.is(below.message, 'nft refused: no', 'what stands two lines above is not its own');
});

test('the first line has a guest, too, where a template of one’s own begins with him', async () => {
  for (const [line, ruleset] of [
    [1, 'add rule bridge t c nonsense # cliff sends\n'],
    [2, '# cliff sends\nadd rule bridge t c nonsense\n'],
    [3, '# cliff sends\n{\nnonsense\n'],
  ] as const) {
    const { message } = await refusal(`x:${line}:1-5: Error: no`, ruleset);
    assert.is(message, 'guest cliff: nft refused: no', ruleset);
  }
});

test('an error without a place is told as it is', async () => {
  assert.is((await refusal(' netlink: out of memory \n')).message, 'nft refused: netlink: out of memory');
  assert.is((await refusal('')).message, 'nft refused: without a word');
});

test.run();
