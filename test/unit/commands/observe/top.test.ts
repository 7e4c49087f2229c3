// The seconds between two looks of top, as typed.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { intervalOf } from '../../../../src/commands/observe/top.ts';
import { ConfigError } from '../../../../src/system/errors.ts';

test('--interval takes a tenth of a second, an hour, and what is between', () => {
  for (const [typed, seconds] of [
    ['0.1', 0.1],
    ['1', 1],
    ['2.5', 2.5],
    ['3599.9', 3599.9],
    ['3600', 3600],
  ] as const)
    assert.is(intervalOf(typed), seconds);
});

test('less, more, and what is no number is refused with what it takes', () => {
  for (const typed of ['0.09', '0', '-1', '3600.1', 'Infinity', 'soon', '1s', '', ' ']) {
    try {
      intervalOf(typed);
      assert.unreachable(typed);
    } catch (error) {
      assert.instance(error, ConfigError, typed);
      assert.is((error as ConfigError).message, `--interval takes seconds, 0.1 to 3600, not "${typed}"`);
    }
  }
});

test.run();
