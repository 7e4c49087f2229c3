// Each folder: bandwidth.conf -> config.toml and stderr, byte for byte. UPDATE_GOLDEN=1 writes them anew.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { importBandwidthConf } from '../../../src/import/bandwidth-conf.ts';
import { formatProblem } from '../../../src/report/problems.ts';

const test = suite('import, golden');
const here = new URL('.', import.meta.url);

for (const folder of readdirSync(here).filter((name) => /^\d\d-/.test(name))) {
  test(folder, () => {
    const read = (name: string) => readFileSync(new URL(`${folder}/${name}`, here), 'utf8');
    const { toml, problems } = importBandwidthConf(read('bandwidth.conf'), 'bandwidth.conf');
    const actual = { 'config.toml': toml, stderr: problems.map((problem) => `${formatProblem(problem)}\n`).join('') };

    for (const [name, text] of Object.entries(actual)) {
      if (process.env.UPDATE_GOLDEN) writeFileSync(new URL(`${folder}/${name}`, here), text);
      assert.is(text, read(name), `${folder}/${name}`);
    }
    assert.not(existsSync('/tmp/virt-shaper-import-ran'));
  });
}

test.run();
