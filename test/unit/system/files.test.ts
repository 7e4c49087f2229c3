// Folders and files that several processes make at once, as the hooks of the first guests after a boot do.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { writeUnlocked } from '../../../src/system/files.ts';
import { makeFolder } from '../../../src/system/folders.ts';

const makers: Record<string, (root: string, count: number) => void> = {
  folders: (root, count) => makeFolder(join(root, `${count}`, 'run', 'virt-shaper', 'guests')),
  file: (root, count) => writeUnlocked(join(root, 'file'), `${count}`.repeat(1000)),
};

const [, , root = '', maker = '', beginning = ''] = process.argv;
if (beginning !== '') makeMany(Number(beginning));

/** @param beginning of each, in ms: all begin together */
function makeMany(beginning: number): void {
  for (let count = 0; count < 60; count += 1) {
    const due = beginning + Math.floor(count / 10) * 20;
    while (Date.now() < due);
    makers[maker]?.(root, count);
  }
  process.exit();
}

/** @returns of each process its status and what it said */
function makeTogether(folder: string, what: string): Promise<string[]> {
  const self = fileURLToPath(import.meta.url);
  const args = ['--import', 'tsx', self, folder, what, `${Date.now() + 3000}`];
  const ended = Array.from({ length: 4 }, () => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (text) => (said += text));
    return new Promise<string>((done) => child.once('close', (status) => done(`${status} ${said}`)));
  });
  return Promise.all(ended);
}

test('each of several processes that make a folder and those above it finds it there', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'virt-shaper-files-'));
  assert.equal(await makeTogether(folder, 'folders'), ['0 ', '0 ', '0 ', '0 ']);
  rmSync(folder, { recursive: true });
});

test("several processes that write one file without a lock are not in each other's way", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'virt-shaper-files-'));
  assert.equal(await makeTogether(folder, 'file'), ['0 ', '0 ', '0 ', '0 ']);
  assert.is(readFileSync(join(folder, 'file'), 'utf8'), '59'.repeat(1000));
  assert.equal(readdirSync(folder), ['file']);
  rmSync(folder, { recursive: true });
});

test.run();
