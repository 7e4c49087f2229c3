// Completion, with the shells themselves: what stands in packaging/completions is what the program has today, and
// whatever a guest is called, what Tab inserts is that name again and nothing of it is run.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { completions, folder } from '../../../build/completions/completions.ts';
import { OddHost, odd, program, trap } from '../../../build/completions/odd-host.ts';
import { needsCommand } from '../../support/needs.ts';
import { unless } from '../../support/skip.ts';

let host: OddHost;
test.before.each(() => {
  host = new OddHost();
});
test.after.each(() => host.end());

test('the files are what the commands and options of today give', () => {
  for (const [name, text] of completions()) {
    const written = readFileSync(`${folder}${name}`, 'utf8');
    assert.ok(written === text, `${name} is out of date: npm run completions`);
  }
});

test('names of guests and groups, those left out that a line cannot hold', () => {
  assert.equal(names('guests').sort(), [...odd, '-x', 'configured'].sort());
  assert.equal(names('in-force').sort(), [...odd, '-x', 'all of us'].sort());
});

test('nothing is said and the status is 0 when there is nothing, or nothing that can be read', () => {
  const bad = ['{', '[]', '{"version":1,"uplinks":[{}],"unshaped":[],"warnings":[]}', '{"version":99}'];
  for (const text of bad) {
    host.write('var/lib/virt-shaper/rules.d/good/.plan.json', text);
    assert.equal(names('in-force'), []);
    assert.equal(names('guests'), ['configured'], text);
  }
  host.write('run/virt-shaper/guests.json', 'damaged');
  host.write('etc/virt-shaper/config.toml', '[guest');
  assert.equal(names('guests'), []);
  assert.equal(names('everything'), []);
  assert.equal(names('guests', ''), []);
  rmSync(join(host.root, 'etc'), { recursive: true });
  rmSync(join(host.root, 'var'), { recursive: true });
  assert.equal(names('guests'), []);
});

const bash = unless(needsCommand('bash'));

bash('bash: commands, options, and what they take', () => {
  fakeProgram();
  assert.equal(inBash('virt-shaper l').sort(), ['limit', 'limits', 'load']);
  assert.equal(inBash('virt-shaper --quiet --root /tmp lo'), ['load']);
  assert.equal(inBash('virt-shaper load --d'), ['--dry-run']);
  assert.equal(inBash('virt-shaper check --d'), []);
  assert.equal(inBash('virt-shaper import --from l'), ['libvirt']);
  assert.equal(inBash('virt-shaper import --from=l'), ['libvirt']);
  assert.equal(inBash('virt-shaper load --confirm '), []);
  assert.equal(inBash('virt-shaper hook n'), ['network']);
  assert.equal(inBash('virt-shaper hook qemu --help st'), ['start', 'started', 'stopped']);
  assert.equal(inBash('virt-shaper hook qemu -'), ['-x']);
  assert.not.ok(inBash('virt-shaper explain -').includes('-x'), 'it would be an option');
  assert.equal(inBash('virt-shaper explain -- -'), ['-x']);
  assert.equal(inBash('virt-shaper explain folder '), [], 'it takes one guest');
  assert.equal(inBash('virt-shaper status folder all'), ['all\\ of\\ us']);
  assert.equal(inBash('virt-shaper names '), []);
});

bash('bash: any name from any part of it, in any quotes, is that name', () => {
  host.write('names', odd.map((name) => `${name}\n`).join(''));
  const script = fileURLToPath(new URL('../../../build/completions/every-prefix.bash', import.meta.url));
  const { stdout, stderr, status } = runBash(script, `${folder}virt-shaper.bash`, 'names');
  assert.is(stderr, '');
  assert.equal(stdout.split('\n').slice(0, 9), ['']);
  assert.is(status, 0);
  assert.not.ok(existsSync(join(host.root, trap)));
});

function names(kind: string, below = host.root): string[] {
  const { stdout, stderr, status } = spawnSync(process.execPath, [program, '--root', below, 'names', kind], {
    encoding: 'utf8',
  });
  assert.is(stderr, '');
  assert.is(status, 0);
  return stdout.split('\n').slice(0, -1);
}

/** A quick one, that knows names only. */
function fakeProgram(): void {
  host.write('names', 'folder\nall of us\n-x\n');
  host.command(`cat '${host.root}/names'`);
}

function runBash(...args: string[]) {
  const env = { PATH: host.path, LC_ALL: 'C.UTF-8' };
  return spawnSync('bash', ['--norc', ...args], { encoding: 'utf8', cwd: host.root, env });
}

/** What it offers for a line with the cursor at its end. */
function inBash(line: string): string[] {
  const script = `. '${folder}virt-shaper.bash'
    COMP_LINE=$1 COMP_POINT=\${#1}
    _virt_shaper
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = runBash('-c', script, 'bash', line);
  assert.is(stderr, '', line);
  return stdout.split('\n').filter(Boolean);
}

test.run();
