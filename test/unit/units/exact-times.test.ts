// Durations, moments, days, periods and names: each within its limits, and every refusal's words.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { formatMinute, parseLength, parseMoment } from '../../../src/units/clock.ts';
import {
  addDays,
  addMonths,
  beginOf,
  dateOf,
  dayOf,
  isMonth,
  lengthOf,
  monthOf,
} from '../../../src/units/days.ts';
import { parseDaysAndTimes } from '../../../src/units/days-and-times.ts';
import { parsePeriod } from '../../../src/units/period.ts';
import { both, byDevice, byName, isDeviceName, isDeviceOrAltname } from '../../../src/units/units.ts';
import { inZone } from '../../support/zones.ts';

const said = (parsed: unknown) => parsed;

test('how long: every unit in every spelling, to the ten years that are the most', () => {
  const worth: [string, number][] = [
    ['s sec secs second seconds', 1000],
    ['m min mins minute minutes', 60_000],
    ['h hr hrs hour hours', 3_600_000],
    ['d day days', 86_400_000],
    ['w week weeks', 604_800_000],
  ];
  for (const [words, length] of worth)
    for (const word of words.split(' ')) {
      assert.is(parseLength(`3${word}`), 3 * length, word);
      assert.is(parseLength(`3 ${word.toUpperCase()}`), 3 * length, word);
    }
  assert.equal(
    [parseLength('3660d'), parseLength('0.5s'), parseLength('1w2d3h4m5s')],
    [...[3660 * 86_400_000, 500, (((7 + 2) * 24 + 3) * 60 + 4) * 60_000 + 5000]],
  );
  assert.equal(said(parseLength('3661d')), {
    reason: 'is more than ten years',
    hint: 'without --for it lasts until it is lifted',
  });
  assert.equal(said(parseLength(' 5 ')), { reason: 'has no unit', hint: 'did you mean "5min" or "5h"?' });
  const hint = 'times look like "90min", "2h", "1h30m", "3d" or "1w"';
  assert.equal(said(parseLength('soon')), { reason: 'is not a time', hint });
  assert.equal(
    said(parseLength('1h 30')),
    { reason: 'is not a time', hint },
    'a unit that is only missing at the end',
  );
  assert.equal(said(parseLength('0min')), { reason: 'is no time at all', hint });
});

test('when: each part within its limits, a time alone the next one, to the second', () =>
  inZone('UTC', () => {
    const now = Date.UTC(2026, 11, 31, 23, 59, 30);
    const iso = (text: string) => {
      const at = parseMoment(text, now);
      return typeof at === 'number' ? new Date(at).toISOString().slice(0, 19) : at.reason;
    };
    assert.is(iso('23:59:31'), '2026-12-31T23:59:31');
    assert.is(iso('23:59:30'), '2027-01-01T23:59:30');
    assert.is(iso('00:00'), '2027-01-01T00:00:00');
    assert.is(iso('23:59:59'), '2026-12-31T23:59:59');
    assert.is(iso('2026-1-2 3:04'), '2026-01-02T03:04:00');
    assert.is(iso('2026-12-31 00:00:59'), '2026-12-31T00:00:59');
    assert.is(iso('2026-01-02T03:04:05+01:00'), '2026-01-02T02:04:05');
    assert.is(iso('2026-1-2T03:04Z'), '2026-01-02T03:04:00');
    for (const text of ['24:00', '00:60', '00:00:60']) assert.is(iso(text), 'is no time of a day', text);
    for (const text of ['2026-00-01', '2026-13-01', '2026-04-31', '2026-12-00'])
      assert.is(iso(text), 'is no day of a calendar', text);
    for (const text of ['2026-12-24Z', '20:00Z', ' ', '2026-12', '1:2'])
      assert.is(iso(text), 'is not a moment', text);
    assert.equal(said(parseMoment('x', now)), {
      reason: 'is not a moment',
      hint: 'moments look like "2026-12-24 20:00", "2026-12-24" or "20:00"',
    });
    assert.is(formatMinute(Date.UTC(2026, 0, 2, 3, 4, 59)), '2026-01-02 03:04');
  }));

