// Files of the configuration that cannot be read: what is said of each, and what to do about it.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { findMistakes } from '../../../src/config/find-mistakes.ts';
import { readOnFailure } from '../../../src/config/read-config.ts';
import { readSources } from '../../../src/config/read-files.ts';
import { needsRoot } from '../../support/needs.ts';
import { unless } from '../../support/skip.ts';

let root: string;
test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'virt-shaper-files-'));
  mkdirSync(join(root, 'etc'));
});
test.after.each(() => rmSync(root, { recursive: true, force: true }));

const file = '/etc/config.toml';
const folder = '/etc/config.d';
const put = (name: string, text = '') => {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), text, { mode: 0o600 });
};
const said = () => findMistakes({ file, root }).map(({ message, hint }) => [message, hint?.split('\n')[0]]);

test('a main file that is not there: how to get a first one', () => {
  const first = 'virt-shaper init writes a first one from what it finds here; this is enough, too:';
  assert.equal(said(), [[`${file}: does not exist`, first]]);
  assert.equal(findMistakes({ file, root })[0]?.hint?.split('\n').slice(1), [
    '[guest.NAME]',
    'rate = "10mbit"',
    'ceil = "100mbit"',
  ]);
  put(file);
  assert.equal(said(), []);
});

test('a main file that is something else, or leads nowhere, has no such hint', () => {
  mkdirSync(join(root, file));
  assert.equal(said(), [[`${file}: is not a regular file`, undefined]]);
  rmSync(join(root, file), { recursive: true });
  symlinkSync(join(root, file), join(root, file));
  assert.equal(said(), [[`${file}: cannot be read (ELOOP)`, undefined]]);
  rmSync(join(root, 'etc'), { recursive: true });
  put('/etc');
  assert.equal(said(), [
    [`${folder}: is not a folder`, undefined],
    [`${file}: is not a folder`, undefined],
  ]);
});

test('files beside the main one: those that end so, each with what is wrong with it', () => {
  put(file);
  put(`${folder}/b.toml`);
  put(`${folder}/a.toml`);
  put(`${folder}/c.conf`);
  assert.equal(
    readSources({ file, root }).map(({ name }) => name),
    [file, `${folder}/a.toml`, `${folder}/b.toml`],
  );
  symlinkSync('/nonexistent', join(root, folder, 'd.toml'));
  assert.is(said()[0]?.[0], `${folder}/d.toml: does not exist`);
  assert.is(readSources({ file, root }).length, 3, 'the others are read');
  rmSync(join(root, folder), { recursive: true });
  put(folder);
  assert.equal(said(), [[`${folder}: is not a folder`, undefined]]);
});

unless(needsRoot())('a file that only root may read: to others it is said so', () => {
  // Where all may look for it: the runner's own folder is root's.
  rmSync(root, { recursive: true });
  root = mkdtempSync('/tmp/virt-shaper-files-');
  put(file);
  put(`${folder}/a.toml`);
  chmodSync(root, 0o755);
  chmodSync(join(root, 'etc'), 0o755);
  chmodSync(join(root, folder), 0o755);
  process.seteuid?.(65534);
  try {
    for (const [message = '', hint = ''] of said()) {
      assert.match(message, /^\/etc\/config\.(?:toml|d\/a\.toml): no permission to read it$/);
      assert.match(hint, /^run it as root: sudo virt-shaper/);
    }
    assert.is(said().length, 2);
  } finally {
    process.seteuid?.(0);
  }
});

test('what a hook does when something fails is found in a configuration with mistakes, too', () => {
  const found = (text: string) => {
    put(file, text);
    return readOnFailure({ file, root });
  };
  assert.is(found('[hook]\non_failure = "refuse"\n[guest.a]\nrate = "fast"\n'), 'refuse');
  assert.is(found('[hook]\non_failure = "refuse"\n'), 'refuse');
  assert.is(found('[hook]\non_failure = "perhaps"\n'), 'allow');
  assert.is(found('[hook\n'), 'allow');
  rmSync(join(root, file));
  assert.is(readOnFailure({ file, root }), 'allow');
});

test.run();
