// Which of the locks that the hook's file has opened already is whose.
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { inheritedVariable, takeInherited } from '../../../src/system/lock.ts';

let root: string;
test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'virt-shaper-lock-'));
});
test.after.each(() => {
  delete process.env[inheritedVariable];
  rmSync(root, { recursive: true });
});

const file = (name: string) => join(root, name);

test('of several locks that are open each is found by its own file, and only once', () => {
  const [first, second] = ['guests.lock', 'lock'].map((name) => openSync(file(name), 'a'));
  process.env[inheritedVariable] = `${first} ${second}`;
  try {
    assert.is(takeInherited(file('lock')), second);
    assert.is(takeInherited(file('lock')), undefined, 'who has it closes it');
    assert.is(takeInherited(file('guests.lock')), first);
    assert.is(takeInherited(file('guests.lock')), undefined);
  } finally {
    for (const fd of [first, second]) closeSync(fd as number);
  }
});

test('a lock of another file, one that is closed and one that was made anew meanwhile are opened by who wants them', () => {
  assert.is(takeInherited(file('lock')), undefined, 'nobody has opened any');
  const fd = openSync(file('guests.lock'), 'a');
  process.env[inheritedVariable] = `${fd}`;
  try {
    assert.is(takeInherited(file('lock')), undefined, 'it is not there');
    closeSync(openSync(file('lock'), 'a'));
    assert.is(takeInherited(file('lock')), undefined);
    rmSync(file('guests.lock'));
    closeSync(openSync(file('guests.lock'), 'a'));
    assert.is(takeInherited(file('guests.lock')), undefined);
  } finally {
    closeSync(fd);
  }
  process.env[inheritedVariable] = '9999';
  assert.is(takeInherited(file('lock')), undefined);
});

test.run();
