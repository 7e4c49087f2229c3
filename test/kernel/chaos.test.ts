// The short version of test/chaos: some things done to a host by chance, and some chosen ones. VIRT_SHAPER_SEED does
// other things; npm run test:chaos does them all.
import * as assert from 'uvu/assert';
import { runSeed, type Step } from '../chaos/run.ts';
import { Tally } from '../chaos/tally.ts';
import { needsFilterJson } from '../faults/filter-json.ts';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { emulated } from '../support/patience.ts';
import { unless } from '../support/skip.ts';

const test = unless(
  needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'flock', 'nsenter', 'bash') ?? needsFilterJson(),
);

const seed = Number(process.env.VIRT_SHAPER_SEED ?? '1');
const tally = new Tally();
test.after(() => console.log(`\n${tally.table()}\nseeds ${seed} and ${seed + 1}: ${tally.summary()}`));

/** One of each sort: of ours and of theirs, of tables, filters, trees, devices, guests, files. */
const chosen = [
  'our table dormant',
  'mark set after ours by br_netfilter',
  'filter of theirs first, a mirror',
  'root of theirs, pfifo',
  'ifb remade by somebody',
  'tap renamed',
  'guest starts unknown',
];

for (const [what, only, count] of [
  ['by chance', undefined, emulated ? 1 : 5],
  ['as chosen', chosen, emulated ? 2 : chosen.length],
] as const) {
  const one = seed + (only ? 1 : 0);
  test(`what is said is what frames do, ${what}, seed ${one}`, async () => {
    const failed: Step[] = [];
    const indexes = Array.from({ length: count }, (_, index) => index);
    const report = (step: Step) => {
      tally.add(step);
      if (step.problems.length > 0) failed.push(step);
    };
    await runSeed(String(one), indexes, report, only && [...only]);
    assert.ok(failed.length === 0, failed.map((step) => tally.describe(step)).join('\n'));
    assert.is(tally.actions >= count, true);
  });
}

test.run();
