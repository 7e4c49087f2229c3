// Folders that several processes make at once, as the hooks of the first guests after a boot do.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { makeFolder } from '../../src/folders.ts';

const [, , root = '', beginning = ''] = process.argv;
if (beginning !== '') makeMany(Number(beginning));

/** @param beginning of each, in ms: all begin together */
function makeMany(beginning: number): void {
  for (let count = 0; count < 60; count += 1) {
    const due = beginning + Math.floor(count / 10) * 20;
    while (Date.now() < due);
    makeFolder(join(root, `${count}`, 'run', 'virt-shaper', 'guests'));
  }
  process.exit();
}

test('each of several processes that make a folder and those above it finds it there', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'virt-shaper-files-'));
  const self = fileURLToPath(import.meta.url);
  const args = ['--import', 'tsx', self, folder, `${Date.now() + 3000}`];
  const ended = Array.from({ length: 4 }, () => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (text) => (said += text));
    return new Promise<string>((done) => child.once('close', (status) => done(`${status} ${said}`)));
  });
  assert.equal(await Promise.all(ended), ['0 ', '0 ', '0 ', '0 ']);
  rmSync(folder, { recursive: true });
});

test.run();
