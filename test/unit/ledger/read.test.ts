// The ledger's folder: which months it has, and what is said of a file that is damaged or of a newer version.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { listMonths, monthFile, readMonth, readRunningMonth, runningFile } from '../../../src/ledger/read.ts';

const folder = mkdtempSync(join(tmpdir(), 'virt-shaper-ledger-'));
test.after(() => rmSync(folder, { recursive: true }));
const put = (name: string, text: string) => writeFileSync(join(folder, name), text);

test('the months in order, and nothing else that lies there', () => {
  assert.equal(listMonths(folder), []);
  const months = ['2026-02', '2025-12', '2026-11', '2026-01'];
  for (const month of months) put(monthFile(month), '{}');
  for (const name of [
    runningFile,
    '2026-03.json.damaged',
    '2026-3.json',
    'x2026-04.json',
    '.2026-05.json.next',
  ])
    put(name, '{}');
  assert.equal(listMonths(folder), ['2025-12', '2026-01', '2026-02', '2026-11']);
  assert.equal(listMonths(join(folder, 'none')), []);
});

test('a file that is damaged or newer is named, with what that costs', () => {
  put(monthFile('2026-01'), '{');
  assert.equal(readMonth(folder, '2026-01'), {
    trouble: {
      file: join(folder, '2026-01.json'),
      kind: 'damaged',
      text: `${folder}/2026-01.json is damaged: what was counted in it is lost`,
    },
  });
  put(runningFile, '{"version":9}');
  const { trouble, text } = readRunningMonth(folder);
  assert.equal(
    [trouble?.kind, trouble?.text, text],
    ['newer', `${folder}/now.json is of a newer virt-shaper: nothing is counted in it`, '{"version":9}'],
  );
  assert.equal(
    [readMonth(folder, '1999-01'), readRunningMonth(join(folder, 'none'))],
    [{}, {}],
    'what is not there is no trouble',
  );
});

test.run();
