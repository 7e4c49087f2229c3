// usage: what a guest takes along to another host and back, what is said of it, and which words are none.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { usageCommand } from '../../../../src/commands/observe/usage.ts';
import { encodeLedger } from '../../../../src/ledger/decode.ts';
import { newAccount, newLedger } from '../../../../src/ledger/ledger.ts';
import { decodeMoved } from '../../../../src/ledger/moved.ts';
import { readRunningMonth } from '../../../../src/ledger/read.ts';
import type { UsageOptions } from '../../../../src/operations/usage/report.ts';
import { ConfigError, Failure } from '../../../../src/system/errors.ts';
import { makeFolder } from '../../../../src/system/folders.ts';
import { hear } from '../../../support/heard.ts';

let root: string;
test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'virt-shaper-usage-'));
});
test.after.each(() => rmSync(root, { recursive: true }));

const file = () => join(root, 'file');

/** @param host a folder of its own below `root` */
async function run(host: string, words: string[], options: UsageOptions = {}) {
  const heard = hear(join(root, host));
  assert.is(await usageCommand(heard.context, words, options), 0);
  return { said: heard.said.join('\n'), printed: heard.printed.join(''), warned: heard.warned };
}

/** What cliff has sent there today, in bytes. */
function used(host: string, out: number): void {
  const { usage } = hear(join(root, host)).context.paths;
  const account = { ...newAccount(), day: { out, in: 0 } };
  const ledger = { ...newLedger(`id-${host}`), wall: 7_000_000, day: '2026-10-07' };
  makeFolder(usage);
  writeFileSync(
    join(usage, 'now.json'),
    encodeLedger({ ...ledger, accounts: new Map([['guest cliff', account]]) }),
  );
}

async function sum(host: string): Promise<number | undefined> {
  const { printed } = await run(host, ['cliff'], { month: '2026-10', json: true });
  return JSON.parse(printed).usage[0]?.out;
}

async function refusal(words: string[], kind: typeof Failure | typeof ConfigError): Promise<string> {
  const error = await run('here', words).catch((thrown: unknown) => thrown);
  assert.instance(error, kind, words.join(' '));
  return (error as Error).message;
}

test('what a guest has used on two hosts is one sum, however often it is carried to and fro', async () => {
  used('here', 1000);
  used('there', 300);
  await run('here', ['export', 'cliff', file()]);
  const first = await run('there', ['import', file()]);
  assert.is(first.said, 'what guest cliff has used on 1 other host counts here from now on');
  assert.is(await sum('there'), 1300);
  assert.is((await run('there', ['import', file()])).said, 'nothing to do: it is here already');
  // The file is one of its own, so it is replaced.
  await run('there', ['export', 'cliff', file()]);
  await run('here', ['import', file()]);
  assert.equal([await sum('here'), await sum('there')], [1300, 1300]);
  const third = await run('third', ['import', file()]);
  assert.match(third.said, 'on 2 other hosts');
  const { value: own } = readRunningMonth(hear(join(root, 'third')).context.paths.usage);
  assert.ok(own?.id, 'by which it knows what is its own when that comes back');
  assert.is(await sum('third'), 1300);
  const { printed } = await run('third', ['export', 'cliff', '-']);
  const { parts } = decodeMoved(printed, '-');
  assert.equal(
    [...parts.keys()].sort(),
    ['id-here', 'id-there'],
    'a host without a part of its own adds none',
  );
});

test('a guest that nobody has counted has nothing to take along', async () => {
  assert.match(await refusal(['export', 'cliff', file()], Failure), 'nothing is known of a guest cliff');
  used('here', 1000);
  assert.match(await refusal(['export', 'rob', file()], Failure), 'nothing is known of a guest rob');
  await run('here', ['export', 'cliff', file()]);
  const { guest, parts } = decodeMoved(readFileSync(file(), 'utf8'), file());
  const [[id, part] = ['', undefined]] = [...parts];
  assert.equal(
    [guest, id, part?.until, [...(part?.months.keys() ?? [])]],
    ['cliff', 'id-here', 7_000_000, ['2026-10']],
  );
  const empty = readFileSync(file(), 'utf8').replace(/"id-here"[\s\S]*\n\}\}\n\}\}/, '}}');
  writeFileSync(file(), empty);
  assert.is((await run('there', ['import', file()])).said, 'nothing to do: there is nothing in it');
});

test('words that are none, and a file that is none', async () => {
  for (const words of [['export'], ['export', 'cliff'], ['export', 'cliff', file(), 'more']])
    assert.is(await refusal(words, ConfigError), 'usage export takes NAME FILE');
  for (const words of [['import'], ['import', file(), 'more']])
    assert.is(await refusal(words, ConfigError), 'usage import takes FILE, which usage export has written');
  used('here', 1000);
  assert.is(await refusal(['export', 'cliff', ''], ConfigError), 'the name of the file is empty');
  assert.match(await refusal(['import', file()], Failure), /file cannot be read: /);
  writeFileSync(file(), ' '.repeat(4_000_001));
  assert.match(
    await refusal(['import', file()], Failure),
    'file is larger than 4000000 bytes: nothing to import',
  );
  writeFileSync(file(), ' '.repeat(4_000_000));
  assert.match(
    await refusal(['import', file()], ConfigError),
    'is nothing that "virt-shaper usage export" has written',
  );
  assert.match(await refusal(['export', 'cliff', file()], Failure), 'was not written by this command');
  // A folder that takes no other file.
  const there = await refusal(['export', 'cliff', '/proc/version'], Failure);
  assert.match(there, /was not written by this command|^\/proc: refused/);
});

test('a page goes into its file and nothing is printed, unless stdout is meant', async () => {
  used('here', 1000);
  const month = '2026-10';
  assert.is((await run('here', ['cliff'], { month, html: file() })).printed, '');
  const page = readFileSync(file(), 'utf8');
  assert.match(page, '<!doctype html>');
  assert.is((await run('here', ['cliff'], { month, html: '-' })).printed, page);
  writeFileSync(join(hear(join(root, 'here')).context.paths.usage, '2026-09.json'), '{');
  assert.match((await run('here', [], { month: '2026-09' })).warned.join(), /^warning: .*2026-09\.json/);
});

test.run();
