// A boost gives nobody more than his ceil and his credit together, however he sends and whenever somebody looks.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Credit, newCredit, reckon } from '../../../../src/policy/moment/credit.ts';

const mb = 1e6;
const entry = { ceil: 80e6, volume: 1000 * mb };

test('what is left of the ceil is earned, up to the volume; what is used above it is spent', () => {
  const full = newCredit(entry.volume, 5);
  assert.equal(full, { left: 1000 * mb, isOn: true, total: 5 });
  const spent = reckon(full, entry, 5 + 1200 * mb, 60);
  assert.equal(spent, { left: 400 * mb, isOn: true, total: 5 + 1200 * mb });
  assert.is(reckon(spent, entry, spent.total, 10).left, 500 * mb, '10 MB in a second');
  assert.is(reckon(spent, entry, spent.total, 3600).left, 1000 * mb);
});

test('once nothing is left it is off until a tenth is earned, and what was spent too much is owed', () => {
  const owed = reckon(newCredit(entry.volume, 0), entry, 1650 * mb, 60);
  assert.equal(owed, { left: -50 * mb, isOn: false, total: 1650 * mb });
  const earned = reckon(owed, entry, owed.total, 14.9);
  assert.equal([earned.left, earned.isOn], [99 * mb, false]);
  assert.ok(reckon(owed, entry, owed.total, 15).isOn);
});

test('a ledger that began anew, and a clock that goes back, cost and earn nothing', () => {
  const some: Credit = { left: 7 * mb, isOn: true, total: 100 * mb };
  assert.equal(reckon(some, entry, 0, 0), { left: 7 * mb, isOn: true, total: 0 });
  assert.is(reckon(some, entry, 100 * mb, -60).left, 7 * mb);
});

test('over any time a guest is delivered at most its ceil, its credit, and what passes until somebody looks', () => {
  const boost = 10 * entry.ceil;
  const looks = fc.array(
    fc.record({
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      seconds: fc.integer({ min: 1, max: 90 }),
    }),
    {
      maxLength: 60,
    },
  );
  fc.assert(
    fc.property(looks, (all) => {
      let credit = newCredit(entry.volume, 0);
      let [time, total] = [0, 0];
      for (const { share, seconds } of all) {
        total += (share * seconds * (credit.isOn ? boost : entry.ceil)) / 8;
        time += seconds;
        credit = reckon(credit, entry, total, seconds);
        const most = (entry.ceil / 8) * time + entry.volume + (90 * (boost - entry.ceil)) / 8;
        assert.ok(total <= most + 60, `${total} after ${time} s`);
        assert.ok(credit.left <= entry.volume);
      }
    }),
  );
});

test.run();
