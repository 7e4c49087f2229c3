// One version, wherever it is written: packages, changelogs, man pages, and what --version says.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { makeProgram } from '../../../src/cli/program.ts';

const top = fileURLToPath(new URL('../../..', import.meta.url));
const read = (file: string) => readFileSync(join(top, file), 'utf8');
const { version } = JSON.parse(read('package.json'));

/** Each with the first version that its file names: the newest that is released, in a changelog. */
const places: Record<string, RegExp> = {
  'package-lock.json': /^ {2}"version": "(.*)",$/m,
  'CHANGELOG.md': /^## (\S+) \((?!unreleased\))/m,
  'packaging/debian/changelog': /^virt-shaper \((.*)\) /m,
  'packaging/rpm/virt-shaper.spec': /^Version: +(\S+)$/m,
};
const changelogOfSpec = /^%changelog\n\* .* - (.*)-1$/m;

for (const [file, pattern] of Object.entries(places)) {
  test(`${file} has the version of package.json`, () => {
    assert.is(read(file).match(pattern)?.[1], version);
  });
}

test('toml is of one version only: two of its private files are imported (src/toml/internals.d.ts)', () => {
  assert.match(JSON.parse(read('package.json')).dependencies.toml, /^\d+\.\d+\.\d+$/);
});

test('the changelog of the .rpm has it too', () => {
  assert.is(read('packaging/rpm/virt-shaper.spec').match(changelogOfSpec)?.[1], version);
});

for (const page of ['man/virt-shaper.8', 'man/virt-shaper.toml.5']) {
  test(`${page} has it, if it names one`, () => {
    assert.ok(existsSync(join(top, page)), 'the packages have it');
    const title =
      read(page)
        .match(/^\.(?:TH|Os) .*$/gm)
        ?.join(' ') ?? '';
    for (const [named] of title.matchAll(/\d+\.\d+\.\d+/g)) assert.is(named, version);
  });
}

test('what is to be typed in README.md and docs names packages of it', () => {
  const pages = ['README.md', ...readdirSync(join(top, 'docs')).map((name) => `docs/${name}`)];
  const named = pages
    .filter((page) => page.endsWith('.md'))
    .flatMap((page) => read(page).match(/virt-shaper(?:-selinux)?[-_]\d+\.\d+\.\d+/g) ?? []);
  assert.ok(named.length > 0);
  assert.equal(
    named.filter((name) => !name.endsWith(version)),
    [],
  );
});

test('--version says it', () => {
  assert.is(makeProgram().version(), version);
});

test.run();
