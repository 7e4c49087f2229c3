// Which entry a guest gets.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Config, GuestEntry } from '../../../src/config/config.ts';
import { escapeName, matchGuest, parseName } from '../../../src/config/pattern.ts';

/** Entries as they stand in the file, one a line. */
function matched(guest: string, ...names: string[]): string | undefined {
  const guests = names.map((written, index): GuestEntry => {
    const at = { file: 'config.toml', line: index + 1, column: 1 };
    return { ...parseName(written), at, on: new Map() };
  });
  return matchGuest({ guests } as unknown as Config, guest)?.name;
}

test('the exact name wins over a pattern, the longer pattern over the shorter', () => {
  assert.is(matched('web-1', '*', 'web-*', 'web-?', 'web-1'), 'web-1');
  assert.is(matched('web-1', 'web-?', '*', 'w*'), 'web-?');
  assert.is(matched('web-12', 'web-?', '*', 'w*'), 'w*');
  assert.is(matched('db', 'web-?', 'w*'), undefined);
});

test('of equally long patterns the later written one wins', () => {
  assert.is(matched('web-1', 'web-*', 'web-?'), 'web-?');
  assert.is(matched('web-1', 'web-?', 'web-*'), 'web-*');
});

test('of files the drop-in is the later written one', () => {
  const entry = (name: string, file: string): GuestEntry => ({
    ...parseName(name),
    at: { file, line: 1, column: 1 },
    on: new Map(),
  });
  const guests = [entry('a*', '/etc/x/config.toml'), entry('*a', '/etc/x/config.d/0.toml')];
  assert.is(matchGuest({ guests } as unknown as Config, 'a')?.name, '*a');
});

test('* and ? match as in a shell, everything else is itself', () => {
  const cases: [pattern: string, name: string, fits: boolean][] = [
    ['*', '', true],
    ['?', '', false],
    ['?', '😀', true],
    ['a*c', 'abc', true],
    ['a*c', 'ac', true],
    ['a*c', 'abcd', false],
    ['*a*b*', 'xxaxxbxx', true],
    ['a.*', 'ab', false],
    ['[ab]*', '[ab]c', true],
    ['[ab]*', 'a', false],
    ['$(x)*', '$(x)1', true],
    ['-*', '--help', true],
    ['a*', 'A', false],
    ['\\**', '*x', true],
    ['\\**', 'x', false],
    ['a\\b*', 'a\\bc', true],
  ];
  for (const [pattern, name, fits] of cases) {
    assert.is(matched(name, pattern) === pattern, fits, `${pattern} and ${name}`);
  }
});

test('a backslash takes *, ? and itself literally', () => {
  assert.equal(parseName('50\\*50'), { name: '50*50', pattern: false });
  assert.equal(parseName('a\\\\*'), { name: 'a\\\\*', pattern: true });
  assert.equal(parseName('a\\b\\'), { name: 'a\\b\\', pattern: false });
});

test('any name can be written so that it is nothing but itself', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      assert.equal(parseName(escapeName(name)), { name, pattern: false });
      assert.is(matched(name, '*', escapeName(name)), name);
    }),
  );
});

test('a hostile name costs no more than its length times the pattern', () => {
  const begin = performance.now();
  assert.is(matched('a'.repeat(5000), `${'a*'.repeat(200)}b`), undefined);
  assert.ok(performance.now() - begin < 1000, 'matching went exponential');
});

test.run();
