// A volume means what whoever sells it means.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { doubtAboutVolume, formatVolume, parseVolume } from '../../../src/units/volume.ts';

const said = (text: string | number) => {
  const parsed = parseVolume(text);
  return typeof parsed === 'number' ? parsed : parsed.reason;
};

test('volumes count in thousands, in 1024 where that is written', () => {
  assert.is(said('2tb'), 2e12);
  assert.is(said('2TB'), 2e12);
  assert.is(said('1.5gb'), 1.5e9);
  assert.is(said('1tib'), 2 ** 40);
  assert.is(said(1000), 1000);
  assert.is(said('9pb'), 9e15);
});

test('what is none', () => {
  assert.is(said('0'), 'is nothing');
  assert.is(said('0tb'), 'is nothing');
  assert.is(said('-1gb'), 'is negative');
  assert.is(said('10pb'), 'is too much: the most is 9007 terabytes');
  assert.is(said('2 tb'), 'is not a volume (did you mean "2tb"?)');
  assert.is(said('2,5tb'), 'is not a volume (did you mean "2.5tb"?)');
  assert.is(said('2tbit'), 'is not a volume (did you mean "2tb"?)');
  assert.is(said('much'), 'is not a volume');
});

test('a small volume without a unit is doubted', () => {
  const doubted = (written: string) => doubtAboutVolume(written, Number(parseVolume(written)))?.reason;
  assert.is(doubted('1'), 'this is 1 byte, almost nothing');
  assert.is(doubted('999999'), 'this is 999999 bytes, almost nothing');
  for (const meant of ['1000000', '100b', '1kb', '2tb']) assert.is(doubted(meant), undefined, meant);
});

test('what is printed is read back', () => {
  for (const bytes of [1, 999, 1000, 1536, 2e12, 2 ** 40, 123_456_789_000]) {
    assert.is(parseVolume(formatVolume(bytes)), bytes);
  }
  assert.is(formatVolume(2e12), '2tb');
});

test.run();
