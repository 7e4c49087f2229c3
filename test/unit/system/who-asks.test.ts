// Who is noted for what is set: the user behind sudo or doas, in what a terminal can show on a line.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { whoAsks } from '../../../src/system/who-asks.ts';

const names = ['SUDO_USER', 'DOAS_USER'] as const;
const before = names.map((name) => process.env[name]);
function set(...values: (string | undefined)[]): void {
  for (const [at, name] of names.entries()) {
    const value = values[at];
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}
test.after.each(() => set(...before));

const asks = (...values: (string | undefined)[]) => {
  set(...values);
  return whoAsks();
};

test('who has used sudo or doas, else whoever is logged in or it runs as', () => {
  assert.is(asks('alice', 'bob'), 'alice');
  assert.is(asks(undefined, 'bob'), 'bob');
  assert.is(asks('', 'bob'), 'bob');
  assert.ok(asks().length > 0);
});

test('no more than 64 characters of a name, none of them cut in two, and none that drives a terminal', () => {
  assert.is(asks('a'.repeat(64)), 'a'.repeat(64));
  assert.is(asks('a'.repeat(65)), 'a'.repeat(64));
  assert.is(asks('😀'.repeat(70)), '😀'.repeat(64));
  assert.is(asks('a\u001b[2J\nb'), 'a\u241b[2J\u240ab');
});

test.run();
