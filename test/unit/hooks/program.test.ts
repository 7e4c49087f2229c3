// What a hook runs: Node.js, and the program by it.
import { existsSync, realpathSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { findProgram, stableNames } from '../../../src/hooks/program.ts';
import { Failure } from '../../../src/system/errors.ts';

// Programs of the system, which nobody but root can change.
const [one, other] = [realpathSync('/usr/bin/env'), realpathSync('/bin/sh')];

test('Node.js comes first, then the program by its real path', () => {
  assert.equal(findProgram('/usr/bin/env', other), [other, one]);
  assert.equal(findProgram('/usr/bin/env', '/bin/sh'), ['/bin/sh', one]);
  assert.equal(stableNames('x/../y', '/n'), ['/n', `${process.cwd()}/y`]);
});

test('what /usr/bin/node leads to is called by that name', () => {
  if (!existsSync('/usr/bin/node')) return;
  assert.is(stableNames('/y', realpathSync('/usr/bin/node'))[0], '/usr/bin/node');
});

test('source that is not built is no program', () => {
  try {
    findProgram(process.argv[1] ?? '', process.execPath);
  } catch (error) {
    assert.instance(error, Failure);
    assert.match((error as Failure).message, /\.ts is not the built program$/);
    return;
  }
  assert.unreachable();
});

test.run();
