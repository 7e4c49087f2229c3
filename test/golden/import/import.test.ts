// Each folder: its files, whatever they are -> config.toml and stderr, byte for byte. UPDATE_GOLDEN=1 writes them
// anew.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { importFiles } from '../../../src/import/import.ts';
import { formatProblem } from '../../../src/report/problems.ts';

const test = suite('import, golden');
const here = new URL('.', import.meta.url);

for (const folder of readdirSync(here).filter((name) => /^\d\d-/.test(name))) {
  test(folder, () => {
    const read = (name: string) => readFileSync(new URL(`${folder}/${name}`, here), 'utf8');
    const names = readdirSync(new URL(folder, here)).filter((name) => !['config.toml', 'stderr'].includes(name));
    const files = names.sort().map((name) => ({ name, text: read(name) }));
    const { toml, problems } = importFiles(files);
    const actual = { 'config.toml': toml, stderr: problems.map((problem) => `${formatProblem(problem)}\n`).join('') };

    for (const [name, text] of Object.entries(actual)) {
      if (process.env.UPDATE_GOLDEN) writeFileSync(new URL(`${folder}/${name}`, here), text);
      assert.is(text, read(name), `${folder}/${name}`);
    }
    assert.not(existsSync('/tmp/virt-shaper-import-ran'));
  });
}

test.run();
