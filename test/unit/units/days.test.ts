import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { addDays, addMonths, beginOf, dayOf, isDay, isMonth, lengthOf } from '../../../src/units/days.ts';

test('leap days, short months and the turn of the year', () => {
  assert.is(addDays('2028-02-28', 1), '2028-02-29');
  assert.is(addDays('2026-02-28', 1), '2026-03-01');
  assert.is(addDays('2026-01-01', -1), '2025-12-31');
  assert.is(addMonths('2026-11', 3), '2027-02');
  assert.is(addMonths('2026-01', -13), '2024-12');
  assert.equal([lengthOf('2028-02'), lengthOf('2026-02'), lengthOf('2026-12')], [29, 28, 31]);
});

test('what is no day or month is none', () => {
  assert.equal(['2026-02-29', '2026-13-01', '2026-1-1', 'x', ''].map(isDay), [
    false,
    false,
    false,
    false,
    false,
  ]);
  assert.ok(isDay('2028-02-29'));
  assert.equal(['2026-13', '2026-00', '2026-1', '2026-11-01'].map(isMonth), [false, false, false, false]);
});

test('each moment is in the day that begins before it, also where the clock is put forward', () => {
  for (let time = Date.UTC(2026, 0, 1); time < Date.UTC(2027, 0, 1); time += 47 * 60_000) {
    const day = dayOf(time);
    assert.ok(beginOf(day) <= time && time < beginOf(addDays(day, 1)), day);
  }
});

test.run();
