// What is written and what is printed of rates, sizes, times and volumes: every unit, every limit, every refusal's words.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { correctQuantity, formatQuantity, parseQuantity } from '../../../src/units/quantity.ts';
import { doubtAbout, formatRate, parseRate, parseSize } from '../../../src/units/rate.ts';
import { formatTime, parseTime } from '../../../src/units/time.ts';
import { formatVolume, parseVolume } from '../../../src/units/volume.ts';

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

test.run();
