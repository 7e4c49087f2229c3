// What is written and what is printed of rates, sizes, times, volumes and durations: every unit, every limit, every refusal's words.
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
import { correctQuantity, formatQuantity, parseQuantity } from '../../../src/units/quantity.ts';
import { doubtAbout, formatRate, parseRate, parseSize } from '../../../src/units/rate.ts';
import { formatTime, parseTime } from '../../../src/units/time.ts';
import { both, byDevice, byName, isDeviceName, isDeviceOrAltname } from '../../../src/units/units.ts';
import { formatVolume, parseVolume } from '../../../src/units/volume.ts';
import { inZone } from '../../support/zones.ts';

test('every unit of rate, in bits per second', () => {
  const worth = {
    '': 1,
    bit: 1,
    kbit: 1e3,
    mbit: 1e6,
    gbit: 1e9,
    tbit: 1e12,
    kibit: 1024,
    mibit: 1024 ** 2,
    gibit: 1024 ** 3,
    tibit: 1024 ** 4,
    bps: 8,
    kbps: 8e3,
    mbps: 8e6,
    gbps: 8e9,
    tbps: 8e12,
    kibps: 8 * 1024,
    mibps: 8 * 1024 ** 2,
    gibps: 8 * 1024 ** 3,
    tibps: 8 * 1024 ** 4,
  };
  for (const [unit, bits] of Object.entries(worth)) {
    assert.is(parseRate(`9${unit}`), 9 * bits, unit);
    assert.is(parseRate(`9${unit.toUpperCase()}`), 9 * bits, unit);
  }
});

test('every unit of size, in bytes', () => {
  const worth = {
    '': 1,
    b: 1,
    k: 1024,
    kb: 1024,
    m: 1024 ** 2,
    mb: 1024 ** 2,
    g: 1024 ** 3,
    gb: 1024 ** 3,
    kbit: 128,
    mbit: 131_072,
    gbit: 134_217_728,
  };
  for (const [unit, bytes] of Object.entries(worth)) assert.is(parseSize(`3${unit}`), 3 * bytes, unit);
});

test('every unit of time and of volume', () => {
  const times = { us: 1, usec: 1, usecs: 1, ms: 1e3, msec: 1e3, msecs: 1e3, s: 1e6, sec: 1e6, secs: 1e6 };
  for (const [unit, micros] of Object.entries(times)) assert.is(parseTime(`3${unit}`), 3 * micros, unit);
  const volumes = {
    '': 1,
    b: 1,
    kb: 1e3,
    mb: 1e6,
    gb: 1e9,
    tb: 1e12,
    pb: 1e15,
    kib: 1024,
    mib: 1024 ** 2,
    gib: 1024 ** 3,
    tib: 1024 ** 4,
    pib: 1024 ** 5,
  };
  for (const [unit, bytes] of Object.entries(volumes)) assert.is(parseVolume(`3${unit}`), 3 * bytes, unit);
});

test('what is printed has the largest unit that is exact', () => {
  assert.equal([8, 999, 1e3, 1001, 1e6, 1e9, 1e12, 15e12].map(formatRate), [
    ...['8bit', '999bit', '1kbit', '1001bit', '1mbit', '1gbit', '1tbit', '15tbit'],
  ]);
  assert.equal([0, 1, 999, 1000, 1500, 1e6, 5e6].map(formatTime), [
    '0',
    '1us',
    '999us',
    '1ms',
    '1500us',
    '1s',
    '5s',
  ]);
  assert.equal([1, 999, 1e3, 1001, 1e6, 1e9, 1e12, 9e15].map(formatVolume), [
    ...['1b', '999b', '1kb', '1001b', '1mb', '1gb', '1tb', '9000tb'],
  ]);
  assert.is(formatQuantity(5, [['k', 1000]]), '5');
});

const said = (parsed: unknown) => parsed;

test('the limits of a rate, and the words of each refusal', () => {
  assert.equal([parseRate(8), parseRate('9007199254740991')], [8, 9007199254740991]);
  const little = { reason: 'is too little: tc cannot express less than 8 bit per second' };
  assert.equal([0, 7, '7.9'].map(parseRate), [little, little, little]);
  assert.equal(said(parseRate(-1)), { reason: 'is negative: a rate is at least 8 bit per second' });
  assert.equal(said(parseRate('9007199254740992')), {
    reason: 'is too much: the most is 9007199254740991 bit per second',
  });
  assert.equal(said(parseRate('50% ')), {
    reason: 'is a percentage: virt-shaper takes rates only',
    hint: 'write the rate itself, for example "100mbit"',
  });
  assert.equal(said(parseRate('fast')), {
    reason: 'is not a rate',
    hint: 'rates look like "15mbit", "1.5gbit", "200kbps" (kilobytes per second) or 15000000 (bits per second)',
  });
  assert.equal(said(parseRate('15 mbit')), { reason: 'is not a rate (did you mean "15mbit"?)' });
});

