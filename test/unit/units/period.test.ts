// Each moment of a year is in one period, and the periods follow each other without a gap, in any zone.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { formatPeriod, type Period, parsePeriod, periodAt } from '../../../src/units/period.ts';
import { clockOf, inZone, zones } from '../../support/zones.ts';

const hour = 3600_000;
const from = Date.UTC(2027, 11, 1);
const to = Date.UTC(2029, 1, 1);

function parse(text: string): Period {
  const parsed = parsePeriod(text);
  if ('reason' in parsed) throw new Error(`${text} ${parsed.reason}`);
  return parsed;
}

/** By the clock of Intl: whether a period begins on a day. */
const begins: Record<string, (day: number, weekday: number, last: number) => boolean> = {
  day: () => true,
  week: (_, weekday) => weekday === 0,
  month: (day) => day === 1,
  'month on 15': (day) => day === 15,
  'month on 30': (day, _, last) => day === Math.min(30, last),
  'month on 31': (day, _, last) => day === last,
};

for (const zone of zones) {
  for (const [text, isBegin] of Object.entries(begins)) {
    test(`every ${text} in ${zone}`, () =>
      inZone(zone, () => {
        const period = parse(text);
        const clock = clockOf(zone);
        let { begin, end } = periodAt(period, from);
        assert.ok(begin <= from && from < end);
        for (let moment = from; moment < to; moment += 3 * hour) {
          const is = periodAt(period, moment);
          if (moment < end) {
            if (is.begin !== begin || is.end !== end)
              assert.equal(is, { begin, end }, new Date(moment).toISOString());
            continue;
          }
          assert.is(is.begin, end, 'one begins where the other ends');
          const [now, before] = [clock(is.begin), clock(is.begin - 1)];
          const last = new Date(now.year, now.month, 0).getDate();
          assert.ok(isBegin(now.day, now.weekday, last), `${new Date(is.begin).toString()}`);
          assert.not.equal([now.month, now.day], [before.month, before.day], 'the first moment of its day');
          assert.is(periodAt(period, is.begin).begin, is.begin);
          assert.is(periodAt(period, is.end - 1).begin, is.begin);
          ({ begin, end } = is);
        }
      }));
  }
}

test('there are as many as the calendar has', () =>
  inZone('America/New_York', () => {
    const count = (text: string) => {
      let periods = 0;
      const after = new Date(2029, 0, 1).getTime();
      for (let at = new Date(2028, 0, 1).getTime(); at < after; at = periodAt(parse(text), at).end)
        periods += 1;
      return periods;
    };
    assert.is(count('day'), 366);
    assert.is(count('month'), 12);
    assert.is(count('month on 31'), 13, 'the year begins within one');
    assert.is(count('week'), 53);
  }));

test('how often is written', () => {
  assert.is(formatPeriod(parse('month')), 'month');
  assert.is(formatPeriod(parse('month on 1')), 'month');
  assert.is(formatPeriod(parse(' Month  on 15 ')), 'month on 15');
  for (const text of [
    '',
    'year',
    'hour',
    'month on',
    'month 15',
    'week on 3',
    'day on 1',
    'month on 15 16',
    'months',
  ]) {
    const parsed = parsePeriod(text);
    assert.ok('reason' in parsed && parsed.reason === 'is not how often a volume is given', text);
  }
  for (const text of ['month on 0', 'month on 32', 'month on -1', 'month on 1.5', 'month on monday']) {
    const parsed = parsePeriod(text);
    assert.ok('reason' in parsed && parsed.reason === 'names no day of a month', text);
  }
});

test.run();
