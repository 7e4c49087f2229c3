// What an administrator can do where a load could not be undone.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { adviceWith } from '../../../src/load/undo.ts';

const again = 'try again with virt-shaper sync --in-force; virt-shaper unload takes everything out';
const commands = (count: number) => Array.from({ length: count }, (_none, at) => `tc ${at}`);

test('a few commands are there to be typed, of many a load does all', () => {
  for (const count of [1, 40]) {
    assert.is(adviceWith(commands(count)), `by hand:\n${commands(count).join('\n')}\nor ${again}`);
  }
  for (const count of [0, 41]) assert.is(adviceWith(commands(count)), again, `${count}`);
});

test.run();