test('the limits of a size, and the words of each refusal', () => {
  assert.equal([parseSize(1), parseSize(4294967295)], [1, 4294967295]);
  assert.equal(said(parseSize(0)), { reason: 'is too little: a size is at least 1 byte' });
  assert.equal(said(parseSize(4294967296)), { reason: 'is too much: tc takes sizes below 4 gigabytes' });
  assert.equal(said(parseSize('big')), {
    reason: 'is not a size',
    hint: 'sizes look like "64k", "16kb" or 1500 (bytes)',
  });
  assert.equal(said(parseSize('64 kb')), { reason: 'is not a size (did you mean "64kb"?)' });
});

test('times: negative ones are times, numbers without a unit are none', () => {
  assert.equal([parseTime('-5ms'), parseTime('0s'), parseTime('1.5ms')], [-5000, 0, 1500]);
  assert.equal(said(parseTime('5')), { reason: 'has no unit', hint: 'did you mean "5ms"?' });
  assert.equal(said(parseTime(5)), { reason: 'has no unit', hint: 'did you mean "5ms"?' });
  assert.equal(said(parseTime('5 ms')), { reason: 'is not a time (did you mean "5ms"?)' });
  assert.equal(said(parseTime('soon')), {
    reason: 'is not a time',
    hint: 'times look like "5ms", "100us" or "1s"',
  });
});

test('the limits of a volume, and the words of each refusal', () => {
  assert.equal([parseVolume(1), parseVolume('9007199254740991')], [1, 9007199254740991]);
  assert.equal(said(parseVolume('9007199254740992')), {
    reason: 'is too much: the most is 9007 terabytes',
  });
  const hint = 'volumes look like "500gb", "2tb" or "1.5tib"';
  assert.equal(said(parseVolume('much')), { reason: 'is not a volume', hint });
  assert.equal(said(parseVolume(-1)), { reason: 'is negative', hint });
  assert.equal(said(parseVolume(0)), {
    reason: 'is nothing',
    hint: 'it is at least 1 byte: what holds all of the time is the ceil',
  });
});

test('a rate that is probably a mistake', () => {
  assert.equal(doubtAbout('100Mbps', 8e8), {
    reason: '"100Mbps" counts megabytes per second, 800mbit',
    hint: 'did you mean "100mbit"? if not, "800mbit" says the same and nobody asks again',
  });
  const units = { bps: 'bytes', kbps: 'kilobytes', gbps: 'gigabytes', tbps: 'terabytes', mibps: 'megabytes' };
  for (const [unit, words] of Object.entries(units))
    assert.match(doubtAbout(`9${unit}`, 72)?.reason ?? '', `counts ${words} per second, `, unit);
  assert.match(doubtAbout('9mibps', 72)?.hint ?? '', 'did you mean "9mibit"?');
  assert.equal(doubtAbout('100', 100), {
    reason: 'this is 100 bit per second, almost nothing',
    hint: 'a rate without a unit counts bits per second; did you mean "100mbit"?',
  });
  assert.equal([doubtAbout('999', 999) !== undefined, doubtAbout('1000', 1000)], [true, undefined]);
  assert.equal([doubtAbout('100bit', 100), doubtAbout('15mbit', 15e6)], [undefined, undefined]);
});

test('quantities: what tc takes for a number, cut to a whole one', () => {
  const units = new Map([
    ['', 1],
    ['k', 1000],
  ]);
  const parsed = (text: string) => parseQuantity(text, units);
  assert.equal(['5', '+5', '-5', '5.', '.5k', '1.9', '-1.9', '1e2', '1E-1k', '5K'].map(parsed), [
    ...[5, 5, -5, 5, 500, 1, -1, 100, 100, 5000],
  ]);
  assert.equal(
    ['', 'k', '.', '5 k', ' 5', '0x5', 'inf', '5kk', '5.5.5'].map(parsed),
    Array(9).fill(undefined),
  );
  assert.equal(
    ['5 k', '5kk', '1,5k', ' 5k '].map((text) => correctQuantity(text, units)),
    ['5k', '5k', '1.5k', '5k'],
  );
  assert.equal(
    ['x', '1,5,5k', '5zzzzz'].map((text) => correctQuantity(text, units)),
    [undefined, undefined, undefined],
  );
});

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
