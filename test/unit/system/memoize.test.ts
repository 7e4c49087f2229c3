import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { memoize, once } from '../../../src/system/memoize.ts';

test('the same text is read once, and gives the same object', () => {
  const seen: string[] = [];
  const read = memoize((text) => {
    seen.push(text);
    return { text };
  });
  const first = read('a');
  assert.is(read('a'), first);
  assert.equal(read('b'), { text: 'b' });
  assert.equal(seen, ['a', 'b']);
});

test('what is made once is made when it is asked for, also where it is nothing', () => {
  let made = 0;
  const nothing = once(() => {
    made += 1;
    return undefined;
  });
  assert.is(made, 0);
  assert.is(nothing(), undefined);
  assert.is(nothing(), undefined);
  assert.is(made, 1);
});

test('what could not be made is tried again', () => {
  let tries = 0;
  const second = once(() => {
    tries += 1;
    if (tries === 1) throw new Error('not yet');
    return tries;
  });
  assert.throws(second, 'not yet');
  assert.is(second(), 2);
  assert.is(second(), 2);
});

test.run();
