// Days and times over a whole year in several zones, against another implementation of their clocks.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  covers,
  type DaysAndTimes,
  formatDaysAndTimes,
  parseDaysAndTimes,
} from '../../../src/units/days-and-times.ts';
import { nextChange, wallOf } from '../../../src/units/wall.ts';
import { clockOf, inZone, zones } from '../../support/zones.ts';

const quarter = 15 * 60_000;
const year = { from: Date.UTC(2027, 11, 31), to: Date.UTC(2029, 0, 2) };

function parse(text: string): DaysAndTimes {
  const parsed = parseDaysAndTimes(text);
  if ('reason' in parsed) throw new Error(`${text} ${parsed.reason}`);
  return parsed;
}

function refusal(text: string): string {
  const parsed = parseDaysAndTimes(text);
  return 'reason' in parsed ? parsed.reason : 'is taken';
}

for (const zone of zones) {
  test(`the clock in ${zone}, through a leap year`, () =>
    inZone(zone, () => {
      const clock = clockOf(zone);
      for (let moment = year.from; moment < year.to; moment += 5 * quarter) {
        const { weekday, minute } = clock(moment);
        const wall = wallOf(moment);
        if (wall.weekday !== weekday || wall.minute !== minute) {
          assert.equal(wall, { weekday, minute }, new Date(moment).toISOString());
        }
      }
    }));

  test(`windows in ${zone} begin and end where a look at each quarter finds it`, () =>
    inZone(zone, () => {
      const windows = [
        'mon..fri 08:00-18:00',
        'sat 22:00-06:00',
        '02:00-03:00',
        'sun',
        'fri..mon 01:30-02:15',
        '00:00-00:15',
      ];
      const quarters = Array.from(
        { length: (year.to - year.from) / quarter },
        (_, index) => year.from + index * quarter,
      );
      const walls = quarters.map(wallOf);
      for (const window of windows.map(parse)) {
        const isOn = (moment: number) => covers(window, wallOf(moment));
        const found: number[] = [];
        for (let at = year.from; ; ) {
          const next = nextChange((wall) => covers(window, wall), [window.from, window.to], at, year.to);
          if (next === undefined) break;
          assert.is(isOn(next), !isOn(at));
          found.push(next);
          at = next;
        }
        const on = walls.map((wall) => covers(window, wall));
        const looked = quarters.filter((_, index) => index > 0 && on[index] !== on[index - 1]);
        assert.equal(found, looked, formatDaysAndTimes(window));
      }
    }));
}

test('an hour that is skipped has no window, one that comes twice has it twice', () =>
  inZone('Europe/Berlin', () => {
    const window = parse('02:00-03:00');
    const on = (from: string, hours: number) =>
      Array.from({ length: hours * 60 }, (_, minute) =>
        covers(window, wallOf(Date.parse(from) + minute * 60_000)),
      ).filter(Boolean).length;
    assert.is(on('2028-03-25T00:00+01:00', 24), 60);
    assert.is(on('2028-03-26T00:00+01:00', 23), 0);
    assert.is(on('2028-10-29T00:00+02:00', 25), 120);
  }));

test('a time over midnight belongs to the day on which it begins', () => {
  const window = parse('fri 22:00-06:00');
  assert.ok(covers(window, { weekday: 4, minute: 22 * 60 }));
  assert.ok(covers(window, { weekday: 5, minute: 6 * 60 - 1 }));
  assert.not(covers(window, { weekday: 5, minute: 6 * 60 }));
  assert.not(covers(window, { weekday: 4, minute: 0 }));
  assert.not(covers(window, { weekday: 5, minute: 22 * 60 }));
  assert.ok(covers(parse('sun 22:00-06:00'), { weekday: 0, minute: 0 }), 'from Sunday to Monday');
});

test('what is written in other ways', () => {
  const same = (text: string, wanted: string) => assert.is(formatDaysAndTimes(parse(text)), wanted, text);
  same('Mon..Fri 8:00-18:00', 'mon..fri 08:00-18:00');
  same('monday,WEDNESDAY', 'mon,wed');
  same('sat..mon 10:00-24:00', 'mon,sat,sun 10:00-24:00');
  same(' 22:00-06:00 ', '22:00-06:00');
  same('mon..sun', 'mon..sun');
  same('00:00-24:00', 'mon..sun');
  same('fri 22:00-24:00', 'fri 22:00-24:00');
});

test('what is none', () => {
  assert.is(refusal(''), 'is not days and a time');
  assert.is(refusal('mon-fri 08:00-18:00'), 'is not days and a time (did you mean "mon..fri 08:00-18:00"?)');
  assert.is(refusal('mon-fri'), 'is not days and a time (did you mean "mon..fri"?)');
  assert.is(refusal('mon-fri 8-18'), 'is not days and a time');
  assert.is(refusal('mno 08:00-18:00'), 'has "mno" where a day should be (did you mean "mon"?)');
  assert.is(refusal('weekday'), 'has "weekday" where a day should be');
  assert.is(refusal('08:00-18:00 mon'), 'has its time before its days');
  for (const time of [
    '08:00',
    '8-18',
    '08:00-25:00',
    '08:60-09:00',
    '08:00-24:01',
    '08:00..18:00',
    '-08:00',
    '08:00-10:00-12:00',
  ]) {
    const said = refusal(`mon ${time}`);
    assert.is(said, `has "${time}" where a time should be`);
  }
  assert.is(refusal('mon 08:00-08:00'), 'begins and ends at one time');
  assert.is(refusal('24:00-06:00'), 'begins at 24:00');
  assert.is(refusal('mon 08:00-09:00 10:00-11:00'), 'is not days and a time');
});

test('what is printed is read back', () => {
  const any = fc.record({
    days: fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }).filter((days) => days.includes(true)),
    from: fc.integer({ min: 0, max: 1439 }),
    to: fc.integer({ min: 0, max: 1440 }),
  });
  fc.assert(
    fc.property(any, (window) => {
      fc.pre(window.from !== window.to);
      assert.equal(parse(formatDaysAndTimes(window)), { ...window });
    }),
  );
});

test.run();
