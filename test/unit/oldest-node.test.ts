// The oldest Node.js that the packages ask for is written in one way everywhere, and the built program has nothing that
// came after it. esbuild takes care of syntax and knows no library, so methods younger than V8 10.2 are looked for here by
// name. What modules of Node.js export is asked of itself (test/kernel/node.test.ts).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { versions } from '../nodes/fetch.ts';

const top = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string) => readFileSync(join(top, file), 'utf8');
const oldest: string = JSON.parse(read('package.json')).engines.node.replace('>=', '');

/** Methods, and functions with what they belong to. */
const younger = [
  ...['toSorted', 'toReversed', 'toSpliced', 'isWellFormed', 'toWellFormed', 'isSubsetOf', 'isSupersetOf'],
  ...['isDisjointFrom', 'symmetricDifference', 'drop', 'take', 'getOrInsert', 'getOrInsertComputed'],
].map((method) => `.${method}(`);
const functions = [
  ...[
    'Object.groupBy',
    'Map.groupBy',
    'Array.fromAsync',
    'Promise.withResolvers',
    'Promise.try',
    'RegExp.escape',
  ],
  ...[
    'Iterator.from',
    'Error.isError',
    'URL.canParse',
    'URL.parse',
    'Intl.DurationFormat',
    'Math.sumPrecise',
  ],
  ...['Symbol.dispose', 'Symbol.asyncDispose', 'AbortSignal.any', 'import.meta', 'process.getBuiltinModule'],
];

test('packages ask for the same, and the build makes it so', () => {
  assert.match(read('build/build.js'), /target: .node\$\{engines\.node\.slice/);
  assert.match(read('packaging/debian/control'), `, nodejs (>= ${oldest}),`);
  assert.match(read('packaging/rpm/virt-shaper.spec'), `\nRequires:       (nodejs >= 1:${oldest} or `);
  assert.match(read('src/doctor/tools.ts'), `Node.js ${oldest} or newer`);
  assert.match(read('README.md'), `Node.js ${oldest} or newer`);
});

test("V8's flags are told to no Node.js that was not tried, and to all that were", () => {
  const newest = versions.at(-1)?.split('.')[0];
  assert.match(read('src/launch.ts'), `const newest = ${newest};`);
  assert.is(versions[0]?.replace(/\.0$/, ''), oldest);
});

test('docs/nodes.md names the version of each library that an older Node.js keeps back', () => {
  const { packages } = JSON.parse(read('package-lock.json'));
  const row = /^ *\| (execa|string-width|commander|toml) \| (\S+) \|/gm;
  const named = [...read('docs/nodes.md').matchAll(row)].map(([, name = '', version = '']) => [
    name,
    version,
  ]);
  assert.is(named.length, 4);
  const used = (name = '') => packages[`node_modules/${name}`].version.replace(/\.\d+$/, '');
  for (const [name, version] of named) assert.is(used(name), version, name);
  // Those that the next major version asks more of Node.js than we do.
  assert.equal(
    ['execa', 'string-width', 'commander'].map((name) => `${name} ${used(name).split('.')[0]}`),
    [...read('CONTRIBUTING.md').matchAll(/`(execa|string-width|commander)` (\d+)/g)].map(
      ([, name, major]) => `${name} ${major}`,
    ),
  );
});

for (const file of ['program.js', 'hook.js', 'virt-shaper.js']) {
  test(`dist/${file} calls nothing that Node.js ${oldest} lacks`, () => {
    const program = read(`dist/${file}`);
    assert.equal(
      [...younger, ...functions].filter((name) => program.includes(name)),
      [],
    );
    assert.equal(program.match(/RegExp\([^\n]*, ["']\w*v\w*["']\)/g), null, 'regular expressions with /v');
  });
}

test.run();
