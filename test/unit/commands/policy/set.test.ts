// set and unset: what is written to their own file, what is said of it, and that a mistake writes nothing.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type SetOptions, setCommand, unsetCommand } from '../../../../src/commands/policy/set.ts';
import { ConfigError } from '../../../../src/system/errors.ts';
import { hear } from '../../../support/heard.ts';

const config = '[group.friends]\nceil = "30mbit"\n[guest.cliff]\nceil = "20mbit"\n';

let root: string;
test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'virt-shaper-set-'));
  mkdirSync(join(root, 'etc/virt-shaper'), { recursive: true });
  writeFileSync(join(root, 'etc/virt-shaper/config.toml'), config, { mode: 0o600 });
});
test.after.each(() => rmSync(root, { recursive: true }));

const own = () => join(root, 'etc/virt-shaper/config.d/50-set.toml');
/** Without the words on top. */
const written = () => readFileSync(own(), 'utf8').split('\n').slice(2, -1);

async function run(command: typeof setCommand, words: string[], options: SetOptions = {}) {
  const { context, said, warned } = hear(root);
  assert.is(await command(context, words, options), 0);
  return { said, warned };
}
const set = (words: string[], options?: SetOptions) => run(setCommand, words, options);
const unset = (words: string[], options?: SetOptions) => run(unsetCommand, words, options);

/** @returns what is wrong, and what was said before it */
async function refusal(command: typeof setCommand, words: string[]): Promise<[string, string[]]> {
  const { context, warned } = hear(root);
  try {
    await command(context, words, {});
    return ['', warned];
  } catch (error) {
    assert.instance(error, ConfigError);
    return [(error as ConfigError).problems[0]?.message ?? '', warned];
  }
}

test('several values at once, and what puts them in force', async () => {
  const { said } = await set(['cliff', 'ceil.out', '10mbit', 'rate', '5mbit']);
  assert.equal(said, [
    `guest.cliff.ceil.out = "10mbit", guest.cliff.rate = "5mbit" written to ${own()}; virt-shaper apply puts it in force`,
  ]);
  assert.equal(written(), ['[guest.cliff]', 'ceil.out = "10mbit"', 'rate = "5mbit"']);
  assert.is(statSync(own()).mode & 0o777, 0o644);
});

test('who loads at once is not told to', async () => {
  const { said } = await set(['friends', 'ceil', '10mbit'], { group: true, load: true });
  assert.equal(said, [`group.friends.ceil = "10mbit" written to ${own()}`]);
  assert.equal(written(), ['[group.friends]', 'ceil = "10mbit"']);
});

test('the same once more is nothing, and leaves the file untouched', async () => {
  await set(['cliff', 'ceil', '10mbit']);
  const before = statSync(own()).ino;
  assert.equal((await set(['cliff', 'ceil', '10mbit'])).said, [`nothing to do: ${own()} says so already`]);
  assert.is(statSync(own()).ino, before);
});

test('unset takes away one value, or all of a guest; the last takes the file', async () => {
  await set(['cliff', 'ceil', '10mbit', 'rate', '5mbit']);
  await set(['rob', 'ceil', '10mbit']);
  assert.match((await unset(['cliff', 'rate'])).said.at(-1) ?? '', `${own()} changed; virt-shaper apply`);
  assert.equal(written(), ['[guest.cliff]', 'ceil = "10mbit"', '', '[guest.rob]', 'ceil = "10mbit"']);
  await unset(['cliff']);
  assert.equal(written(), ['[guest.rob]', 'ceil = "10mbit"']);
  assert.match((await unset(['rob'], { load: true })).said.at(-1) ?? '', /changed$/);
  assert.not.ok(existsSync(own()));
  assert.equal((await unset(['rob'])).said.slice(-1), [`nothing to do: ${own()} has nothing of it`]);
  assert.not.ok(existsSync(own()));
});

test('a key without a value, and what the whole configuration does not take, write nothing', async () => {
  assert.equal(await refusal(setCommand, ['cliff', 'ceil', '10mbit', 'rate']), [
    'rate has no value: keys and values come in pairs',
    [],
  ]);
  for (const words of [
    ['cliff', 'rate', '30mbit'],
    ['cliff', 'group', 'nobody'],
    ['cliff', 'ceil', 'fast'],
    ['', 'ceil', '10mbit'],
  ]) {
    const [wrong, warned] = await refusal(setCommand, words);
    assert.is.not(wrong, '', words.join(' '));
    assert.equal(
      warned,
      ['nothing is written, since the configuration would have a mistake:'],
      words.join(' '),
    );
  }
  assert.not.ok(existsSync(own()));
});

test.run();
