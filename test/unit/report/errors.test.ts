// What a person reads of an error that nobody foresaw.
import * as assert from 'uvu/assert';
import { describeError } from '../../../src/report/errors.ts';
import { needsCommand } from '../../support/needs.ts';
import { unless } from '../../support/skip.ts';

const test = unless(needsCommand('tc', 'nft'));

test('a defect is told with the versions of all that takes part', () => {
  const said = describeError(new TypeError('x is undefined'));
  assert.match(said, /^virt-shaper: this is a defect of virt-shaper, please report it: x is undefined\n/);
  assert.match(said, /, Node\.js v\d+\.\S+, tc utility, iproute2-\S+.*, nftables v\S+.*, Linux \d/);
  assert.match(said, '--verbose shows where');
});

test('so it is with a PATH that leads nowhere, as a hook may have one', () => {
  const { PATH } = process.env;
  process.env.PATH = '/nowhere';
  try {
    assert.match(describeError(new Error('x')), /, tc utility, iproute2-\S+.*, nftables v/);
  } finally {
    process.env.PATH = PATH;
  }
});

test('what is thrown and is no error is a defect, and is said', () => {
  for (const thrown of [undefined, null, 'no'])
    assert.match(describeError(thrown), `please report it: ${thrown}`);
});

test('what the kernel refuses to do with a file is no defect, wherever it was done', () => {
  const error = Object.assign(new Error("EROFS: read-only file system, rmdir '/run/x/y'"), {
    code: 'EROFS',
    syscall: 'rmdir',
    path: '/run/x/y',
  });
  assert.is(
    describeError(error),
    "virt-shaper: EROFS: read-only file system, rmdir '/run/x/y'\n      make it writable: findmnt -T /run/x",
  );
  assert.match(describeError(Object.assign(error, { code: 'ENOENT' })), 'a defect of virt-shaper');
});

test.run();