test('the calendar', () => {
  assert.equal([monthOf('2026-11-30'), dateOf('2026-11-30')], ['2026-11', '30']);
  assert.equal(['2026-01', '2026-09', '2026-10', '2026-12'].map(isMonth), [true, true, true, true]);
  assert.equal([addDays('2026-12-31', 1), addDays('x', 1)], ['2027-01-01', '']);
  assert.equal(
    [addMonths('2026-12', 1), addMonths('2026-01', -1), addMonths('2026-01', 0)],
    [...['2027-01', '2025-12', '2026-01']],
  );
  assert.equal(
    Array.from({ length: 12 }, (_none, at) => lengthOf(`2026-${String(at + 1).padStart(2, '0')}`)),
    [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31],
  );
  assert.equal([lengthOf('2000-02'), lengthOf('2100-02')], [29, 28]);
  inZone('UTC', () => {
    assert.is(beginOf('2026-03-04'), Date.UTC(2026, 2, 4));
    assert.equal(
      [dayOf(Date.UTC(2026, 8, 9)), dayOf(Date.UTC(999, 9, 10, 23, 59))],
      ['2026-09-09', '0999-10-10'],
    );
  });
});

test('why a text is no days and times, and no period', () => {
  const examples = 'it looks like "mon..fri 08:00-18:00", "sat,sun" or "22:00-06:00"';
  assert.equal(said(parseDaysAndTimes('')), { reason: 'is not days and a time', hint: examples });
  assert.equal(said(parseDaysAndTimes('mon..wed..fri')), {
    reason: 'has more than two ends in "mon..wed..fri"',
    hint: examples,
  });
  assert.equal(said(parseDaysAndTimes('weekday')), {
    reason: 'has "weekday" where a day should be',
    hint: `days are mon, tue, wed, thu, fri, sat, sun; ${examples}`,
  });
  assert.equal(said(parseDaysAndTimes('mon 8-9')), {
    reason: 'has "8-9" where a time should be',
    hint: 'a time is from 00:00 to 24:00 with a minus sign between: "08:00-18:00"',
  });
  assert.equal(said(parseDaysAndTimes('08:00-08:00')), {
    reason: 'begins and ends at one time',
    hint: 'for the whole day leave the time out',
  });
  assert.equal(said(parseDaysAndTimes('24:00-08:00')), {
    reason: 'begins at 24:00',
    hint: 'the next day begins at 00:00',
  });
  assert.equal(said(parsePeriod('year')), {
    reason: 'is not how often a volume is given',
    hint: 'it is "day", "week", "month" or "month on 15"',
  });
  assert.equal(said(parsePeriod('month on 32')), {
    reason: 'names no day of a month',
    hint: 'days are 1 to 31; in a shorter month it begins on the last day',
  });
  assert.equal(
    [parsePeriod('month on 1'), parsePeriod('month on 31')],
    [
      { every: 'month', on: 1 },
      { every: 'month', on: 31 },
    ],
  );
});

test('names of devices, and the order of names', () => {
  const names = [
    'eth0',
    'a',
    'a@b+c-d_e',
    'x'.repeat(15),
    'x'.repeat(16),
    '',
    '.',
    '..',
    '...',
    '-a',
    'a b',
    'a;b',
  ];
  assert.equal(names.map(isDeviceName), [
    ...[true, true, true, true, false, false, false, false, true, false, false, false],
  ]);
  assert.equal(
    ['x'.repeat(16), 'x'.repeat(127), 'x'.repeat(128), '.', '..', '', '-a'].map(isDeviceOrAltname),
    [...[true, true, false, false, false, false, false]],
  );
  const order = (a: string, b: string) => [
    byName({ name: a }, { name: b }),
    byDevice({ device: a }, { device: b }),
  ];
  assert.equal(
    [order('a', 'b'), order('b', 'a'), order('a', 'a')],
    [
      [-1, -1],
      [1, 1],
      [0, 0],
    ],
  );
  assert.equal(
    both((way) => `${way}!`),
    { out: 'out!', in: 'in!' },
  );
});

test.run();
