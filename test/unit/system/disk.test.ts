// What is promised of the disk: new text is on it before it takes the old one's place, and the place before anybody is
// told; whatever fails, the old one stays and nothing is left beside it.
import fs, { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Failure } from '../../../src/system/errors.ts';
import { writeIfChanged, writeNew, writeTogether, writeWhole } from '../../../src/system/files.ts';

let folder: string;
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'virt-shaper-disk-'));
});
test.after.each(() => rmSync(folder, { recursive: true }));

const watched = ['writeSync', 'fsyncSync', 'renameSync', 'linkSync'] as const;

/** @returns what was done, in order, by name of the file or folder */
function watch(work: () => void, failing?: string): string[] {
  const done: string[] = [];
  const opened = new Map<number, string>();
  const real = { openSync: fs.openSync, ...Object.fromEntries(watched.map((name) => [name, fs[name]])) };
  const open = ((path: string, ...more: [flags: string]) => {
    const fd = real.openSync(path, ...more);
    opened.set(fd, basename(path));
    return fd;
  }) as typeof fs.openSync;
  const others = Object.fromEntries(
    watched.map((name) => [
      name,
      (first: string | number, ...more: unknown[]) => {
        const on = typeof first === 'number' ? opened.get(first) : basename(first);
        done.push(`${name.slice(0, -4)} ${on}`);
        if (done.at(-1) === failing)
          throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
        return (real as unknown as Record<string, (...given: unknown[]) => unknown>)[name]?.(first, ...more);
      },
    ]),
  );
  Object.assign(fs, { openSync: open }, others);
  syncBuiltinESMExports();
  try {
    work();
  } finally {
    Object.assign(fs, real);
    syncBuiltinESMExports();
  }
  return done;
}

test('written, synced, renamed, the folder synced', () => {
  const here = basename(folder);
  const done = watch(() => writeWhole(join(folder, 'a'), 'text', 0o600));
  assert.equal(done, ['write a.next', 'fsync a.next', 'rename a.next', `fsync ${here}`]);
  assert.is(statSync(join(folder, 'a')).mode & 0o777, 0o600);
});

test('none of several takes its place before all are on the disk', () => {
  const files = ['a', 'b'].map((name) => ({ file: join(folder, name), text: name }));
  const done = watch(() => writeTogether(files));
  assert.equal(done.slice(0, 4), ['write a.next', 'write b.next', 'fsync a.next', 'fsync b.next']);
  assert.equal(done.slice(4, 6), ['rename a.next', 'rename b.next']);
  assert.equal(done.length, 7);
});

test('a new file never takes the place of one that is there', () => {
  const file = join(folder, 'a');
  const done = watch(() => assert.is(writeNew(file, 'one'), true));
  assert.equal(done.slice(0, 3), ['write a.next', 'fsync a.next', 'link a.next']);
  assert.is(writeNew(file, 'two'), false);
  assert.is(readFileSync(file, 'utf8'), 'one');
  assert.equal(readdirSync(folder), ['a']);
});

test('a disk that is full leaves what was there', () => {
  for (const failing of ['write b.next', 'fsync a.next', 'fsync b.next', 'rename a.next']) {
    for (const name of ['a', 'b']) writeFileSync(join(folder, name), 'old');
    const files = ['a', 'b'].map((name) => ({ file: join(folder, name), text: 'new' }));
    let error: unknown;
    watch(() => {
      try {
        writeTogether(files);
      } catch (caught) {
        error = caught;
      }
    }, failing);
    assert.instance(error, Failure, failing);
    assert.match((error as Failure).message, /cannot be written: ENOSPC/);
    assert.equal(readdirSync(folder), ['a', 'b'], failing);
    assert.equal(
      ['a', 'b'].map((name) => readFileSync(join(folder, name), 'utf8')),
      ['old', 'old'],
      failing,
    );
  }
});

test('what is the same is not written again', () => {
  const file = join(folder, 'a');
  assert.is(writeIfChanged(file, 'one'), true);
  assert.equal(
    watch(() => assert.is(writeIfChanged(file, 'one'), false)),
    [],
  );
  assert.is(writeIfChanged(file, 'two'), true);
});

test.run();
