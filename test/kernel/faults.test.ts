// The short version of test/faults: some random changes of policy, watched after each call and each line of a
// batch, with faults at some calls. VIRT_SHAPER_SEED does another run again; npm run test:faults does it all.
import * as assert from 'uvu/assert';
import { type Bench, makeBench } from '../faults/bench.ts';
import { needsFilterJson } from '../faults/filter-json.ts';
import { type Amount, type Report, runChange } from '../faults/run-change.ts';
import { describeFailure, Tally } from '../faults/tally.ts';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { emulated } from '../support/patience.ts';
import { unless } from '../support/skip.ts';

const test = unless(needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'flock') ?? needsFilterJson());

const seed = process.env.VIRT_SHAPER_SEED ?? '1';
/**
 * By the kind of change each begins with (policy.ts): rate, a guest's group, ids that move, another root of the tree, a
 * limit for now, a volume that is used up. An emulated CPU takes an hour for four.
 */
const indexes = emulated ? [4] : [1, 4, 7, 9, 16, 17];
const amount: Amount = { faults: 4, kills: 1, again: 0.2 };
const tally = new Tally();

let bench: Bench;
test.before(async () => {
  bench = await makeBench();
});
test.after(() => {
  bench.end();
  console.log(`\n${tally.table()}\nseed ${seed}`);
});

for (const index of indexes) {
  test(`change ${index} of seed ${seed}: old or new at every moment, and after every fault`, async () => {
    const failures: Report[] = [];
    await runChange(bench, seed, index, amount, (report) => {
      tally.add(report);
      if (report.problems.length > 0) failures.push(report);
    });
    assert.ok(failures.length === 0, failures.map((failure) => describeFailure(failure, seed)).join('\n'));
  });
}

test.run();
