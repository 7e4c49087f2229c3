// Whether what the packages ask for is there on distributions that are not to be had here: their versions, as stand-ins
// of the same names, for apt's and rpm's own judgement. docs/nodes.md says where the versions were read.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cache, outside, packagesIn } from '../machine.ts';

const folder = mkdtempSync(join(tmpdir(), 'virt-shaper-dependencies-'));
test.after(() => rmSync(folder, { recursive: true }));
const page = readFileSync('docs/nodes.md', 'utf8');

const debians: [string, Record<string, string>][] = [
  ['Debian 12', { nodejs: '18.20.4+dfsg-1~deb12u1', 'util-linux': '2.38.1-5+deb12u3' }],
  ['Debian 12, as it came', { nodejs: '18.13.0+dfsg1-1', 'util-linux': '2.38.1-5+b1' }],
  ['Debian 13', { nodejs: '20.19.2+dfsg-1', 'util-linux': '2.41-5' }],
  ['Ubuntu 24.04', { nodejs: '18.19.1+dfsg-6ubuntu5', 'util-linux': '2.39.3-9ubuntu6' }],
  ['Ubuntu 26.04', { nodejs: '22.22.0+dfsg-1ubuntu1', 'util-linux': '2.41.2-4ubuntu1' }],
];

for (const [name, versions] of debians) {
  test(`the .deb finds what it needs on ${name}`, () => {
    assert.is(unmetOfDeb(versions), '');
    inDocs(name, versions.nodejs);
  });
}

test('the .deb does not take Ubuntu 22.04 with its Node.js 12', () => {
  assert.match(unmetOfDeb({ nodejs: '12.22.9~dfsg-1ubuntu3', 'util-linux': '2.37.2-4ubuntu3' }), /nodejs/);
});

/** Names and versions of packages, with what else one of them provides. */
const fedoras: [string, string, string[]][] = [
  ['RHEL 9', '1:18.20.8', ['nodejs']],
  ['RHEL 9', '1:20.19.2', ['nodejs']],
  ['RHEL 9', '1:22.16.0', ['nodejs']],
  ['RHEL 10', '1:22.16.0', ['nodejs']],
  ['Fedora 43', '1:22.19.0', ['nodejs']],
  ['Fedora 44', '1:22.22.0', ['nodejs22']],
  ['Fedora 44', '1:24.13.1', ['nodejs24']],
];

for (const [name, version, [node = '']] of fedoras) {
  test(`the .rpm finds what it needs on ${name} with ${node} ${version}`, () => {
    assert.is(unmetOfRpm(node, version), '');
    inDocs(name, version.slice(2));
  });
}

test('the .rpm does not take the Node.js 16 of RHEL 9', () => {
  assert.match(unmetOfRpm('nodejs', '1:16.20.2'), /nodejs >= 1:18\.13/);
});

function inDocs(name: string, version = ''): void {
  const [head = ''] = name.split(',');
  const row = page.split('\n').find((line) => line.startsWith(`| ${head} `)) ?? '';
  const [short = ''] = version.match(/^\d+/) ?? [];
  assert.ok(row.includes(short), `docs/nodes.md: ${head} has no ${short}`);
}

/** apt's own words, of a host that has nothing but stand-ins and no mirror. */
function unmetOfDeb(versions: Record<string, string>): string {
  const root = mkdtempSync(join(folder, 'deb-'));
  mkdirSync(join(root, 'lists/partial'), { recursive: true });
  const all = { nftables: '1.0', iproute2: '6.1', ...versions };
  const stanzas = Object.entries(all).map(
    ([name, version]) => `Package: ${name}
Status: install ok installed
Maintainer: nobody <nobody@localhost>
Architecture: amd64
Version: ${version}
Description: stand-in
`,
  );
  writeFileSync(join(root, 'status'), stanzas.join('\n'));
  const [deb = ''] = packagesIn(join(cache, 'built'), 'deb');
  const own = [`State::status=${root}/status`, `State::lists=${root}/lists`, `Cache=${root}`].map(
    (of) => `-o Dir::${of}`,
  );
  const none = '-o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts=/dev/null';
  return refusal(`apt-get ${own.join(' ')} ${none} --simulate install ${deb}`, /Depends: .*/g);
}

function unmetOfRpm(node: string, version: string): string {
  const root = mkdtempSync(join(folder, 'rpm-'));
  const others = [
    'nftables',
    'iproute',
    'iproute-tc',
    'util-linux',
    'bash',
    ...(node === 'nodejs' ? [] : ['nodejs']),
  ];
  const stand = [
    standIn(root, node, version, '/usr/bin/node'),
    // Of the package that only leads to another, nobody says which version it has.
    ...others.map((name) => standIn(root, name, '1', name === 'bash' ? '/bin/sh' : name)),
  ];
  const [rpm = ''] = packagesIn(join(cache, 'built'), 'rpm');
  return refusal(
    `rpm --root ${root}/root --dbpath /var/lib/rpm --test -i ${stand.join(' ')} ${rpm}`,
    /\S.* is needed by .*/g,
  );
}

/** @returns the file of a package without files. @param version with an epoch or without */
function standIn(root: string, name: string, version: string, provides: string): string {
  const [, epoch = '0', plain = ''] = version.match(/^(?:(\d+):)?(.*)$/) ?? [];
  const spec = join(root, `${name}.spec`);
  writeFileSync(
    spec,
    `Name: ${name}\nVersion: ${plain}\nRelease: 1\nEpoch: ${epoch}\nSummary: stand-in\nLicense: MIT\nBuildArch: noarch
Provides: ${provides}\n%description\nstand-in\n%files\n`,
  );
  outside(`mkdir -p ${root}/root; rpmbuild -bb --define '_topdir ${root}' ${spec} >${root}/log 2>&1`);
  return join(root, 'RPMS/noarch', `${name}-${plain}-1.noarch.rpm`);
}

/** @returns the lines of what it prints that say what is missing, and all of it where it fails without any */
function refusal(command: string, missing: RegExp): string {
  const printed = outside(`${command} 2>&1 || echo 'status' $?`);
  const lines = printed.match(missing)?.join('\n') ?? '';
  return lines === '' && printed.includes('status') ? printed : lines;
}

test.run();
