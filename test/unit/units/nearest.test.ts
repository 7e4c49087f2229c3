// What a mistyped word was probably meant to be.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { nearest } from '../../../src/units/nearest.ts';

const known = ['cliff', 'jason', 'rob', 'id', 'burst'];

test('one or two mistakes of a longer word, one of a short one', () => {
  for (const [typed, meant] of [
    ['clif', 'cliff'],
    ['CLIFF', 'cliff'],
    ['cilff', 'cliff'],
    ['lciff', 'cliff'],
    ['clfif', 'cliff'],
    ['jasonn', 'jason'],
    ['ajosn', 'jason'],
    ['brust', 'burst'],
    ['bo', undefined],
    ['orb', 'rob'],
    ['ro', 'rob'],
    ['rab', 'rob'],
    ['xab', undefined],
    ['di', 'id'],
    ['x', undefined],
    ['', undefined],
    ['jasonnnn', undefined],
    ['cxxxf', undefined],
  ] as const)
    assert.is(nearest(typed, known), meant, typed);
});

test('two neighbours that are swapped are one mistake, wherever they stand', () => {
  const word = 'abcd';
  for (const typed of ['bacd', 'acbd', 'abdc']) assert.is(nearest(typed, ['abxx', word]), word, typed);
  for (const typed of ['bac', 'acb']) assert.is(nearest(typed, ['abc']), 'abc', typed);
});

test('the nearer one is meant, of two as near the first; a long word is nobody’s typo', () => {
  assert.is(nearest('web-1', ['web-22', 'web-2']), 'web-2');
  assert.is(nearest('web-1', ['web-2', 'web-3']), 'web-2');
  assert.is(nearest('x'.repeat(64), [`${'x'.repeat(63)}y`]), `${'x'.repeat(63)}y`);
  assert.is(nearest('x'.repeat(65), [`${'x'.repeat(64)}y`]), undefined);
});

test.run();
