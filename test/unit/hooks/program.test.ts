// What a hook runs: Node.js, and the program by it.
import { existsSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

test('a name that an upgrade keeps is used where it leads to what runs, and nowhere else', () => {
  const root = mkdtempSync(join(tmpdir(), 'virt-shaper-program-'));
  const names = { program: join(root, 'program'), node: join(root, 'node') };
  try {
    assert.equal(stableNames(one, other, names), [other, one], 'neither is there');
    symlinkSync(one, names.program);
    symlinkSync(other, names.node);
    assert.equal(stableNames(one, other, names), [names.node, names.program]);
    assert.equal(stableNames(other, one, names), [one, other]);
    assert.equal(stableNames(other, other, names), [names.node, other]);
    assert.equal(stableNames(one, one, names), [one, names.program]);
  } finally {
    rmSync(root, { recursive: true });
  }
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
