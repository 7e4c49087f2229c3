// Folders in the place of files: nothing that is in them is ours to delete, and nothing of a symlink's target.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { moveWhole, writeWhole } from '../../../src/system/files.ts';
import { assertWritable, isFolder, moveFolderAside, removeFolder } from '../../../src/system/folders.ts';

const root = mkdtempSync(join(tmpdir(), 'virt-shaper-folders-'));
test.after(() => rmSync(root, { recursive: true }));
const at = (...names: string[]) => join(root, ...names);

test('a folder in a file’s place is moved aside with all that is in it, and the file is written', () => {
  mkdirSync(at('state'));
  writeFileSync(at('state', 'kept'), 'x');
  writeWhole(at('state'), 'text');
  assert.is(readFileSync(at('state'), 'utf8'), 'text');
  const [aside = '', ...more] = readdirSync(root).filter((name) => /^state\.aside-\d+$/.test(name));
  assert.equal(more, []);
  assert.is(readFileSync(at(aside, 'kept'), 'utf8'), 'x');
  moveFolderAside(at('state'));
  assert.is(readFileSync(at('state'), 'utf8'), 'text', 'a file stays where it is');
});

test('a symlink to a folder is none', () => {
  mkdirSync(at('real'));
  writeFileSync(at('real', 'kept'), 'x');
  symlinkSync(at('real'), at('link'));
  assert.equal([isFolder(at('real')), isFolder(at('link')), isFolder(at('nothing'))], [true, false, false]);
  removeFolder(at('link'));
  assert.equal([existsSync(at('link')), existsSync(at('real', 'kept'))], [false, true]);
});

test('a folder goes with its files, and with folders in it; what is not there is gone already', () => {
  mkdirSync(at('full', 'deep'), { recursive: true });
  writeFileSync(at('full', 'deep', 'file'), 'x');
  for (const name of ['full', 'real', 'nothing']) {
    removeFolder(at(name));
    assert.not(existsSync(at(name)));
  }
});

test('what is moved gets the folders above it', () => {
  writeFileSync(at('from'), 'text');
  moveWhole(at('from'), at('new', 'folder', 'to'));
  assert.is(readFileSync(at('new', 'folder', 'to'), 'utf8'), 'text');
  assert.not(existsSync(at('from')));
});

test('what cannot be moved is not left behind, and what stands in its way is named and stays', () => {
  writeFileSync(at('fresh'), 'text');
  mkdirSync(at('taken'));
  assert.throws(
    () => moveWhole(at('fresh'), at('taken')),
    ({ message }: Error) => message.startsWith(`${at('taken')} cannot be written: `),
  );
  assert.equal([existsSync(at('fresh')), isFolder(at('taken'))], [false, true]);
});

test('a folder that is not there can be made, so it is writable', () => {
  assert.not.throws(() => assertWritable(at('not', 'there')));
  assert.not.throws(() => assertWritable(root));
});

test.run();
