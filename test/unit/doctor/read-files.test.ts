// How doctor reads whether our folders take files: of the folder, or of the nearest above it that is there.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readFilesFacts } from '../../../src/doctor/read/files.ts';
import { makePaths } from '../../../src/store/paths.ts';
import type { Outcome, Run } from '../../../src/system/exec.ts';

let root: string;
test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'virt-shaper-doctor-'));
});
test.after.each(() => rmSync(root, { recursive: true }));

const roomy = '1000 4096 500 100';

/** @param answer what stat prints: free blocks, their size, inodes, free ones. @returns what was asked, and of which folders room is missing */
async function read(answer: string | Partial<Outcome> | ((place: string) => string)) {
  const asked: string[] = [];
  const run: Run = async (tool, args) => {
    const place = args.at(-1) ?? '';
    asked.push([tool, ...args.slice(0, -1), place.slice(root.length)].join(' '));
    const printed = typeof answer === 'function' ? answer(place) : answer;
    const outcome = typeof printed === 'string' ? { stdout: `${printed}\n` } : printed;
    return { status: 0, stdout: '', stderr: '', ...outcome };
  };
  const facts = await readFilesFacts(run, makePaths({ root }));
  const full = facts.folders.filter(({ code }) => code === 'ENOSPC').map(({ kind }) => kind);
  return { ...facts, asked: asked.map((one) => one.replace(`stat -f -c %f %S %c %d `, '')), full };
}

test('a folder that is not there yet is judged by the nearest above it, however far', async () => {
  const { ids, rules, guests } = makePaths({ root });
  assert.equal((await read(roomy)).asked, ['', '', '']);
  mkdirSync(join(root, 'var/lib'), { recursive: true });
  mkdirSync(join(root, 'run'));
  assert.equal((await read(roomy)).asked, ['/var/lib', '/var/lib', '/run']);
  for (const folder of [dirname(ids), rules, dirname(guests)]) mkdirSync(folder, { recursive: true });
  assert.equal((await read(roomy)).asked, [
    '/var/lib/virt-shaper',
    '/var/lib/virt-shaper/rules.d',
    '/run/virt-shaper',
  ]);
});

test('one has no room where its file system has less than 64 KiB, or no inode left; btrfs counts none', async () => {
  const both = ['lasting', 'of this boot'];
  for (const [answer, full] of [
    [roomy, []],
    ['16 4096 500 100', []],
    ['15 4096 500 100', both],
    ['0 4096 500 100', both],
    ['1000 4096 500 0', both],
    ['1000 4096 0 0', []],
    ['15 4096 0 0', both],
  ] as const)
    assert.equal((await read(answer)).full, full, answer);
});

test('where nobody can tell how much room there is, none is said to be missing', async () => {
  assert.equal((await read({ status: 1, stderr: 'stat: cannot read' })).full, []);
  assert.equal((await read({ status: 1, stdout: '0 4096 500 0\n' })).full, []);
});

test('of our folders on one file system one is named, and each kind by itself', async () => {
  const { ids, rules, guests } = makePaths({ root });
  for (const folder of [dirname(ids), rules, dirname(guests)]) mkdirSync(folder, { recursive: true });
  const full = '0 4096 500 100';
  const named = async (isFull: (place: string) => boolean) => {
    const { folders } = await read((place) => (isFull(place) ? full : roomy));
    return folders.filter(({ code }) => code).map(({ path }) => path);
  };
  assert.equal(await named(() => true), [dirname(ids), dirname(guests)]);
  assert.equal(await named((place) => place === rules), [rules]);
  assert.equal(await named((place) => place === dirname(guests)), [dirname(guests)]);
});

test('files that are damaged are told: what is set for now, ids, the ledger', async () => {
  const paths = makePaths({ root });
  const none = await read(roomy);
  assert.equal([none.overrides, none.ids, none.ledger], [undefined, undefined, []]);
  mkdirSync(paths.usage, { recursive: true });
  for (const file of [
    paths.overrides,
    paths.ids,
    join(paths.usage, 'now.json'),
    join(paths.usage, '2026-10.json'),
  ])
    writeFileSync(file, '{', { mode: 0o600 });
  const all = await read(roomy);
  assert.match(all.overrides ?? '', 'overrides.json is damaged');
  assert.match(all.ids ?? '', 'ids.json is damaged');
  assert.equal(
    all.ledger.map(({ kind }) => kind),
    ['damaged', 'damaged'],
  );
});

test.run();
