// node packaging/licences.js METAFILE [FOLDER]   prints who holds the rights in what virt-shaper installs, in Debian's
// machine-readable format: virt-shaper itself and every npm package that the build took something from, with the
// whole text of its licence, or where the distribution has its own in FOLDER. Stops at a licence that is not known
// here, since the packages name them all (allowed, below).

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the spec and README say the packages hold. By SPDX's names. */
const allowed = ['MIT', 'ISC', 'Apache-2.0', 'BSD-3-Clause'];

const [, , metafile, common] = process.argv;
if (!metafile) throw new Error('usage: node packaging/licences.js METAFILE [FOLDER]');
const { outputs } = JSON.parse(readFileSync(metafile, 'utf8'));
const own = readFileSync('LICENSE', 'utf8');

console.log(`Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: virt-shaper
Comment: /usr/lib/virt-shaper holds parts of the npm packages named node_modules/... below.

${stanza('*', noticesOf(own), 'MIT', own)}`);
for (const folder of bundledPackages()) console.log(`\n${describe(folder)}`);

/** Only what is really in the output: esbuild drops what nobody uses. */
function bundledPackages() {
  const inputs = Object.values(outputs).flatMap((output) =>
    Object.entries(output.inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  );
  const folders = inputs.flatMap(
    (path) => path.match(/^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0] ?? [],
  );
  return [...new Set(folders)].sort();
}

function describe(folder) {
  const { name, version, license, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if (!allowed.includes(license))
    throw new Error(`${name} has the licence ${license}: see packaging/licences.js`);
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
  // A package that only names its licence: MIT has one text.
  const mit = license === 'MIT' ? own.slice(own.indexOf('Permission is')) : undefined;
  const text = file ? readFileSync(join(folder, file), 'utf8') : mit;
  if (text === undefined) throw new Error(`${name} comes without the text of its licence`);
  const notices = noticesOf(text);
  const holders = notices.length > 0 ? notices : [`the authors of ${name}, ${nameOf(author)}`];
  const there = license === 'Apache-2.0' && common ? `The text is in ${common}/${license}` : text;
  return `${stanza(`${folder}/*`, holders, license, there)}\nComment: ${name} ${version}`;
}

function nameOf(author) {
  return (typeof author === 'string' ? author : author?.name) ?? 'see its package.json';
}

function noticesOf(text) {
  const lines = text.split('\n').map((line) => line.trim());
  return lines
    .filter((line) => /^copyright (?:\(c\)|©|[0-9])/i.test(line))
    .map((line) => line.replace(/^copyright\s+/i, ''));
}

function stanza(files, holders, name, text) {
  const lines = text
    .trim()
    .split('\n')
    .map((line) => (line.trim() === '' ? ' .' : ` ${line.trimEnd()}`));
  return `Files: ${files}\nCopyright: ${holders.join('\n           ')}\nLicense: ${name}\n${lines.join('\n')}`;
}
