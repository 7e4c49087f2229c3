// Moments and times as an administrator writes them: what is meant, and what is refused with what to write.

import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { formatMinute, parseLength, parseMoment } from '../../../src/units/clock.ts';

const zone = process.env.TZ;
test.before(() => {
  process.env.TZ = 'Europe/Berlin';
});
test.after(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

const now = Date.parse('2026-12-24T18:30:00Z'); // 19:30 there.

test('how long: one unit or several, short or spelt out', () => {
  const minutes = {
    '90min': 90,
    '90m': 90,
    '2h': 120,
    '1h30m': 90,
    '1h 30 min': 90,
    '1.5h': 90,
    '2 hours': 120,
  };
  for (const [text, value] of Object.entries(minutes)) assert.is(parseLength(text), value * 60_000, text);
  assert.is(parseLength('3d'), 3 * 86_400_000);
  assert.is(parseLength('1week'), 7 * 86_400_000);
  assert.is(parseLength('45s'), 45_000);
});

test('what is no time says so, and what to write', () => {
  const reasons = {
    '5': 'has no unit',
    soon: 'is not a time',
    '': 'is not a time',
    '2h later': 'is not a time',
    '-2h': 'is not a time',
    '2hh': 'is not a time',
    '0h': 'is no time at all',
    '99999d': 'is more than ten years',
  };
  for (const [text, reason] of Object.entries(reasons)) {
    const refusal = parseLength(text);
    assert.is(typeof refusal === 'object' && refusal.reason, reason, text);
    assert.ok(typeof refusal === 'object' && refusal.hint);
  }
});

test('when: a day and an hour, in the time zone of the host or another', () => {
  const iso = (text: string) => {
    const at = parseMoment(text, now);
    return typeof at === 'number' ? new Date(at).toISOString() : at.reason;
  };
  assert.is(iso('2026-12-24 20:00'), '2026-12-24T19:00:00.000Z');
  assert.is(iso('2026-07-01T20:00'), '2026-07-01T18:00:00.000Z');
  assert.is(iso('2026-12-24 20:00:30'), '2026-12-24T19:00:30.000Z');
  assert.is(iso('2026-12-31'), '2026-12-30T23:00:00.000Z');
  assert.is(iso('2026-12-24T20:00Z'), '2026-12-24T20:00:00.000Z');
  assert.is(iso('2026-12-24T20:00:00.000+05:30'), '2026-12-24T14:30:00.000Z');
  assert.is(iso('2028-02-29 00:00'), '2028-02-28T23:00:00.000Z', 'a leap day');
});

test('an hour alone is the next that comes', () => {
  assert.is(parseMoment('20:00', now), Date.parse('2026-12-24T19:00:00Z'));
  assert.is(
    parseMoment(' 20:00\n', now),
    Date.parse('2026-12-24T19:00:00Z'),
    'blanks around it are none of it',
  );
  assert.is(parseMoment('19:30', now), Date.parse('2026-12-25T18:30:00Z'), 'not this moment');
  assert.is(parseMoment('8:15', now), Date.parse('2026-12-25T07:15:00Z'));
});

test('what is no moment says so', () => {
  const reasons: Record<string, string> = {
    '': 'is not a moment',
    tomorrow: 'is not a moment',
    '24.12.2026 20:00': 'is not a moment',
    '20:00Z': 'is not a moment',
    '25:00': 'is no time of a day',
    '2026-12-24 20:60': 'is no time of a day',
    '2026-02-30': 'is no day of a calendar',
    '2027-02-29': 'is no day of a calendar',
    '2026-13-01': 'is no day of a calendar',
    '2026-00-10': 'is no day of a calendar',
    '2026-12-0': 'is no day of a calendar',
  };
  for (const [text, reason] of Object.entries(reasons)) {
    const refusal = parseMoment(text, now);
    assert.is(typeof refusal === 'object' && refusal.reason, reason, text);
  }
});

test('what is shown is read back', () => {
  assert.is(formatMinute(now), '2026-12-24 19:30');
  assert.is(parseMoment(formatMinute(now), 0), now);
});

test.run();
