// The numbers computed for a class: known values, and what holds at every rate from 8 bit/s to 400 gbit.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  bfifoLimit,
  burstFor,
  codelTarget,
  fitBurst,
  largestFrame,
  quantumFor,
} from '../../../src/plan/arithmetic.ts';

const rate = fc.integer({ min: 8, max: 400e9 });

function never(property: (a: number, b: number) => boolean): void {
  fc.assert(
    fc.property(rate, rate, (a, b) => property(Math.min(a, b), Math.max(a, b))),
    { numRuns: 2000 },
  );
}

test('a burst is 8 ms of the rate, at least two frames and at most a megabyte', () => {
  assert.is(burstFor(30e6), 30_000);
  assert.is(burstFor(100e6), 100_000);
  assert.is(burstFor(1e6), 4096);
  assert.is(burstFor(10e9), 2 ** 20);
});

test('the time a burst takes fits the 32 bits of 64 ns that the kernel has for it', () => {
  const most = (2 ** 32 * 64) / 1e9;
  never((slow, fast) =>
    [slow, fast].every((bits) => {
      const burst = fitBurst(burstFor(bits), bits);
      return burst >= 1 && burst / Math.floor(bits / 8) < most;
    }),
  );
});

test('a burst is cut to what a class of that rate earns in 200 seconds, in whole bytes', () => {
  assert.is(fitBurst(1e9, 8000), 200_000);
  assert.is(fitBurst(1e9, 8007), 200_000);
  assert.is(fitBurst(1e9, 1), 200);
  assert.is(fitBurst(199_999, 8000), 199_999);
});

test('a quantum is 66 ms of the rate, at least a whole frame of GSO, at most what tc does not call big', () => {
  assert.is(quantumFor(16e6), 132_000);
  assert.is(quantumFor(8), 66_000);
  assert.is(quantumFor(1e9), 200_000);
  never((slow, fast) =>
    [slow, fast].every((bits) => quantumFor(bits) >= 66_000 && quantumFor(bits) <= 200_000),
  );
});

test('who is guaranteed twice as much gets twice the quantum', () => {
  assert.is(quantumFor(20e6), 2 * quantumFor(10e6));
  assert.is(quantumFor(1e6), quantumFor(2e6), 'but a frame of GSO is sent whole');
});

test('a plain queue holds 35 ms of the ceil, at least 32 KB', () => {
  assert.is(bfifoLimit(30e6), 131_250);
  assert.is(bfifoLimit(1e6), 32_768);
  assert.is(bfifoLimit(1e9), 4_375_000);
});

test('fq_codel aims at 5 ms, or at the time that one and a half frames take', () => {
  assert.is(codelTarget(1e9), 5000);
  assert.is(codelTarget(4e6), 5000);
  assert.is(codelTarget(1e6), 18_168);
  assert.is(codelTarget(100e3), 181_680);
});

test('a faster class has no smaller burst, quantum or queue, and no longer target', () => {
  never(
    (slow, fast) =>
      burstFor(slow) <= burstFor(fast) &&
      quantumFor(slow) <= quantumFor(fast) &&
      bfifoLimit(slow) <= bfifoLimit(fast) &&
      codelTarget(slow) >= codelTarget(fast),
  );
});

test('all are whole numbers that 32 bits hold', () => {
  never((slow, fast) =>
    [slow, fast].every((bits) =>
      [burstFor, quantumFor, bfifoLimit, codelTarget].every((compute) => {
        const number = compute(bits);
        return Number.isInteger(number) && number > 0 && number < 2 ** 32;
      }),
    ),
  );
});

test('with jumbo frames a class can send two at once, a turn is a frame, and a queue holds eight', () => {
  const jumbo = largestFrame(9000);
  assert.is(jumbo, 9014);
  assert.is(largestFrame(), 1514);
  assert.is(largestFrame(576), 1514, 'a small one beside which others are large');
  assert.is(burstFor(1e6, jumbo), 2 * 9014 + 1068);
  assert.is(burstFor(1e9, jumbo), burstFor(1e9));
  assert.is(bfifoLimit(2e6, jumbo), 8 * 9014);
  assert.is(bfifoLimit(1e9, jumbo), bfifoLimit(1e9));
  assert.ok(codelTarget(2e6, jumbo) > codelTarget(2e6));
});

test.run();
