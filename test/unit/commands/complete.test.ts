// The names that completion offers: of each kind the right ones, once each, and never a message.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { namesCommand } from '../../../src/commands/complete.ts';
import { writeGuests } from '../../../src/store/guests.ts';
import { makePaths } from '../../../src/store/paths.ts';

let root: string;
test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'virt-shaper-complete-'));
  mkdirSync(join(root, 'etc/virt-shaper'), { recursive: true });
  mkdirSync(join(root, 'run/virt-shaper'), { recursive: true });
});
test.after.each(() => rmSync(root, { recursive: true }));

function names(kind: string, options: object = { root }): string[] {
  const { write } = process.stdout;
  let text = '';
  process.stdout.write = ((chunk: string) => {
    text += chunk;
    return true;
  }) as typeof write;
  try {
    namesCommand(options, kind);
  } finally {
    process.stdout.write = write;
  }
  return text.split('\n').slice(0, -1);
}

const configure = (toml: string) =>
  writeFileSync(join(root, 'etc/virt-shaper/config.toml'), toml, { mode: 0o600 });
const run = (...guests: string[]) =>
  writeGuests(
    makePaths({ root }).guests,
    guests.map((name) => ({ name, driver: 'qemu', nics: [] })),
  );

test('those that run and those that have an entry, each once; patterns are no names', () => {
  configure('[group.friends]\nceil = "1mbit"\n[guest.cliff]\n[guest.rob]\n[guest."web*"]\n');
  run('rob', 'web1');
  assert.equal(names('guests'), ['rob', 'web1', 'cliff']);
  assert.equal(names('known'), ['rob', 'web1', 'cliff', 'friends']);
  assert.equal(names('in-force'), []);
});

test('with a mistake in the configuration those that run are there still', () => {
  configure('[guest.cliff\n');
  run('rob');
  assert.equal(names('known'), ['rob']);
});

test('what a shell cannot be given, or would act on, is left out', () => {
  run('a b', 'x\ny', '\u001b[2J', 'right\u202eleft', 'ümlaut', 'line\u2028', 'para\u2029');
  assert.equal(names('guests'), ['a b', 'ümlaut']);
});

test('another kind, or words that no command takes, have no names and no message', () => {
  run('rob');
  assert.equal(names('groups'), []);
  assert.equal(names('guests', { root: '' }), []);
  assert.equal(names('guests', { root, timeout: 'x' }), []);
});

test.run();
