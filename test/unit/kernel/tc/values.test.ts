// What of tc's figures counts as the one that was asked for: it prints bursts in whole microseconds of the class's rate.
// That any class which a kernel has made is read back as it was asked is for test/kernel/read-back.test.ts.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { makeObject } from '../../../../src/kernel/objects.ts';
import { differingOptions } from '../../../../src/kernel/tc/values.ts';

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

test.run();
