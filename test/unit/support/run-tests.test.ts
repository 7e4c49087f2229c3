// The test runner is what every other result rests on: scratch folders of test files that pass, fail, crash,
// hang, hold nothing or skip, and what the runner says of each.

import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { needsUnshare } from '../../support/needs.ts';
import { unless } from '../../support/skip.ts';

const support = fileURLToPath(new URL('../../support', import.meta.url));
const root = dirname(dirname(support));
const head = `import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { unless } from '${support}/skip.ts';\n`;

const passing = `test('a', () => {}); test('b', () => {}); test.run();`;

test('counts what passes', () => {
  const { last, status } = run({ 'unit/a.test.ts': passing, 'golden/b.test.ts': passing });
  assert.is(last, '4 passed, 0 failed, 0 skipped');
  assert.is(status, 0);
});

test('shows the whole output of a file that fails, and one line of one that passes', () => {
  const { last, status, stdout } = run({
    'a.test.ts': `console.log('quiet'); ${passing}`,
    'b.test.ts': `console.log('loud'); test('c', () => assert.is(1, 2)); ${passing}`,
  });
  assert.is(last, '4 passed, 1 failed, 0 skipped');
  assert.is(status, 1);
  assert.match(stdout, 'loud');
  assert.not.match(stdout, 'quiet');
});

const broken: Record<string, [body: string, said: RegExp]> = {
  'crashes before its tests': [`throw new Error('boom');`, /boom/],
  'crashes in a test': [`test('a', () => process.abort()); test.run();`, /ended before its tests did/],
  'exits in a test': [`test('a', () => process.exit(0)); test.run();`, /ended before its tests did/],
  'waits for nothing': [`test('a', () => new Promise(() => {})); test.run();`, /ended before its tests did/],
  'is empty': ['', /ended before its tests did/],
  'holds no tests': ['test.run();', /holds no tests/],
  'forgets test.run()': [`test('a', () => {});`, /no test\.run\(\)/],
  'throws in a hook': [`test.before(() => { throw new Error('x'); }); ${passing}`, /2 tests did not run/],
  'skips without a reason': [`test.skip('a', () => {}); test.run();`, /without a reason/],
  'leaves an only behind': [`test.only('a', () => {}); ${passing}`, /without a reason/],
  'sets an exit status': [`${passing} process.on('exit', () => process.exitCode = 7);`, /exit status 7/],
};
const hanging: typeof broken = {
  hangs: [`test('a', () => { for (;;); }); test.run();`, /still running after 4 s, killed/],
  'has passed and does not end': [
    `${passing} setInterval(() => {}, 1e6);`,
    /still running after 4 s, killed/,
  ],
};
for (const [cases, ...options] of [[broken], [hanging, '--timeout', '4']] as const) {
  const name = (what: string) => `${what.replace(/\W/g, '-')}.test.ts`;
  const files = Object.entries(cases).map(([what, [body]]) => [name(what), body]);
  const { stdout, status } = run(Object.fromEntries(files), ...options);
  for (const [what, [, said]] of Object.entries(cases)) {
    test(`a file that ${what} counts as failed`, () => {
      assert.is(status, 1);
      const part =
        stdout.split(/^(?=FAIL|ok)/m).find((text) => text.split('  ')[1] === `tests/${name(what)}`) ?? '';
      assert.match(part, /^FAIL.* [1-9]\d* failed/);
      assert.match(part, said);
    });
  }
}

test('lists every skip with its reason', () => {
  const { last, status, stdout } = run({
    'a.test.ts': `unless('no nft\\nhere')('loads', () => assert.unreachable()); ${passing}`,
    'b.test.ts': `const t = unless('no tc'); t.before(() => { throw 1; }); t('x', () => {}); t('y', () => {}); t.run();`,
  });
  assert.match(stdout, /^skipped {2}\S+a\.test\.ts: loads -- no nft here$/m);
  assert.match(stdout, /^skipped {2}\S+b\.test\.ts: x -- no tc$/m);
  assert.is(last, '2 passed, 0 failed, 3 skipped');
  assert.is(status, 0);
});

test('names what failed in the last lines, after what was skipped', () => {
  const { stdout } = run({
    'a.test.ts': `test('c', () => assert.is(1, 2)); test('d "e"', () => assert.is(1, 2)); ${passing}`,
    'b.test.ts': `unless('no nft')('x', () => {}); ${passing}`,
    'c.test.ts': `throw new Error('boom');`,
  });
  const [skipped = '', ...failed] = stdout.trimEnd().split('\n').slice(-4, -1);
  assert.match(skipped, /^skipped/);
  assert.match(failed.join('\n'), /^failed {3}\S+a\.test\.ts: "c"; "d "e""$/m);
  assert.match(failed.join('\n'), /^failed {3}\S+c\.test\.ts: ended before its tests did, exit status 1$/m);
});

test('fails when nothing ran', () => {
  const onlySkips = run({ 'a.test.ts': `unless('no nft')('x', () => {}); test.run();` });
  assert.is(onlySkips.last, '0 passed, 0 failed, 1 skipped');
  assert.is(onlySkips.status, 1);
  const nothing = run({});
  assert.is(nothing.last, '0 passed, 0 failed, 0 skipped');
  assert.is(nothing.status, 1);
});

test('a word picks files by name', () => {
  const { last, status } = run({ 'unit/a.test.ts': passing, 'unit/b.test.ts': 'throw 1' }, 'unit/a');
  assert.is(last, '2 passed, 0 failed, 0 skipped');
  assert.is(status, 0);
});

test('files below lab run last and alone', () => {
  const { stdout } = run({ 'lab/a.test.ts': passing, 'unit/b.test.ts': passing, 'unit/c.test.ts': passing });
  const names = [...stdout.matchAll(/^(?:ok|skip) +(\S+)/gm)].map((match) => match[1]?.split('/')[1]);
  assert.equal(names, ['unit', 'unit', 'lab']);
});

unless(needsUnshare())('a file below kernel has a network to itself, and leaves no process behind', () => {
  const { last, stdout } = run({
    'kernel/a.test.ts': `
      import { spawn } from 'node:child_process';
      import { readdirSync } from 'node:fs';
      import { needsNamespace } from '${support}/needs.ts';
      test('devices', () => {
        assert.is(needsNamespace(), undefined);
        assert.equal(readdirSync('/sys/class/net'), ['lo']);
        spawn('sleep', ['4242.4242'], { detached: true, stdio: 'ignore' }).unref();
      });
      test.run();`,
  });
  assert.is(last, '1 passed, 0 failed, 0 skipped', stdout);
  assert.not(readdirSync('/proc').some((pid) => commandLine(pid).includes('4242.4242')));
});

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // no process, or gone by now
  }
}

function run(files: Record<string, string>, ...words: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'runner-'));
  const tests = join(folder, 'tests');
  mkdirSync(tests);
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  for (const [name, body] of Object.entries(files)) {
    mkdirSync(dirname(join(tests, name)), { recursive: true });
    writeFileSync(join(tests, name), head + body);
  }
  const runner = [
    '--import',
    'tsx',
    join(support, 'run-tests.ts'),
    '--dir',
    tests,
    '--timeout',
    '120', // Only what hangs on purpose is to be killed, however busy the machine is.
    ...words,
  ];
  const { status, stdout, stderr } = spawnSync(process.execPath, runner, { cwd: root, encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  assert.is(stderr, '');
  return { status, stdout, last: stdout.trimEnd().split('\n').at(-1) ?? '' };
}

test.run();
