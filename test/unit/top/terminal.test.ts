// The size of the screen, by what the kernel says of the terminal.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sizeOf } from '../../../src/top/terminal.ts';

test('a terminal that says no size of its own is as large as they once were', () => {
  assert.equal(sizeOf({ columns: 132, rows: 50 }), { columns: 132, rows: 50 });
  for (const none of [0, undefined]) {
    assert.equal(sizeOf({ columns: none, rows: none }), { columns: 80, rows: 24 });
    assert.equal(sizeOf({ columns: 132, rows: none }), { columns: 132, rows: 24 });
    assert.equal(sizeOf({ columns: none, rows: 1 }), { columns: 80, rows: 1 });
  }
});

test.run();
