// What reaches the journal and the terminal: priorities only where the journal reads them, progress only where
// somebody waits.
import { spawnSync } from 'node:child_process';
import { closeSync, fstatSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { withPriority } from '../../../src/system/speak.ts';

const module = fileURLToPath(new URL('../../../src/system/speak.ts', import.meta.url));
const script = `import { clearProgress, showProgress, speak } from ${JSON.stringify(module)};
showProgress('reading ...'); speak('info', 'one\\ntwo'); speak('warning', 'three'); speak('error', 'four'); clearProgress();`;

/** What the script writes to stderr, a file. @param journal what JOURNAL_STREAM says, given that file */
function said(journal: (file: { dev: number; ino: number }) => string | undefined): string {
  const folder = mkdtempSync(join(tmpdir(), 'virt-shaper-speak-'));
  const fd = openSync(join(folder, 'stderr'), 'w');
  const stream = journal(fstatSync(fd));
  const env = { PATH: process.env.PATH ?? '', ...(stream ? { JOURNAL_STREAM: stream } : {}) };
  const args = ['--import', 'tsx', '--input-type=module', '-e', script];
  spawnSync(process.execPath, args, { env, stdio: ['ignore', 'ignore', fd] });
  closeSync(fd);
  const text = readFileSync(join(folder, 'stderr'), 'utf8');
  rmSync(folder, { recursive: true });
  return text;
}

test('the journal is given the priority of each line', () => {
  assert.is(
    said(({ dev, ino }) => `${dev}:${ino}`),
    '<6>one\n<6>two\n<4>three\n<3>four\n',
  );
});

test('everybody else is not, also when stderr was led away from the journal', () => {
  for (const journal of [undefined, '1:1', ''])
    assert.is(
      said(() => journal),
      'one\ntwo\nthree\nfour\n',
    );
});

test('every line of a text has its priority, an empty one too', () => {
  assert.is(withPriority('debug', 'a\n\nb'), '<7>a\n<7>\n<7>b');
});

test.run();
