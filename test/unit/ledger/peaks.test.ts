import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  addPeak,
  arePeaks,
  joinPeaks,
  noPeaks,
  type Peaks,
  percentile95,
  slotLength,
} from '../../../src/ledger/peaks.ts';
import { amount } from '../../support/amount.ts';

/** As it is defined, from all averages. */
function exactly(speeds: number[], slots: number): number {
  const sorted = [...speeds, ...Array(slots - speeds.length).fill(0)].sort((a, b) => b - a);
  return sorted[Math.floor(slots / 20)] ?? 0;
}

const bytesOf = (speed: number) => (speed * slotLength) / 8000;

test('the percentile is within 1.1 % of the exact one, however many averages there are', () => {
  const speed = fc.double({ min: 3, max: 11, noNaN: true }).map((power) => 10 ** power);
  fc.assert(
    fc.property(fc.array(speed, { maxLength: 900 }), fc.nat(8000), (speeds, idle) => {
      let peaks: Peaks = noPeaks;
      for (const one of speeds) peaks = addPeak(peaks, bytesOf(one));
      const slots = speeds.length + idle + 1;
      const exact = exactly(speeds, slots);
      const told = percentile95(peaks, slots);
      assert.ok(Math.abs(told - exact) <= exact * 0.0111 + 1, `${told}, not ${exact}`);
    }),
    { numRuns: amount(300) },
  );
});

test('a month of averages takes little room, and keeps all that a percentile needs', () => {
  let peaks: Peaks = noPeaks;
  const speeds = Array.from({ length: 8928 }, (_speed, index) => 1e4 * 1.0015 ** ((index * 4177) % 8928));
  for (const one of speeds) peaks = addPeak(peaks, bytesOf(one));
  assert.ok(peaks.length <= 600, peaks);
  const exact = exactly(speeds, 8928);
  assert.ok(Math.abs(percentile95(peaks, 8928) / exact - 1) < 0.0111);
});

test('two hosts of one month are joined to what one would have counted', () => {
  let [some, others, all]: Peaks[] = [noPeaks, noPeaks, noPeaks];
  for (let index = 0; index < 2000; index += 1) {
    const bytes = bytesOf(1e6 + ((index * 7919) % 2000) * 1e5);
    if (index % 2 === 0) some = addPeak(some as Peaks, bytes);
    else others = addPeak(others as Peaks, bytes);
    all = addPeak(all as Peaks, bytes);
  }
  const joined = joinPeaks(some as Peaks, others as Peaks);
  assert.is(percentile95(joined, 8640), percentile95(all as Peaks, 8640));
});

test('a guest that is off most of the month has a percentile of nothing', () => {
  let peaks: Peaks = noPeaks;
  for (let index = 0; index < 400; index += 1) peaks = addPeak(peaks, bytesOf(1e8));
  assert.is(percentile95(peaks, 8928), 0);
  assert.ok(percentile95(peaks, 400) > 9.8e7);
});

test('of bins the highest are kept, as many as a percentile of the longest month needs', () => {
  assert.is(joinPeaks('5:1 3:2', '9:1 5:4'), '9:1 5:5 3:2');
  assert.is(joinPeaks('', '7:1'), '7:1');
  assert.is(joinPeaks(noPeaks, noPeaks), noPeaks);
  assert.is(joinPeaks('9:511 8:1', '7:1'), '9:511 8:1');
  assert.is(joinPeaks('9:511', '7:1 6:1'), '9:511 7:1');
  assert.is(joinPeaks('9:511', '8:9 7:1'), '9:511 8:9');
});

test('the percentile is the highest average below the top twentieth', () => {
  const speed = (bin: number) => Math.round(2 ** (bin / 32));
  assert.is(percentile95('640:1 320:1', 19), speed(640));
  assert.is(percentile95('640:1 320:1', 20), speed(320));
  assert.is(percentile95('640:1 320:1', 39), speed(320));
  assert.is(percentile95('640:1 320:1', 40), 0);
  assert.is(percentile95('640:3 320:1', 40), speed(640));
  assert.is(percentile95(noPeaks, 40), 0);
});

test('an average is counted in its bin; one of nearly nothing in the lowest', () => {
  assert.is(addPeak(noPeaks, bytesOf(2 ** 20)), '640:1');
  assert.is(addPeak('640:1', bytesOf(2 ** 20), 3), '640:4');
  assert.is(addPeak(noPeaks, bytesOf(2)), '32:1');
  assert.is(addPeak(noPeaks, bytesOf(1)), '0:1');
  assert.is(addPeak(noPeaks, 0.001), '0:1');
});

test('a histogram is one where it is written as one', () => {
  for (const text of ['', '1:1', '9999:999999999', '5:1 4:2 3:3']) assert.ok(arePeaks(text), text);
  for (const text of [
    '1',
    '1:',
    ':1',
    '1:1 ',
    ' 1:1',
    '1:1  2:2',
    '12345:1',
    '1:1234567890',
    '1:1,2:2',
    7,
    undefined,
    null,
  ])
    assert.not.ok(arePeaks(text), String(text));
});

test.run();
