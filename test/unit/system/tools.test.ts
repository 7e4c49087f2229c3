// Whether a tool is there at all.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { hasTool } from '../../../src/system/exec.ts';

test('a tool is looked for in the folders of the PATH and of root', () => {
  const folder = mkdtempSync(join(tmpdir(), 'virt-shaper-tool-'));
  const before = process.env.PATH;
  try {
    const name = 'virt-shaper-no-such-tool';
    process.env.PATH = `/nowhere::${folder}`;
    assert.not.ok(hasTool(name));
    writeFileSync(join(folder, name), '');
    chmodSync(join(folder, name), 0o755);
    assert.ok(hasTool(name));
    mkdirSync(join(folder, 'other'));
    process.env.PATH = '';
    assert.not.ok(hasTool(name), 'no folder is not the one we are in');
    assert.ok(hasTool('sh'));
  } finally {
    process.env.PATH = before;
    rmSync(folder, { recursive: true });
  }
});

test.run();
