// Names of the old file that can be taken apart in more than one way: what is taken for what, and what is said of it.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Notes } from '../../../src/import/notes.ts';
import { readNames } from '../../../src/import/old-names.ts';
import { readAssignments } from '../../../src/import/shell-assignments.ts';
import { SourceFile } from '../../../src/toml/source-file.ts';

/** `GUEST on DEVICE` of each line, and what is said of how they were taken apart. */
function taken(...names: string[]): [guests: string[], said: string[]] {
  const file = new SourceFile('f', names.map((name) => `${name}="10 1mbit 2mbit"\n`).join(''));
  const notes = new Notes(file);
  const { guests } = readNames(readAssignments(file, notes), notes);
  const said = notes.inOrder().map(({ message }) => message);
  return [
    guests.map(({ guest, device }) => `${guest} on ${device}`),
    said.filter((message) => !/may have another name/.test(message)),
  ];
}

test('of two devices that a name ends with it is the longer one, whichever comes first', () => {
  const guess = ['web on dmz_eth0'];
  const said = ['"web_dmz_eth0" is taken for guest web on dmz_eth0: both dmz_eth0 and eth0 are devices here'];
  assert.equal(taken('ceil_eth0', 'ceil_dmz_eth0', 'web_dmz_eth0'), [guess, said]);
  assert.equal(taken('ceil_dmz_eth0', 'ceil_eth0', 'web_dmz_eth0'), [guess, said]);
  assert.equal(taken('web_dmz_eth0', 'ceil_eth0', 'ceil_dmz_eth0'), [guess, said]);
});

test('a name that is a device and nothing more before it is another guest, or none', () => {
  assert.equal(taken('ceil_eth0', 'ceil_dmz_eth0', 'dmz_eth0'), [['dmz on eth0'], []]);
  assert.equal(taken('ceil_eth0', '_eth0'), [[], ['"_eth0" names no guest and device: not taken over']]);
});

test('without a line for its device it is what stands behind the last _, which is said where there are more', () => {
  assert.equal(taken('web_eth0'), [['web on eth0'], []]);
  assert.equal(taken('web_1_eth0'), [
    ['web_1 on eth0'],
    ['"web_1_eth0" is taken for guest web_1 on eth0: no ceil_ line names its device'],
  ]);
  assert.equal(taken('ceil_eth0', 'web_1_eth0'), [['web_1 on eth0'], []]);
});

test.run();
