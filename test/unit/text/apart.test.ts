// How two lists of lines differ, and whether what they share has kept its order.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { apart, apartInOrder } from '../../../src/text/apart.ts';

test('each side has its own lines in its own order', () => {
  assert.equal(apart(['a', 'b', 'c'], ['d', 'b', 'e']), { gone: ['a', 'c'], come: ['d', 'e'] });
  assert.equal(apart(['a'], ['a']), { gone: [], come: [] });
});

test('lines that come and go between others leave those in order', () => {
  assert.equal(apartInOrder(['a', 'b', 'c'], ['a', 'x', 'c']), { gone: ['b'], come: ['x'] });
  assert.equal(apartInOrder([], ['a']), { gone: [], come: ['a'] });
  assert.equal(apartInOrder(['a', 'b'], ['b']), { gone: ['a'], come: [] });
  assert.equal(
    apartInOrder(['a', 'a'], ['a']),
    { gone: ['a'], come: [] },
    'no line is its end as well as its beginning',
  );
  assert.equal(apartInOrder(['a'], ['a', 'a']), { gone: [], come: ['a'] });
});

test('lines that have changed places are no difference of single lines', () => {
  assert.is(apartInOrder(['a', 'b'], ['b', 'a']), undefined);
  assert.is(apartInOrder(['a', 'b', 'c'], ['b', 'a', 'x']), undefined);
  assert.is(apartInOrder(['x', 'b', 'y'], ['z', 'b', 'b', 'w']), undefined, 'one is there twice');
  assert.is(apartInOrder(['x', 'b', 'b', 'y'], ['z', 'b', 'w']), undefined);
});

test('what is taken out and put in makes the one list of the other', () => {
  const lists = fc.uniqueArray(fc.constantFrom(...'abcdefgh'));
  fc.assert(
    fc.property(lists, lists, (from, to) => {
      const found = apartInOrder(from, to);
      const kept = from.filter((line) => to.includes(line));
      const isSameOrder = kept.join() === to.filter((line) => from.includes(line)).join();
      assert.is(found !== undefined, isSameOrder);
      if (found) assert.equal(found, apart(from, to));
    }),
  );
});

test.run();
