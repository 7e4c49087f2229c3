// The order of names as Unicode has it, whether or not its tables are asked.
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { naturally } from '../../../src/units/naturally.ts';
import { byName } from '../../../src/units/units.ts';
import { amount } from '../../support/amount.ts';

const sorted = (...names: string[]) =>
  names
    .map((name) => ({ name }))
    .sort(naturally)
    .map(({ name }) => name);

test('numbers count by their value, and whatever is the same so far by its text', () => {
  assert.equal(sorted('web-10', 'web-2', 'web-02', 'web'), ['web', 'web-02', 'web-2', 'web-10']);
  assert.equal(sorted('Öl', 'p', 'O', 'n'), ['n', 'O', 'Öl', 'p']);
});

test('of numbers that are equal the text decides, whoever is asked of first', () => {
  const order = (a: string, b: string) => Math.sign(naturally({ name: a }, { name: b }));
  assert.equal([order('web-02', 'web-2'), order('web-2', 'web-02'), order('web-2', 'web-2')], [-1, 1, 0]);
  assert.equal([order('Öl', 'Öm'), order('Öm', 'Öl'), order('Öl', 'Öl')], [-1, 1, 0]);
});

test('names of whatever characters are in the order of Unicode', () => {
  const collator = new Intl.Collator('en', { numeric: true });
  const name = fc.oneof(
    fc.string({ unit: fc.constantFrom(...'ab019._-z'), maxLength: 8 }),
    fc.string({ unit: fc.constantFrom(...'ab0A9._- ö+'), maxLength: 6 }),
    fc.string({ unit: fc.constantFrom(...'019'), minLength: 45, maxLength: 52 }),
  );
  fc.assert(
    fc.property(name, name, (a, b) => {
      const expected = collator.compare(a, b) || byName({ name: a }, { name: b });
      assert.is(Math.sign(naturally({ name: a }, { name: b })), Math.sign(expected), `${a} and ${b}`);
    }),
    { numRuns: amount(2000) },
  );
});

test.run();
