// The guests now running, as one file in /run: what is written is what is read, and a damaged file is said to
// be one. What the hook's events make of it is in test/fuzz.
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Guest } from '../../../src/guests/guest.ts';
import { withGuest } from '../../../src/guests/list.ts';
import { readGuests, writeGuests } from '../../../src/store/guests.ts';
import { Failure } from '../../../src/system/errors.ts';

const test = suite('run state', { folder: '' });
test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'virt-shaper-run-state-'));
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

const guests: Guest[] = [
  {
    name: '$(id) "\n\u2028',
    driver: 'qemu',
    uuid: 'c7a5fdbd',
    nics: [{ tap: 'vnet0', bridge: 'br0', mac: '52:54:00:6b:3c:58' }],
  },
  { name: '__proto__', driver: 'qemu', nics: [] },
];

test('what is written is what is read, in that order', ({ folder }) => {
  const file = join(folder, 'new', 'guests.json');
  writeGuests(file, guests);
  assert.equal(readGuests(file), guests);
  assert.equal(readdirSync(join(folder, 'new')), ['guests.json']);
});

test('only root reads who runs here', ({ folder }) => {
  const file = join(folder, 'guests.json');
  writeGuests(file, guests);
  assert.is(statSync(file).mode & 0o777, 0o600);
});

test('no file: nobody runs, as after a reboot', ({ folder }) => {
  assert.equal(readGuests(join(folder, 'guests.json')), []);
});

test('a damaged file, or one of another version, is said to be one', ({ folder }) => {
  const file = join(folder, 'guests.json');
  for (const text of ['', '{', '[]', 'null', '{"version": 1, "guests": []}', JSON.stringify({ guests })]) {
    writeFileSync(file, text);
    assert.throws(
      () => readGuests(file),
      (error: unknown) => error instanceof Failure && error.message.includes(file),
      text,
    );
  }
});

test('a restarted guest has the taps it has now, and one who held them has them no more', () => {
  const rob: Guest = { name: 'rob', driver: 'qemu', nics: [{ tap: 'vnet1', bridge: 'br0' }] };
  const cliff: Guest = { name: 'cliff', driver: 'qemu', nics: [{ tap: 'vnet2', bridge: 'br0' }] };
  const again: Guest = { name: 'rob', driver: 'qemu', nics: [{ tap: 'vnet2', bridge: 'br1' }] };
  assert.equal(withGuest([rob, cliff], again), [again, { name: 'cliff', driver: 'qemu', nics: [] }]);
});

test.run();
