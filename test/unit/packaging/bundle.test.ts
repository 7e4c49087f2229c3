// What is installed of the libraries is what runs: their comments are left out of the bundle.
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const path = /^\s*\/\/ (?:src|node_modules|lazy:)\S*$/m;

for (const name of ['program.js', 'hook.js']) {
  test(`${name} has no comments of libraries`, () => {
    const text = readFileSync(new URL(`../../../dist/${name}`, import.meta.url), 'utf8');
    const places = text.split('\n').filter((line) => path.test(line));
    const libraries = text.split(path).filter((_, index) => places[index - 1]?.includes(' node_modules/'));
    assert.ok(libraries.length > 50, 'as the build writes them');
    assert.equal(
      libraries.flatMap((library) => library.match(/^\s*(\/\*\*|\*) .*$/gm) ?? []),
      [],
    );
  });
}

test.run();
