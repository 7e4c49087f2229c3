// The door to processes: what comes out of it whole, whatever the command does with its output.
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Failure } from '../../../src/system/errors.ts';
import { makeRun } from '../../../src/system/exec.ts';
import { openScratch } from '../../../src/system/scratch.ts';

const run = makeRun({ timeout: 20_000 });
const openFiles = () => readdirSync('/proc/self/fd').length;

test('all of a large output, status and stderr', async () => {
  const script = 'i=0; while [ $i -lt 20000 ]; do echo "line $i ö"; i=$((i+1)); done; echo "no" >&2; exit 7';
  const { status, stdout, stderr } = await run('sh', ['-c', script]);
  assert.equal({ status, stderr }, { status: 7, stderr: 'no\n' });
  const lines = stdout.split('\n');
  assert.equal(
    [lines.length, lines[0], lines[19_999], lines[20_000]],
    [20_001, 'line 0 ö', 'line 19999 ö', ''],
  );
});

test('input reaches it; many at once do not mix; no file stays open', async () => {
  await run('cat', [], { input: 'first' });
  const before = openFiles();
  const inputs = Array.from({ length: 20 }, (_, at) => `${at} `.repeat(1000));
  const outputs = await Promise.all(inputs.map((input) => run('cat', [], { input })));
  assert.equal(
    outputs.map(({ stdout }) => stdout),
    inputs,
  );
  for (const command of ['no-such-command', '/etc/passwd']) {
    await run(command, []).then(
      () => assert.unreachable(),
      (error) => assert.instance(error, Failure),
    );
  }
  assert.is(openFiles(), before);
});

test('it reads its input from a file, and nothing where it has none, so that it never waits for us', async () => {
  const kind = async (input?: string) =>
    (await run('stat', ['-L', '-c', '%F %t', '/dev/stdin'], input === undefined ? {} : { input })).stdout;
  assert.is(await kind('first'), 'regular file 0\n');
  assert.is(await kind(), 'character special file 1\n');
  assert.is(await kind(''), 'character special file 1\n');
});

test('a listing that was torn is asked for again, input and all, and not for ever', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'virt-shaper-'));
  try {
    const script = (whole: number) => `cat; echo >>${folder}/n
      [ $(wc -l <${folder}/n) -ge ${whole} ] || echo 'Dump was interrupted and may be inconsistent.' >&2`;
    const asked = () => readFileSync(join(folder, 'n'), 'utf8').length;
    assert.equal(await run('sh', ['-c', script(3)], { input: 'x' }), { status: 0, stdout: 'x', stderr: '' });
    assert.is(asked(), 3);
    rmSync(join(folder, 'n'));
    assert.match((await run('sh', ['-c', script(99)], { input: 'x' })).stderr, 'inconsistent');
    assert.is(asked(), 9);
    rmSync(join(folder, 'n'));
    const file = openSync(join(folder, 'printed'), 'a+');
    const once = await run('sh', ['-c', script(99)], { input: 'x', stdout: file });
    closeSync(file);
    assert.equal([asked(), once.stdout, readFileSync(join(folder, 'printed'), 'utf8')], [1, '', 'x']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a command that leaves a child behind is not waited for', async () => {
  const { stdout } = await run('sh', ['-c', 'sleep 15 2>/dev/null & echo begun $!']);
  assert.match(stdout, /^begun \d+\n$/);
  process.kill(Number(stdout.split(' ')[1]), 'SIGKILL'); // Throws when it has ended by itself.
});

test('it has a process group of its own: Ctrl-C does not reach it', async () => {
  const group = (stat: string) => Number(stat.slice(stat.lastIndexOf(')')).split(' ')[3]);
  const { stdout } = await run('cat', ['/proc/self/stat']);
  assert.is.not(group(stdout), group(readFileSync('/proc/self/stat', 'utf8')));
});

test('what takes too long is killed, with all that it started', async () => {
  const error = await makeRun({ timeout: 300 })('sh', ['-c', 'sleep 60 & echo $! >&2; sleep 60']).catch(
    (error) => error,
  );
  assert.instance(error, Failure);
  assert.match(error.message, 'did not end within 0.3 s');
});

test('what can be done about an nft that crashes is said', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'virt-shaper-exec-'));
  const before = process.env.PATH;
  try {
    writeFileSync(join(folder, 'nft'), '#!/bin/sh\nkill -s SEGV $$\n', { mode: 0o755 });
    process.env.PATH = `${folder}${delimiter}${before}`;
    const error = await run('nft', ['list', 'ruleset']).catch((error) => error);
    assert.instance(error, Failure);
    assert.match(error.message, 'was killed: SIGSEGV');
    assert.match(error.hint, 'nft flush ruleset');
    // Of another end, and of other commands, nothing is known.
    writeFileSync(join(folder, 'tc'), '#!/bin/sh\nkill -s SEGV $$\n', { mode: 0o755 });
    writeFileSync(join(folder, 'nft'), '#!/bin/sh\nkill -s KILL $$\n', { mode: 0o755 });
    for (const [name, signal] of [
      ['tc', 'SIGSEGV'],
      ['nft', 'SIGKILL'],
    ] as const) {
      const other = await run(name, []).catch((error) => error);
      assert.match(other.message, `was killed: ${signal}`);
      assert.is(other.hint, undefined);
    }
  } finally {
    process.env.PATH = before;
    rmSync(folder, { recursive: true });
  }
});

test('a nameless file is what is used here, and it has no name', () => {
  const fd = openScratch();
  assert.type(fd, 'number', 'neither /run nor the folder for temporary files takes one');
});

test.run();
