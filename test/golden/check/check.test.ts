// One folder for each thing that can be wrong with a configuration: what `check` says about it, byte for
// byte. UPDATE_GOLDEN=1 writes what it says now; read it before committing, it is what people will read.
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readConfig } from '../../../src/config/read-config.ts';
import { ConfigError, type Problem } from '../../../src/system/errors.ts';
import { formatProblem } from '../../../src/report/problems.ts';

const here = import.meta.dirname;

for (const name of readdirSync(here).filter((entry) => /^\d\d-/.test(entry))) {
  test(name, () => {
    const expected = join(here, name, 'stderr');
    const said = check(join(here, name))
      .map((problem) => `${formatProblem(problem)}\n`)
      .join('');
    if (process.env.UPDATE_GOLDEN) writeFileSync(expected, said);
    assert.ok(existsSync(expected), 'UPDATE_GOLDEN=1 writes the missing stderr');
    assert.is(said, readFileSync(expected, 'utf8'));
  });
}

/** Works on a copy: whoever owns the checkout may be someone whose files virt-shaper refuses. */
function check(folder: string): Problem[] {
  const root = mkdtempSync(join(tmpdir(), 'virt-shaper-check-'));
  try {
    cpSync(folder, root, { recursive: true });
    return readConfig({ file: 'config.toml', root }).warnings;
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  } finally {
    rmSync(root, { recursive: true });
  }
}

test.run();
