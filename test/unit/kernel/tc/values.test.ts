// What of tc's figures counts as the one that was asked for: it prints bursts in whole microseconds of the class's rate.
// That any class which a kernel has made is read back as it was asked is for test/kernel/read-back.test.ts.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { makeObject } from '../../../../src/kernel/objects.ts';
import { differingOptions, shownRate } from '../../../../src/kernel/tc/values.ts';

const classOf = (values: Record<string, number>) => makeObject('class', 'eth0', '1:10', values);

/** Which options differ where tc prints bursts that are so much off. */
function differing(rate: number, ceil: number, [burst, cburst]: [burst: number, cburst: number]): string[] {
  const wanted = { rate, ceil, burst: 100_000, cburst: 100_000 };
  const printed = { ...wanted, burst: 100_000 + burst, cburst: 100_000 + cburst };
  return differingOptions(classOf(wanted), classOf(printed));
}

test('a burst is as asked where three microseconds of its rate are all that it is off', () => {
  // 1,250 bytes in a microsecond, and 125.
  const [rate, ceil] = [1e9, 10e9];
  assert.equal(differing(rate, ceil, [375, 3750]), []);
  assert.equal(differing(rate, ceil, [-375, -3750]), []);
  assert.equal(differing(rate, ceil, [400, 0]), ['burst'], 'by its own rate, not by the ceil');
  assert.equal(differing(rate, ceil, [0, -3800]), ['cburst']);
});

test('of a slow class hardly anything is rounded away', () => {
  assert.equal(differing(1e5, 1e6, [16, 16]), []);
  assert.equal(differing(1e5, 1e6, [17, 17]), ['burst', 'cburst']);
});

test('of a large burst tc prints kilobytes', () => {
  const wanted = { rate: 1e6, ceil: 1e6, burst: 2_000_000, cburst: 2_000_000 };
  const printed = classOf({ ...wanted, burst: 2_001_024, cburst: 2_001_025 });
  assert.equal(differingOptions(classOf(wanted), printed), ['cburst']);
});

test('of a rate tc prints whole bytes, and from a megabit on no more than four digits or so', () => {
  for (const [rate, shown] of [
    [7, 0],
    [8, 8],
    [1007, 1000],
    [20_000, 20_000],
    [999_999, 999_992],
    [1_000_000, 1_000_000],
    [1_001_504, 1_001_000],
    [999_999_999, 999_999_000],
    [1_000_999_999, 1_000_000_000],
    [1_001_000_000, 1_001_000_000],
    [1_001_999_999_999, 1_001_000_000_000],
  ] as const)
    assert.is(shownRate(rate), shown, `${rate}`);
});

test('a rate that tc prints otherwise is another', () => {
  const differ = (rate: number, printed: number) =>
    differingOptions(classOf({ rate, ceil: 9e9 }), classOf({ rate: printed, ceil: 9e9 }));
  assert.equal(differ(1_001_000, 1_000_000), ['rate']);
  assert.equal(differ(1_001_504, 1_001_000), []);
  assert.equal(differ(999_992, 999_984), ['rate']);
  assert.equal(differ(999_999, 999_992), []);
});

test.run();
