// Which tables of others set marks of the ranges that ours are of.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { emptyState, type TcObject } from '../../../src/kernel/objects.ts';
import { findForeignMarks, findMarksBeside } from '../../../src/load/foreign-marks.ts';

const table = (name: string, ...rules: string[]) =>
  `table ${name} {\n\tchain c {\n${rules.map((rule) => `\t\t${rule}\n`).join('')}\t}\n}\n`;
const named = (listing: string, marks = [0x76730010, 0x80000001]) =>
  findMarksBeside(listing, marks).map((text) =>
    text
      .match(/^table (.*) sets the mark (\S+),/)
      ?.slice(1)
      .join(' '),
  );

test('a mark of our ranges, whatever its lower half', () => {
  assert.equal(named(table('inet t', 'meta mark set 0x7673ffff')), ['inet t 0x7673ffff']);
  assert.equal(named(table('inet t', 'meta mark set 0x80000010')), ['inet t 0x80000010'], 'no sign');
  assert.equal(named(table('inet t', 'meta mark set 0x76740010')), []);
  assert.equal(named(table('inet t', 'ct mark set 0x76730001')), ['inet t 0x76730001']);
  assert.equal(named(table('inet t', 'meta mark 0x76730010 accept')), [], 'it only reads one');
  assert.equal(named(table('inet t', 'meta mark set 0x76730010'), []), []);
});

test('each table once, by its own name, and never ours', () => {
  const own = table('bridge virt-shaper', 'meta mark set 0x76730010');
  const others =
    table('ip a', 'accept') + table('ip b', 'meta mark set 0x76730001', 'meta mark set 0x76730002');
  assert.equal(named(own), []);
  assert.equal(named(own + others), ['ip b 0x76730002']);
  assert.equal(named(others + own), ['ip b 0x76730002']);
  assert.equal(named(own + table('ip virt-shaper', 'meta mark set 0x76730001')), [
    'ip virt-shaper 0x76730001',
  ]);
});

test('our ranges are those of the filters that are loaded', () => {
  const object = (kind: TcObject['kind'], id: string) => ({ kind, id }) as TcObject;
  const state = emptyState();
  state.objects.set('a', object('filter', '0x76730010')).set('b', object('class', '0x10'));
  assert.is(findForeignMarks(table('ip t', 'meta mark set 0x76730001'), state).length, 1);
  assert.is(findForeignMarks(table('ip t', 'meta mark set 0x00000001'), state).length, 0);
});

test.run();
