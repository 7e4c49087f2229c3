// Where root writes a file again and again that somebody has named: not by a symlink, not into a folder of others, and
// over nothing but its own. Whatever is refused stays as it was.
import {
  chmodSync,
  chownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { writeOutput } from '../../../src/operations/output-file.ts';
import { Failure } from '../../../src/system/errors.ts';
import { writeWhole } from '../../../src/system/files.ts';
import { needsRoot } from '../../support/needs.ts';
import { unless } from '../../support/skip.ts';

const head = '# ours';
let folder: string;
let file: string;
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'virt-shaper-output-'));
  file = join(folder, 'x.prom');
});
test.after.each(() => rmSync(folder, { recursive: true }));

/** @param advice what the hint has to have in it */
function refused(path: string, why: RegExp, advice: RegExp): void {
  const before = readdirSync(folder);
  try {
    writeOutput(path, `${head} 2\n`, head);
  } catch (error) {
    assert.instance(error, Failure);
    assert.match((error as Failure).message, why);
    assert.match((error as Failure).hint ?? '', advice);
    assert.equal(readdirSync(folder), before, 'nothing is left behind');
    return;
  }
  assert.unreachable(path);
}

test('written whole, readable for everybody, and again over itself', () => {
  for (const text of [`${head} 1\n`, `${head} 22\n`]) {
    writeOutput(file, text, head);
    assert.is(readFileSync(file, 'utf8'), text);
  }
  assert.is(statSync(file).mode & 0o777, 0o644);
  assert.equal(readdirSync(folder), ['x.prom']);
});

test('no symlink is followed, wherever it leads', () => {
  const target = join(folder, 'target');
  for (const text of [`${head} 1\n`, 'shadow\n', undefined]) {
    if (text === undefined) rmSync(target);
    else writeFileSync(target, text);
    symlinkSync(target, file);
    refused(file, /x.prom is a symlink/, /rm .*x.prom/);
    assert.ok(lstatSync(file).isSymbolicLink());
    if (text !== undefined) assert.is(readFileSync(target, 'utf8'), text);
    rmSync(file);
  }
});

test('what it has not written is not replaced', () => {
  for (const text of ['', '\0\0\0\0\0\0\0\0', '# our', 'root:x:0:0\n', `\n${head}`]) {
    writeFileSync(file, text);
    refused(file, /was not written by this command/, /rm .*x.prom/);
    assert.is(readFileSync(file, 'utf8'), text);
  }
  rmSync(file);
  mkdirSync(file);
  refused(file, /is no file that could be replaced/, /stdout/);
  refused('/dev/null', /is no file that could be replaced|refused/, /./);
});

test('a folder that is not there is not made', () => {
  refused(join(folder, 'typo/x.prom'), /typo is no folder/, /mkdir -p .*typo/);
  writeFileSync(file, `${head} 1\n`);
  refused(join(file, 'x.prom'), /x.prom is no folder/, /./);
});

test('a folder that others can write is refused, sticky or not', () => {
  for (const mode of [0o777, 0o1777, 0o757]) {
    chmodSync(folder, mode);
    refused(file, /others than root can write it/, /ln -s \/var\/lib\/virt-shaper\/metrics\/x.prom /);
  }
  const below = join(folder, 'below');
  mkdirSync(below);
  for (const mode of [0o777, 0o757]) {
    chmodSync(folder, mode);
    refused(join(below, 'x.prom'), /-output-\w+: refused, .*others than root can write it/, /below\/$/);
  }
  for (const mode of [0o1777, 0o755]) {
    chmodSync(folder, mode);
    writeOutput(join(below, 'x.prom'), `${head} 1\n`, head);
  }
  writeOutput(file, `${head} 1\n`, head);
});

const asRoot = unless(needsRoot());

asRoot('nor one of a user, one below it, or one that a symlink of his leads to', () => {
  const theirs = join(folder, 'theirs');
  mkdirSync(join(theirs, 'ours'), { recursive: true });
  chownSync(theirs, 1234, 1234);
  refused(join(theirs, 'x.prom'), /theirs: refused, .*owner 1234/, /ln -s/);
  refused(join(theirs, 'ours/x.prom'), /theirs: refused/, /ln -s/);
  mkdirSync(join(folder, 'real'));
  symlinkSync(join(folder, 'real'), join(theirs, 'link'));
  refused(join(theirs, 'link/x.prom'), /theirs: refused/, /ln -s/);
  symlinkSync(join(folder, 'real'), join(folder, 'link'));
  writeOutput(join(folder, 'link/x.prom'), `${head} 1\n`, head);
  assert.ok(statSync(join(folder, 'real/x.prom')).isFile());
  const shared = join(folder, 'shared');
  mkdirSync(shared);
  chownSync(shared, 0, 1234);
  chmodSync(shared, 0o2775);
  refused(join(shared, 'x.prom'), /shared: refused, .*group 1234/, /ln -s/);
});

asRoot(
  'in a sticky folder of all a symlink of a user is one that he can lead elsewhere, and root’s is not',
  () => {
    const [shared, link, elsewhere] = ['shared', 'shared/link', 'real'].map((name) => join(folder, name));
    assert.ok(shared && link && elsewhere);
    for (const made of [shared, elsewhere]) mkdirSync(made);
    chmodSync(shared, 0o1777);
    symlinkSync(elsewhere, link);
    writeOutput(join(link, 'x.prom'), `${head} 1\n`, head);
    lchownSync(link, 1234, 1234);
    refused(join(link, 'x.prom'), /shared: refused, .*others than root/, /ln -s/);
    const ours = join(shared, 'ours');
    mkdirSync(ours);
    writeOutput(join(ours, 'x.prom'), `${head} 1\n`, head);
    rmSync(link);
    symlinkSync(ours, link);
    writeOutput(join(link, 'x.prom'), `${head} 2\n`, head);
    lchownSync(link, 1234, 1234);
    refused(join(link, 'x.prom'), /shared: refused, .*others than root/, /ln -s/);
    assert.is(readFileSync(join(ours, 'x.prom'), 'utf8'), `${head} 2\n`, 'not even where it leads to ours');
  },
);

test('no file of ours is written through what somebody has laid in its way', () => {
  const target = join(folder, 'target');
  writeFileSync(target, 'theirs');
  symlinkSync(target, `${file}.next`);
  writeWhole(file, 'ours');
  assert.is(readFileSync(target, 'utf8'), 'theirs');
  assert.is(readFileSync(file, 'utf8'), 'ours');
  assert.ok(lstatSync(file).isFile());
});

test.run();
