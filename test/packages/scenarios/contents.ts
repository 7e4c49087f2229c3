// What is in the packages: the same bytes from the same commit, the same files in both, no more than 5 MB.
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cache, outside, packagesIn } from '../machine.ts';

const one = (kind: string) => packagesIn(join(cache, 'built'), kind)[0] ?? '';
const { version, engines } = JSON.parse(readFileSync('package.json', 'utf8'));

test('two builds of one commit are the same, byte for byte', () => {
  const built = ['deb', 'rpm'].flatMap((kind) => packagesIn(join(cache, 'built'), kind));
  assert.is(built.length, 3, 'a .deb, an .rpm, and its SELinux module');
  for (const file of built) {
    const again = readFileSync(join(cache, 'again', basename(file)));
    assert.ok(readFileSync(file).equals(again), `${basename(file)} differs`);
  }
});

test('both have what belongs to an installation, with modes that are the packages own', () => {
  const deb = debFiles();
  const rpm = rpmFiles();
  for (const path of wanted) {
    assert.is(deb.get(path), '-rw-r--r--', `.deb: ${path}`);
    assert.is(rpm.get(rpmPath(path)), '-rw-r--r--', `.rpm: ${path}`);
  }
  for (const path of [
    '/usr/sbin/virt-shaper',
    '/usr/lib/virt-shaper/after-install',
    '/usr/lib/virt-shaper/after-flush',
  ]) {
    assert.is(deb.get(path), '-rwxr-xr-x', path);
    assert.is(rpm.get(path), '-rwxr-xr-x', path);
  }
  const others = [...deb.keys()].map(rpmPath).filter((path) => !rpm.has(path) && !path.includes('/lintian/'));
  assert.equal(others, [], 'in the .deb only');
  const writable = [...deb, ...rpm].filter(([, mode]) => /^.....w|^........w/.test(mode));
  assert.equal(writable, []);
});

test('the .deb brings nothing into /etc: nothing to be asked about, nothing that cannot be unpacked', () => {
  assert.equal(
    [...debFiles().keys()].filter((path) => path.startsWith('/etc')),
    [],
  );
});

test('each is smaller than 5 MB once installed', () => {
  const deb = Number(outside(`dpkg-deb --field ${one('deb')} Installed-Size`)) * 1024;
  const rpm = Number(outside(`rpm -qp --queryformat '%{SIZE}' ${one('rpm')}`));
  console.log(`installed: .deb ${deb} bytes, .rpm ${rpm} bytes`);
  assert.ok(deb > 0 && deb < 5e6, `.deb: ${deb}`);
  assert.ok(rpm > 0 && rpm < 5e6, `.rpm: ${rpm}`);
});

test('they depend on what the program calls, and have its version', () => {
  assert.is(
    outside(`dpkg-deb --field ${one('deb')} Depends`).trim(),
    'nodejs (>= 18.13), nftables, iproute2, util-linux (>= 2.36)',
  );
  assert.is(outside(`dpkg-deb --field ${one('deb')} Suggests`).trim(), 'libvirt-daemon-system');
  const needs = outside(`rpm -qpR ${one('rpm')}`).split('\n');
  for (const need of [
    '(nodejs >= 1:18.13 or nodejs24 or nodejs22)',
    'nftables',
    'iproute',
    'iproute-tc',
    'util-linux',
  ])
    assert.ok(needs.includes(need), need);
  const own = outside(`dpkg-deb --fsys-tarfile ${one('deb')} | tar -xO ./usr/lib/virt-shaper/package.json`);
  assert.equal(JSON.parse(own).engines, engines);
  assert.is(outside(`dpkg-deb --field ${one('deb')} Version`).trim(), version);
  assert.is(outside(`rpm -qp --queryformat '%{VERSION}' ${one('rpm')}`), version);
});

test('the licence of everything bundled is there, with its text', () => {
  const text = outside(
    `dpkg-deb --fsys-tarfile ${one('deb')} | tar -xO ./usr/share/doc/virt-shaper/copyright`,
  );
  const bundled = outside(
    `dpkg-deb --fsys-tarfile ${one('deb')} | tar -xO --wildcards './usr/lib/virt-shaper/*.js'`,
  );
  const packages = new Set(bundled.match(/(?<=^\/\/ node_modules\/)(?:@[^/]+\/)?[^/\n]+/gm));
  assert.ok(packages.size > 10);
  for (const name of packages) assert.ok(text.includes(`\nFiles: node_modules/${name}/*\n`), name);
  assert.ok(text.includes('Permission is hereby granted'));
});

const wanted = [
  '/usr/lib/virt-shaper/virt-shaper.js',
  '/usr/lib/systemd/system/virt-shaper.service',
  '/usr/lib/systemd/system/virt-shaper-sync.service',
  '/usr/lib/systemd/system/virt-shaper-sync.path',
  '/usr/lib/systemd/system/virt-shaper-sync.timer',
  '/usr/lib/systemd/system/virt-shaper-metrics.service',
  '/usr/lib/systemd/system/virt-shaper-metrics.timer',
  '/usr/lib/systemd/system/nftables.service.d/virt-shaper.conf',
  '/usr/lib/udev/rules.d/90-virt-shaper.rules',
  '/usr/share/man/man8/virt-shaper.8.gz',
  '/usr/share/man/man5/virt-shaper.toml.5.gz',
  '/usr/share/bash-completion/completions/virt-shaper',
  '/usr/share/zsh/vendor-completions/_virt-shaper',
  '/usr/share/fish/vendor_completions.d/virt-shaper.fish',
  '/usr/share/virt-shaper/templates/shape.tc.hbs',
  '/usr/share/virt-shaper/schema/virt-shaper-guest.rng',
  '/usr/share/virt-shaper/schema/virt-shaper-output.schema.json',
  '/usr/share/doc/virt-shaper/README.md',
  '/usr/share/doc/virt-shaper/docs/configuration.md',
  '/usr/share/doc/virt-shaper/docs/performance/hook.svg',
];

/** Where Fedora has it. */
function rpmPath(path: string): string {
  return path
    .replace('zsh/vendor-completions', 'zsh/site-functions')
    .replace(
      /^\/usr\/share\/doc\/virt-shaper\/copyright$/,
      `/usr/share/licenses/virt-shaper-${version}/copyright`,
    )
    .replace(
      /^\/usr\/share\/doc\/virt-shaper\/changelog\.(Debian\.)?gz$/,
      `/usr/share/doc/virt-shaper-${version}/CHANGELOG.md`,
    )
    .replace(/^\/usr\/share\/doc\/virt-shaper\//, `/usr/share/doc/virt-shaper-${version}/`);
}

/** Path -> mode, of files only. */
function debFiles(): Map<string, string> {
  return listed(outside(`dpkg-deb --contents ${one('deb')}`), (line) =>
    (line.split(/\s+/)[5] ?? '').slice(1),
  );
}

function rpmFiles(): Map<string, string> {
  return listed(outside(`rpm -qp --list --verbose ${one('rpm')}`), (line) => line.split(/\s+/)[8] ?? '');
}

function listed(text: string, pathOf: (line: string) => string): Map<string, string> {
  const lines = text.split('\n').filter((line) => line.startsWith('-'));
  return new Map(lines.map((line) => [pathOf(line), line.slice(0, 10)]));
}

test.run();
