// The archive of "npm pack", which the documents install where there is no package: all that the program needs is in it.
// Unpacked where no checkout is above it, so that nothing of this one helps.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const checkout = fileURLToPath(new URL('../../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'virt-shaper-archive-'));
const { version } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));
test.before(() => {
  // A home of its own: npm notes each of its runs there.
  const env = {
    ...process.env,
    HOME: folder,
    npm_config_cache: join(folder, 'npm'),
    npm_config_offline: 'true',
  };
  const packed = spawnSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], {
    encoding: 'utf8',
    cwd: checkout,
    env,
  });
  assert.is(packed.status, 0, packed.stderr);
  const archive = join(folder, packed.stdout.trim());
  assert.is(spawnSync('tar', ['-xzf', archive, '-C', folder]).status, 0);
});
test.after(() => rmSync(folder, { recursive: true }));

function run(...args: string[]) {
  const program = join(folder, 'package/dist/virt-shaper.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
    cwd: '/',
  });
  return { status, stdout, stderr };
}

test('it runs where it was unpacked, and says the version that was packed', () => {
  assert.equal(run('--version'), { status: 0, stdout: `${version}\n`, stderr: '' });
});

test('it reads a configuration', () => {
  const root = join(folder, 'root');
  mkdirSync(join(root, 'etc/virt-shaper'), { recursive: true });
  const file = join(root, 'etc/virt-shaper/config.toml');
  writeFileSync(file, '[uplink.eth0]\nceil = "1gbit"\n[guest.cliff]\nrate = "1mbit"\nceil = "2mbit"\n', {
    mode: 0o644,
  });
  const checked = run('--root', root, 'check');
  assert.is(checked.status, 0, checked.stderr);
  assert.match(checked.stderr, /1 guest/);
});

test('its doctor looks at everything', () => {
  const { stdout, stderr } = run('--root', join(folder, 'nothing'), 'doctor', '--json');
  const { findings } = JSON.parse(stdout || '{"findings":[]}');
  assert.ok(findings.length > 10, stderr);
  assert.not.match(stdout + stderr, /defect/);
});

test('nothing is in it but what is published', () => {
  for (const path of ['src', 'test', 'node_modules', 'rules.d', 'dist/cache']) {
    assert.not.ok(existsSync(join(folder, 'package', path)), path);
  }
  for (const path of ['LICENSE', 'README.md', 'templates/shape.tc.hbs']) {
    assert.ok(existsSync(join(folder, 'package', path)), path);
  }
});

test.run();
