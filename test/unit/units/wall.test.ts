// The next change by the clock, to the millisecond, also where it comes because the zone's offset changes.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { nextChange, wallOf } from '../../../src/units/wall.ts';
import { inZone } from '../../support/zones.ts';

const hour = 3_600_000;
const isLate = ({ minute }: { minute: number }) => minute >= 150;

test('a minute that is skipped begins with the first moment after it', () =>
  inZone('Europe/Berlin', () => {
    const skip = Date.UTC(2028, 2, 26, 1);
    for (let before = 1; before < 3 * hour; before = before * 3 + 1) {
      const at = nextChange(isLate, [150], skip - before, skip + hour);
      assert.is(at, skip, `${before} ms before`);
    }
    assert.is(nextChange(isLate, [150], skip - 1, skip + 1), skip);
    assert.is(nextChange(isLate, [150], skip - 1, skip), undefined, 'the end of the search is not searched');
  }));

test('an hour that comes twice has its minute twice', () =>
  inZone('Europe/Berlin', () => {
    const back = Date.UTC(2028, 9, 29, 1);
    const first = back - hour / 2;
    for (let before = 1; before < hour; before = before * 3 + 1)
      assert.is(nextChange(isLate, [150], first - before, back + 2 * hour), first);
    assert.is(nextChange(isLate, [150], first, back + 2 * hour), back, 'it is half past one again');
    assert.is(nextChange(isLate, [150], back, back + 2 * hour), back + hour / 2);
  }));

test('in a zone without changes: at midnight, at its minutes, and never in between', () =>
  inZone('UTC', () => {
    const day = Date.UTC(2028, 5, 5);
    const at = (from: number, until = day + 48 * hour) => nextChange(isLate, [150], from, until);
    assert.equal(
      [at(day), at(day + 150 * 60_000 - 1), at(day + 150 * 60_000)],
      [...[day + 150 * 60_000, day + 150 * 60_000, day + 24 * hour]],
    );
    assert.is(at(day, day + 150 * 60_000), undefined);
    assert.is(at(day, day + 150 * 60_000 + 1), day + 150 * 60_000);
    assert.is(
      nextChange(() => 1, [150], day, day + 100 * hour),
      undefined,
      'nothing ever changes',
    );
    const monday = nextChange(({ weekday }) => weekday === 0, [], day + 1, day + 14 * 24 * hour);
    assert.is(monday, day + 24 * hour, 'a day ends at midnight without being asked for');
  }));

test('weekdays from Monday, and minutes of the day', () =>
  inZone('UTC', () => {
    const monday = Date.UTC(2028, 5, 5);
    assert.equal(wallOf(monday), { weekday: 0, minute: 0 });
    assert.equal(wallOf(monday - 1), { weekday: 6, minute: 1439 });
    assert.equal(wallOf(monday + 5 * 24 * hour + 61 * 60_000), { weekday: 5, minute: 61 });
  }));

test.run();
